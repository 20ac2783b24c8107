package cache

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/metric"
)

// BestEffort is a cache without errors. When the resource fails, Get finds nothing, Set and
// Delete do nothing, and Add says that it has added the value. Failures count in the metric
// liveperson_NAME_cache_errors. One line is logged when the resource starts to fail, and one when
// it works again.
type BestEffort[T any] struct {
	cache  adding[T]
	config Config
	lost   string
	log    *service.Logger
	errors *service.MetricCounter

	failing atomic.Bool
}

// OpenBestEffort opens a cache as Open does. The log names lost as the consequence of a failure.
func OpenBestEffort[T any](mgr *service.Resources, c Config, lost string) (*BestEffort[T], error) {
	cache, err := openAdding[T](mgr, c)
	if err != nil {
		return nil, err
	}
	b := &BestEffort[T]{cache: cache, config: c, lost: lost}
	if c.Label != "" {
		b.log = mgr.Logger()
		b.errors = metric.Counter(mgr.Metrics(), "liveperson_"+c.Name+"_cache_errors")
	}
	return b, nil
}

// Get returns the value of an id, or the zero T if there is none or it can't be read.
func (b *BestEffort[T]) Get(ctx context.Context, id string) T {
	value, _, err := b.cache.Get(ctx, id)
	b.note(ctx, err)
	return value
}

// Set keeps a value.
func (b *BestEffort[T]) Set(ctx context.Context, id string, value T) {
	b.note(ctx, b.cache.Set(ctx, id, value))
}

// Add keeps a value unless there is one, and tells whether it did. The resource keeps it for ttl;
// in memory it does not expire. Add also returns true if the resource fails: nothing is known then.
func (b *BestEffort[T]) Add(ctx context.Context, id string, value T, ttl time.Duration) (added bool) {
	added, err := b.cache.Add(ctx, id, value, ttl)
	b.note(ctx, err)
	return added || err != nil
}

// Delete removes a value.
func (b *BestEffort[T]) Delete(ctx context.Context, id string) {
	b.note(ctx, b.cache.Delete(ctx, id))
}

// note counts a failure, and logs when failures start and end. A call whose context was
// cancelled, as when the pipeline stops, says nothing about the resource.
func (b *BestEffort[T]) note(ctx context.Context, err error) {
	if b.config.Label == "" || errors.Is(ctx.Err(), context.Canceled) {
		return
	}
	failing := err != nil
	if failing {
		b.errors.Incr(1)
	}
	switch {
	case b.failing.Load() == failing || !b.failing.CompareAndSwap(!failing, failing):
	case failing:
		b.log.Warnf("Cache failure: %v; until it works again, %s", err, b.lost)
	default:
		b.log.Infof("The %s cache %s works again", b.config.Name, b.config.Label)
	}
}
