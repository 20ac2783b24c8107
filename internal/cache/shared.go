package cache

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// Use is what a cache resource is used for.
type Use struct {
	// Name is one word. The values of different uses are kept apart, and so are
	// those of different accounts. Failures count in the metric
	// liveperson_NAME_cache_errors.
	Name    string
	Account string
	// Cost says in the log what failures lead to.
	Cost string
	// TTL is how long values are kept, where the resource can do that.
	TTL time.Duration
}

// NewShared makes a cache of the resource of that label, which other instances may
// share and a restart may keep.
func NewShared[T any](mgr *service.Resources, label string, use Use) Cache[T] {
	return &shared[T]{
		mgr:    mgr,
		label:  label,
		use:    use,
		prefix: "liveperson:" + use.Account + ":" + use.Name + ":",
		errors: mgr.Metrics().NewCounter("liveperson_" + use.Name + "_cache_errors"),
	}
}

type shared[T any] struct {
	mgr    *service.Resources
	label  string
	use    Use
	prefix string
	errors *service.MetricCounter

	failing atomic.Bool
}

// key keeps ids, which may be personal, out of the resource's keys, which are easily
// logged.
func (c *shared[T]) key(id string) string {
	digest := sha256.Sum256([]byte(id))
	return c.prefix + hex.EncodeToString(digest[:16])
}

func (c *shared[T]) Get(ctx context.Context, id string) (value T) {
	c.access(ctx, func(resource service.Cache) error {
		text, err := resource.Get(ctx, c.key(id))
		if errors.Is(err, service.ErrKeyNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		var kept T
		if err := json.Unmarshal(text, &kept); err != nil {
			return fmt.Errorf("reading a value: %w", err)
		}
		value = kept
		return nil
	})
	return value
}

func (c *shared[T]) Set(ctx context.Context, id string, value T) {
	c.access(ctx, func(resource service.Cache) error {
		text, err := json.Marshal(value)
		if err != nil {
			return err
		}
		return resource.Set(ctx, c.key(id), text, &c.use.TTL)
	})
}

func (c *shared[T]) Delete(ctx context.Context, id string) {
	c.access(ctx, func(resource service.Cache) error {
		err := resource.Delete(ctx, c.key(id))
		if errors.Is(err, service.ErrKeyNotFound) {
			return nil
		}
		return err
	})
}

// access counts what fails, and logs when the resource begins to fail and when it
// has recovered. That a caller has gone, as the pipeline stops, says nothing of it.
func (c *shared[T]) access(ctx context.Context, do func(service.Cache) error) {
	var err error
	if accessErr := c.mgr.AccessCache(ctx, c.label, func(resource service.Cache) { err = do(resource) }); accessErr != nil {
		err = accessErr
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return
	}
	if err != nil {
		c.errors.Incr(1)
	}
	switch failing := err != nil; {
	case !c.failing.CompareAndSwap(!failing, failing):
	case failing:
		c.mgr.Logger().Warnf("The %s cache %s fails, and %s: %v", c.use.Name, c.label, c.use.Cost, err)
	default:
		c.mgr.Logger().Infof("The %s cache %s works again", c.use.Name, c.label)
	}
}
