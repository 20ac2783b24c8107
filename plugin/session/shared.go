package session

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

// NewShared makes a store in a Benthos cache resource, which other instances may
// share and a restart may keep. Consumers of different accounts are kept apart.
func NewShared(limits Limits, mgr *service.Resources, cacheLabel, account string) *Store {
	return newStore(limits, &shared{
		mgr:    mgr,
		label:  cacheLabel,
		prefix: "liveperson:" + account + ":",
		ttl:    limits.Lifetime,
		errors: mgr.Metrics().NewCounter("liveperson_session_cache_errors"),
	})
}

type shared struct {
	mgr    *service.Resources
	label  string
	prefix string
	ttl    time.Duration
	errors *service.MetricCounter

	failing atomic.Bool
}

// key keeps the consumer's id out of the cache's keys, which are easily logged.
func (c *shared) key(consumer string) string {
	digest := sha256.Sum256([]byte(consumer))
	return c.prefix + hex.EncodeToString(digest[:16])
}

func (c *shared) get(ctx context.Context, consumer string) (s Session) {
	c.access(ctx, func(cache service.Cache) error {
		value, err := cache.Get(ctx, c.key(consumer))
		if errors.Is(err, service.ErrKeyNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := json.Unmarshal(value, &s); err != nil {
			s = Session{}
			return fmt.Errorf("reading a session: %w", err)
		}
		return nil
	})
	return s
}

func (c *shared) set(ctx context.Context, consumer string, s Session) {
	c.access(ctx, func(cache service.Cache) error {
		value, err := json.Marshal(s)
		if err != nil {
			return err
		}
		return cache.Set(ctx, c.key(consumer), value, &c.ttl)
	})
}

func (c *shared) delete(ctx context.Context, consumer string) {
	c.access(ctx, func(cache service.Cache) error {
		err := cache.Delete(ctx, c.key(consumer))
		if errors.Is(err, service.ErrKeyNotFound) {
			return nil
		}
		return err
	})
}

// access counts what fails, and logs when the cache begins to fail and when it has
// recovered.
func (c *shared) access(ctx context.Context, do func(service.Cache) error) {
	var err error
	if accessErr := c.mgr.AccessCache(ctx, c.label, func(cache service.Cache) { err = do(cache) }); accessErr != nil {
		err = accessErr
	}
	if err != nil {
		c.errors.Incr(1)
	}
	switch failing := err != nil; {
	case !c.failing.CompareAndSwap(!failing, failing):
	case failing:
		c.mgr.Logger().Warnf("The session cache %s fails, and sessions are made anew where it can't be read: %v", c.label, err)
	default:
		c.mgr.Logger().Infof("The session cache %s works again", c.label)
	}
}
