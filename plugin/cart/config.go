package cart

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
)

const (
	lcFieldKey      = "key"
	lcFieldCache    = "cache"
	lcFieldTTL      = "ttl"
	lcFieldMaxLines = "max_lines"
)

// The values of the field key.
const (
	keyConsumer = "consumer"
	keyCart     = "cart_id"
)

// mostLines is the largest max_lines. So many of the largest quantities still add up.
const mostLines = 1000

var maxLines = settings.Count{Name: lcFieldMaxLines, Least: 1, Most: mostLines}

type config struct {
	byCart   bool
	cache    string // empty: in this process
	ttl      time.Duration
	maxLines int
}

func configFromParsed(conf *service.ParsedConfig) (c config, err error) {
	key, err := settings.Enum(conf, lcFieldKey, keyConsumer, keyCart)
	if err != nil {
		return
	}
	c.byCart = key == keyCart
	if c.cache, err = conf.FieldString(lcFieldCache); err != nil {
		return
	}
	if c.ttl, err = settings.Duration(conf, lcFieldTTL); err != nil {
		return
	}
	c.maxLines, err = maxLines.FromParsed(conf)
	return
}

var errNoProperties = errors.New(propertiesName + ": expected an object that says which product was added or removed")

func spec() *service.ConfigSpec {
	return service.NewConfigSpec().
		Beta().
		Categories("Mapping").
		Summary("Remembers what is in a cart, so that an event about one product leaves as one about the whole cart.").
		Description(description).
		Field(settings.EnumField(lcFieldKey, map[string]string{
			keyConsumer: "By the consumer: the first of `anonymousId`, `anonymous_id`, `userId` and `user_id`, and without any of them the cart's id. An event that names another `cart_id` than the events before begins a new cart.",
			keyCart:     "By `properties.cart_id` or `cartId`, and only without it by the consumer. For shops all of whose events name the cart, orders too, and where one cart is used from several devices.",
		}).
			Description("By what a cart is remembered.").
			Default(keyConsumer)).
		Field(service.NewStringField(lcFieldCache).
			Description("Label of a cache resource in which carts are remembered, to be shared with other instances and to outlast a restart. Empty: in this process, by each processor for itself, in some 90 MB at the most; the carts that were changed longest ago go first.").
			Default("").
			Example("carts")).
		Field(settings.DurationField(lcFieldTTL).
			Description("How long a cart is remembered after its last change.").
			Default("24h")).
		Field(maxLines.Field().
			Description(fmt.Sprintf("The most lines of a cart, and the most products of an event, from 1 to %d. A cart of more lines, or of more than %d KiB, is not known any more.", mostLines, maxBytes>>10)).
			Default(100).
			Advanced()).
		Example("A full cart from each click", "With one thread, and messages of one consumer in order, carts come in order as well.", `
pipeline:
  threads: 1
  processors:
    - liveperson_cart: {}
    - liveperson_map:
        preset: retail
`).
		Example("Remembered for a week, and over a restart", "Any cache resource will do. This one needs the directory to be there, and never deletes what has expired; one such as Redis, which Redpanda Connect has, does, and lets several instances know all carts.", `
pipeline:
  threads: 1
  processors:
    - liveperson_cart:
        cache: carts
        ttl: 168h
    - liveperson_map:
        preset: retail

cache_resources:
  - label: carts
    file:
      directory: ./carts
`)
}

var description = `
LivePerson takes a cart as a whole: its total, how many items are in it, and its lines. Events that a product was added or removed tell none of this. Put this processor in front of ` + "`liveperson_map`" + `. It takes the canonical event, and compares names of events without regard to case, spaces and punctuation.

| event | what is remembered | leaves as |
|---|---|---|
| Product Added, ` + "`add_to_cart`" + `, Wishlist Product Added to Cart | the products of ` + "`properties.products` or `items`" + `, or the one that ` + "`properties`" + ` describe, are added | ` + "`Cart Viewed`" + ` with the whole cart |
| Product Removed, ` + "`remove_from_cart`" + ` | they are taken out | ` + "`Cart Viewed`" + ` with the whole cart |
| Cart Viewed, Checkout Started, ` + "`begin_checkout`" + `, with a list of products | the list takes the place of the lines; without one nothing changes | it came |
| Order Completed, ` + "`purchase`" + ` | the cart is empty | it came |
| any other | nothing changes | it came |

An event that leaves as ` + "`Cart Viewed`" + ` has new ` + "`properties`: `products`, `currency` and `cart_id`" + `. All else of it stays: ids, time, context. Members of the change, such as GA4's ` + "`value`" + `, are not the cart's and go; the mapping computes the total from the lines.

Lines are told apart by the first of ` + "`sku`, `product_id`, `productId`, `item_id` and `id`" + `, and without any by name. Added quantities add up, 1 where the event has none; a newer price, name or category takes the place of the older one. A removal without a quantity takes the whole line away, and so does one of more than there is. Of a line only those members are remembered that the presets read.

**A cart that is not fully known is not sent.** An event about one product leaves unchanged, and is counted by ` + "`liveperson_cart_unknown`" + `, until an event states the whole cart or an order empties it, or what is remembered expires. A cart is not known after a removal of what is not remembered, with more than ` + "`max_lines`" + ` lines, with prices in several currencies, or when its list of products or what was remembered can't be read. What can't be known is what was in a cart before the first event about it, or before it expired: such a cart is right from the first event on that states all of it.

**Repeated events.** Benthos delivers at least once. The last ` + strconv.Itoa(maxApplied) + ` events of a cart are known by a digest of their message id, or of the whole event where it has none, and change nothing when they come again; they leave with the cart as it is then.

**Order.** Changes of one cart are made one after the other in this process, also by several processors that use one cache. Several processes that change the same cart at once can lose a change: give each its own consumers, as a partitioned input does. With several threads (` + "`pipeline.threads`" + `, by default one for each core) events can overtake each other in front of the output, and an older cart can be the last one; use ` + "`threads: 1`" + ` where that matters.

**Failures.** An event about one product fails, unchanged and with an error that names the member, when it does not say which product, or whose cart it is, or when its price or quantity is not a number; errors never repeat an event's values. What is wrong with other events is left for the mapping to say. When the cache fails, so do events that would change a cart; the error names the cache. What has failed before passes unchanged, and changes no cart. ` + "`liveperson_cart_errors`" + ` counts failures of the cache, and what was remembered but can't be read.
`
