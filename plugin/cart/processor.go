// Package cart is the processor liveperson_cart, which remembers what is in a cart,
// so that an event about one product can leave as one about the whole cart.
//
// It keeps lines and adds up quantities. What a cart becomes for LivePerson is the
// presets' to decide.
package cart

import (
	"context"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/cache"
	"github.com/benthos-liveperson/benthos-liveperson/internal/delivery"
	"github.com/benthos-liveperson/benthos-liveperson/internal/metric"
	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
)

func init() {
	service.MustRegisterProcessor("liveperson_cart", spec(), register.Processor(func(conf *service.ParsedConfig, mgr *service.Resources) (service.Processor, error) {
		c, err := configFromParsed(conf)
		if err != nil {
			return nil, err
		}
		return newProcessor(c, mgr)
	}))
}

type processor struct {
	config  config
	carts   cache.Cache[[]byte]
	holds   *delivery.Locks // one change of a cart at a time
	unknown *service.MetricCounter
	errors  *service.MetricCounter
}

// holdsOf is under what the processors that use one cache find their common holds.
type holdsOf struct{ cache string }

func newProcessor(c config, mgr *service.Resources) (*processor, error) {
	carts, err := openCarts(c, mgr)
	if err != nil {
		return nil, err
	}
	holds := &delivery.Locks{}
	if c.cache != "" {
		common, _ := mgr.GetOrSetGeneric(holdsOf{c.cache}, holds)
		holds = common.(*delivery.Locks)
	}
	return &processor{
		config:  c,
		carts:   carts,
		holds:   holds,
		unknown: metric.Counter(mgr.Metrics(), "liveperson_cart_unknown"),
		errors:  metric.Counter(mgr.Metrics(), "liveperson_cart_errors"),
	}, nil
}

// Process changes the remembered cart. An event about one product leaves as one
// about the whole cart, and all others as they came: what is wrong with those is the
// presets' to say. What has failed before changes no cart: mended, it comes again.
func (p *processor) Process(ctx context.Context, msg *service.Message) (service.MessageBatch, error) {
	unchanged := service.MessageBatch{msg}
	if msg.GetError() != nil {
		return unchanged, nil
	}
	content, err := msg.AsStructured()
	if err != nil {
		return unchanged, nil
	}
	event, _ := content.(map[string]any)
	k := kindOf(event)
	if k == other {
		return unchanged, nil
	}
	moves := k == productAdded || k == productRemoved

	properties, ok := event[propertiesName].(map[string]any)
	if !ok && moves {
		return nil, errNoProperties
	}
	key, err := owner(event, properties, p.config.byCart)
	if err != nil {
		if moves {
			return nil, err
		}
		return unchanged, nil
	}
	ch, stated, err := readChange(k, event, properties)
	if err != nil {
		return nil, err
	}
	if !stated {
		return unchanged, nil
	}
	c, err := p.change(ctx, digest(key), ch) // hashed: ids may be long and personal
	switch {
	case err != nil:
		p.errors.Incr(1)
		return nil, err
	case !moves:
		return unchanged, nil
	case c.Unknown:
		p.unknown.Incr(1)
		return unchanged, nil
	}
	full := msg.Copy()
	full.SetStructured(withCart(event, c, ch))
	return service.MessageBatch{full}, nil
}

// change gives the cart as it is after a change, which is made once.
func (p *processor) change(ctx context.Context, key string, ch change) (cart, error) {
	release, err := p.holds.Lock(ctx, key)
	if err != nil {
		return cart{}, err
	}
	defer release()

	c, err := p.load(ctx, key)
	if err != nil || c.has(ch.event) {
		return c, err
	}
	c.apply(ch, p.config.maxLines)
	c.Changed = time.Now().UnixMilli()
	value, err := c.encode()
	if err != nil {
		return cart{}, err
	}
	return c, p.carts.Set(ctx, key, value)
}

// load gives the zero cart for one that has expired, also in a cache that keeps
// values for longer.
func (p *processor) load(ctx context.Context, key string) (cart, error) {
	value, found, err := p.carts.Get(ctx, key)
	if err != nil || !found {
		return cart{}, err
	}
	c, err := decode(value)
	if err != nil {
		p.errors.Incr(1)
		return cart{Unknown: true}, nil
	}
	if time.Since(time.UnixMilli(c.Changed)) >= p.config.ttl {
		return cart{}, nil
	}
	return c, nil
}

// Close has nothing to let go of: what is remembered in this process goes with it.
func (p *processor) Close(context.Context) error { return nil }
