// Package cart is the processor liveperson_cart. It stores carts, and turns an event about one
// product into an event about the whole cart.
//
// It stores lines and adds up quantities. The presets decide which parts of a cart LivePerson
// gets.
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
	locks   *delivery.Locks // by cart, so that one change of a cart runs at a time
	unknown *service.MetricCounter
	errors  *service.MetricCounter
}

// locksKey is the key, in Benthos' resources, under which processors with the same cache share
// their locks.
type locksKey struct{ cache string }

func newProcessor(c config, mgr *service.Resources) (*processor, error) {
	carts, err := openCarts(c, mgr)
	if err != nil {
		return nil, err
	}
	locks := &delivery.Locks{}
	if c.cache != "" {
		common, _ := mgr.GetOrSetGeneric(locksKey{c.cache}, locks)
		locks = common.(*delivery.Locks)
	}
	return &processor{
		config:  c,
		carts:   carts,
		locks:   locks,
		unknown: metric.Counter(mgr.Metrics(), "liveperson_cart_unknown"),
		errors:  metric.Counter(mgr.Metrics(), "liveperson_cart_errors"),
	}, nil
}

// Process changes the stored cart. For an event about one product it returns an event
// about the whole cart, and it adds the lines to an event that shows the cart without them. It returns other events unchanged, because the presets report what is
// wrong with them. A message that failed in an earlier processor changes no cart, because it may
// come again after somebody corrects it.
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
	effect := effectOf(event, p.config.events)
	if effect == noEffect {
		return unchanged, nil
	}
	aboutOne := effect.aboutOne()

	properties, ok := event[propertiesName].(map[string]any)
	if !ok && aboutOne {
		return nil, errNoProperties
	}
	key, err := owner(event, properties, p.config.byCart)
	if err != nil {
		if aboutOne {
			return nil, err
		}
		return unchanged, nil
	}
	ch, ok, err := readChange(effect, event, properties)
	if err != nil {
		return nil, err
	}
	if !ok {
		return p.complete(ctx, msg, event, digest(key), ch)
	}
	c, err := p.update(ctx, digest(key), ch) // hashed, because ids may be long and personal
	switch {
	case err != nil:
		p.errors.Incr(1)
		return nil, err
	case !aboutOne:
		return unchanged, nil
	case c.Unknown:
		p.unknown.Incr(1)
		return unchanged, nil
	}
	full := msg.Copy()
	full.SetStructured(withCart(event, c, ch))
	return service.MessageBatch{full}, nil
}

// complete returns an event that shows the cart without a list, with the stored lines if they are
// known.
func (p *processor) complete(ctx context.Context, msg *service.Message, event map[string]any, key string, ch change) (service.MessageBatch, error) {
	c, err := p.load(ctx, key)
	if err != nil {
		p.errors.Incr(1)
		return nil, err
	}
	if !c.completes(ch) {
		return service.MessageBatch{msg}, nil
	}
	full := msg.Copy()
	full.SetStructured(completed(event, c))
	return service.MessageBatch{full}, nil
}

// update applies a change to the stored cart, unless it was applied before. It returns
// the cart after the change.
func (p *processor) update(ctx context.Context, key string, ch change) (cart, error) {
	unlock, err := p.locks.Lock(ctx, key)
	if err != nil {
		return cart{}, err
	}
	defer unlock()

	c, err := p.load(ctx, key)
	if err != nil {
		return c, err
	}
	repeated, known := c.Applied.has(ch.event)
	if repeated {
		return c, nil
	}
	ch.unclear = !known
	c.apply(ch, p.config.maxLines)
	c.Changed = time.Now().UnixMilli()
	value, err := c.encode()
	if err != nil {
		return cart{}, err
	}
	return c, p.carts.Set(ctx, key, value)
}

// load returns the stored cart. It returns the zero cart if the cart has expired, even
// if the cache keeps it longer.
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

// Close does nothing. Carts stored in this process end with it.
func (p *processor) Close(context.Context) error { return nil }
