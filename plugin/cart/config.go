package cart

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
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

// mostLines is the largest max_lines. The sum of that many largest quantities fits in
// an int64.
const mostLines = 1000

var maxLines = settings.Count{Name: lcFieldMaxLines, Least: 1, Most: mostLines}

type config struct {
	byCart   bool
	cache    string // the label of a cache resource; empty: this process
	ttl      time.Duration
	maxLines int
	events   map[string]any // the user's own names of events, each with its kind
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
	if c.maxLines, err = maxLines.FromParsed(conf); err != nil {
		return
	}
	c.events, err = settings.EventsFromParsed(conf, preset)
	return
}

var errNoProperties = errors.New(propertiesName + ": expected an object with the product that was added or removed")

func spec() *service.ConfigSpec {
	return service.NewConfigSpec().
		Beta().
		Categories("Mapping").
		Summary("Stores carts, and turns an event about one product into an event about the whole cart.").
		Description(description).
		Field(settings.EnumField(lcFieldKey, map[string]string{
			keyConsumer: "The consumer: the first of `anonymousId`, `anonymous_id`, `userId` and `user_id`. Without any of them, the cart's id. An event with another `cart_id` than the events before begins a new cart. If the consumer has had that one before, it is not known.",
			keyCart:     "`properties.cart_id` or `cartId`. Without it, the consumer. For shops whose customers use one cart on several devices. All events must have the cart's id, including orders.",
		}).
			Description("The key under which a cart is stored.").
			Default(keyConsumer)).
		Field(service.NewStringField(lcFieldCache).
			Description("The label of a cache resource to store carts in. Other instances can share it, and carts outlive a restart. Empty: each processor stores its own carts in memory, in at most 90 MB or so, and drops the least recently used carts first.").
			Default("").
			Example("carts")).
		Field(settings.DurationField(lcFieldTTL).
			Description("How long to store a cart after its last change.").
			Default("24h")).
		Field(settings.EventsField().
			Description("Your own names of events, each with its kind, as in the field of the same name of the preset `retail`: give both the same names. A kind that is not in the table above changes no cart.").
			Example(map[string]any{"Basket Filled": "product_added", "Basket Shown": "cart_view"})).
		LintRule(settings.EventsLint(strconv.Quote(preset))).
		Field(maxLines.Field().
			Description(fmt.Sprintf("The most lines of a cart, and the most products of an event, from 1 to %d. A cart with more lines, or of more than %d KiB, becomes unknown.", mostLines, maxBytes>>10)).
			Default(100).
			Advanced()).
		Example("The whole cart after each click", "With one thread, and each consumer's messages in order, the carts are in order too.", `
pipeline:
  threads: 1
  processors:
    - liveperson_cart: {}
    - liveperson_map:
        preset: retail
`).
		Example("Store carts for a week, and over a restart", "Any cache resource works. This one needs an existing directory and never deletes expired carts. Redis, a cache of Redpanda Connect, deletes them, and lets several instances share all carts.", `
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

var description = strings.NewReplacer("”", "`", "MAX_APPLIED", strconv.Itoa(maxApplied)).Replace(`
LivePerson accepts only whole carts: the total, the number of items, and the lines. An event about one product, such as Product Added, does not have them. Put this processor before ”liveperson_map”. It reads the canonical event. The names of events are those of the preset ”retail”.

| event | what happens to the stored cart | output |
|---|---|---|
| Product Added (”add_to_cart”) | the products of ”properties.products” or ”items” are added, or the product that ”properties” describes | ”Cart Viewed” with the whole cart |
| Product Removed (”remove_from_cart”) | the products are removed | ”Cart Viewed” with the whole cart |
| Product Quantity Updated | the products get the quantities of the event; 0 removes a line | ”Cart Viewed” with the whole cart |
| Cart Viewed (”view_cart”), Checkout Started (”begin_checkout”) | a list of products replaces the lines; without a list nothing changes | the event; without a list, with the stored lines and currency if they are known |
| Cart Updated | a list of products replaces the lines, also an empty list; without a list the cart becomes unknown | the event, unchanged |
| Cart Cleared, Cart Emptied, Order Completed (”purchase”) | the cart becomes empty | the event, unchanged |
| any other | nothing changes | the event, unchanged |

**A changed event** is a ”Cart Viewed” with new ”properties”: ”products”, ”currency” and ”cart_id”. The rest of the event stays: ids, time, context. Other properties, such as GA4's ”value”, are about the change and not about the cart, so they are left out. The mapping computes the total from the lines. An event that shows the cart without a list keeps its name and its other properties.

**Lines** with the same product and the same variant are one line. The product is the first of ”sku”, ”product_id”, ”productId”, ”item_id” and ”id”, or the name if there is none. The variant is the first of ”variant”, ”item_variant”, ”product_variant”, ”variant_id” and ”variantId”. Quantities add up; an event without a quantity adds 1. A newer name or category replaces the older one. A removal without a quantity removes the whole line. So does a removal of more than the line has. A removal or a new quantity without a variant means the product's only variant. Only the members that the presets read are stored, and the variant.

**A cart that is not fully known is not sent.** Events about one product then pass unchanged, and ”liveperson_cart_unknown” counts them. This ends when an event lists the whole cart or empties it, or when the stored cart expires. A cart becomes unknown

* after a removal or a new quantity of a product that is not stored, or of one of several variants without saying which,
* after a product was added at another price: a shop may charge the old price, the new one, or both,
* after a Cart Updated without a list, or a Product Quantity Updated without a quantity,
* with more than ”max_lines” lines, or with prices in several currencies,
* when the consumer returns to an earlier cart, with ”key: consumer”,
* if its list of products or the stored cart can't be read.

The processor can't know what was in a cart before its first event, or before it expired. Such a cart is right after the next event that lists the whole cart.

**Repeated events** change nothing, because Benthos delivers at least once. The processor recognises the last MAX_APPLIED events of a cart by a digest of the message id, or of the whole event if it has no message id. An event that is not newer than those it no longer remembers (”timestamp”) counts as repeated too. Events without a time then make the cart unknown, because nothing tells whether they are repeated. A repeated event gets the cart as it is now. So a file that is read again leaves the carts as they are, as long as they are stored. After ”ttl”, or without ”cache” after a restart, it builds them again, as they were at the end of the file.

**Order.** In one process, changes of one cart are made one after the other, also by several processors that use one cache. Several processes that change one cart at the same time can lose a change: give each process its own consumers, as a partitioned input does. With several threads (”pipeline.threads”, by default one for each core), events can overtake each other before the output, and LivePerson may get an older cart last. Use ”threads: 1” if that matters.

**Failures.** An event about one product fails unchanged if it does not say which product or whose cart, or if its price or quantity is not a number. The error names the member and never repeats the event's values. The processor does not check other events; the mapping does. If the cache fails, events that would change a cart fail too, with an error that names the cache. A message that failed in an earlier processor passes unchanged and changes no cart. ”liveperson_cart_errors” counts failures of the cache, and stored carts that can't be read.
`)
