package cache

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/metric"
)

// slowFailure is the least time of a failure after which the resource is left alone.
const slowFailure = time.Second

// BestEffort is a cache without errors. When the resource fails, Get finds nothing, Set and
// Delete do nothing, and Add says that it has added the value. Failures count in the metric
// liveperson_NAME_cache_errors. One line is logged when the resource starts to fail, and one when
// it works again.
//
// A resource may take seconds to fail, because it repeats what it does. If each call waited for
// that, messages would all but stand still. So the resource is left alone after a failure that took
// a second or more, for as long as the failure took. Then one call tries it.
type BestEffort[T any] struct {
	cache  adding[T]
	config Config
	lost   string
	log    *service.Logger
	errors *service.MetricCounter

	failing atomic.Bool
	opened  time.Time
	rest    atomic.Int64 // how long the last failure took, in nanoseconds
	nextTry atomic.Int64 // nanoseconds after opened

	unreadable sync.Once // it is logged once
}

// OpenBestEffort opens a cache as Open does. The log names lost as the consequence of a failure.
func OpenBestEffort[T any](mgr *service.Resources, c Config, lost string) (*BestEffort[T], error) {
	cache, err := openAdding[T](mgr, c)
	if err != nil {
		return nil, err
	}
	b := &BestEffort[T]{cache: cache, config: c, lost: lost, opened: time.Now()}
	if c.Label != "" {
		b.log = mgr.Logger()
		b.errors = metric.Counter(mgr.Metrics(), "liveperson_"+c.Name+"_cache_errors")
	}
	return b, nil
}

// Get returns the value of an id, or the zero T if there is none or it can't be read.
func (b *BestEffort[T]) Get(ctx context.Context, id string) (value T) {
	b.try(ctx, func() (err error) {
		value, _, err = b.cache.Get(ctx, id)
		return err
	})
	return value
}

// Set keeps a value.
func (b *BestEffort[T]) Set(ctx context.Context, id string, value T) {
	b.try(ctx, func() error { return b.cache.Set(ctx, id, value) })
}

// Add keeps a value unless there is one, and tells whether it did. The resource keeps it for ttl;
// in memory it does not expire. Add also returns true if the resource fails: nothing is known then.
func (b *BestEffort[T]) Add(ctx context.Context, id string, value T, ttl time.Duration) (added bool) {
	added = true
	b.try(ctx, func() error {
		is, err := b.cache.Add(ctx, id, value, ttl)
		added = is || err != nil
		return err
	})
	return added
}

// Delete removes a value.
func (b *BestEffort[T]) Delete(ctx context.Context, id string) {
	b.try(ctx, func() error { return b.cache.Delete(ctx, id) })
}

// try makes a call, unless the resource has just failed.
func (b *BestEffort[T]) try(ctx context.Context, call func() error) {
	if b.rests() {
		b.errors.Incr(1)
		return
	}
	start := time.Now()
	b.note(ctx, call(), start)
}

// rests tells whether the resource is left alone. One caller gets false after each rest.
func (b *BestEffort[T]) rests() bool {
	if !b.failing.Load() {
		return false
	}
	next, now := b.nextTry.Load(), int64(time.Since(b.opened))
	return now < next || !b.nextTry.CompareAndSwap(next, now+b.rest.Load())
}

// note counts a failure, and logs when failures start and end. A call whose context was
// cancelled, as when the pipeline stops, says nothing about the resource. Neither does a value
// that can't be read.
func (b *BestEffort[T]) note(ctx context.Context, err error, start time.Time) {
	if b.config.Label == "" || errors.Is(ctx.Err(), context.Canceled) {
		return
	}
	if err != nil {
		b.errors.Incr(1)
	}
	var unreadable *unreadableError
	if errors.As(err, &unreadable) {
		b.unreadable.Do(func() { b.log.Warnf("Cache failure: %v; such values count as not found", err) })
		return
	}
	failing := err != nil
	if took := time.Since(start); failing && took >= slowFailure {
		b.rest.Store(int64(took))
		b.nextTry.Store(int64(time.Since(b.opened) + took))
	}
	switch {
	case b.failing.Load() == failing || !b.failing.CompareAndSwap(!failing, failing):
	case failing:
		b.log.Warnf("Cache failure: %v; until it works again, %s", err, b.lost)
	default:
		b.log.Infof("The %s cache %s works again", b.config.Name, b.config.Label)
	}
}
