// Package cache keeps values by id, in memory or in a Benthos cache resource. It is the
// one way in which components use a cache.
//
// A component that can't work without its cache uses Open, and handles the errors. Other
// components use OpenBestEffort: when the cache fails they lose only what it remembered.
package cache

import (
	"context"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/metric"
	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
)

// Cache keeps values by id. It is safe for concurrent use.
type Cache[T any] interface {
	// Get returns the value of an id. found is false if the cache has none.
	Get(ctx context.Context, id string) (value T, found bool, err error)
	Set(ctx context.Context, id string, value T) error
	// Delete removes a value. It is no error if there is none.
	Delete(ctx context.Context, id string) error
}

// adding is a cache that can also keep a value unless there is one. added tells whether it did.
// The resource keeps the value for ttl; in memory it does not expire.
type adding[T any] interface {
	Cache[T]
	Add(ctx context.Context, id string, value T, ttl time.Duration) (added bool, err error)
}

// Config of a cache.
type Config struct {
	// Field is the configuration field that Label comes from. It is for errors.
	Field string
	// Label of the cache resource. Other instances may share a resource, and it may
	// outlast a restart. Empty: the values are kept in memory.
	Label string
	// Name is one word for the values, such as session. It is part of errors, logs, the
	// name of a metric and the resource's keys.
	Name string
	// Account and Kind keep values with the same Name apart in one resource. They may be
	// empty.
	Account, Kind string
	// TTL is how long the resource keeps a value, if the resource can expire values. In
	// memory values do not expire: callers check their age.
	TTL time.Duration
	// Entries is the most values in memory. The least recently used value is dropped first.
	Entries int
	// Bytes is the most bytes of values in memory. T is []byte then. 0: no limit.
	Bytes int
	// Common makes all caches in memory with the same Name, Account and Kind one cache.
	Common bool
	// Uncounted values in memory are in no metric. Otherwise the gauge
	// liveperson_NAME_cache_entries has their number.
	Uncounted bool
}

// memoryOf is the key of a common cache among Benthos' resources.
type memoryOf struct{ name, account, kind string }

// Open returns the cache of a resource or, if there is no label, one in memory. It does no
// I/O. It is an error if the resource does not exist.
func Open[T any](mgr *service.Resources, c Config) (Cache[T], error) { return openAdding[T](mgr, c) }

func openAdding[T any](mgr *service.Resources, c Config) (adding[T], error) {
	if c.Label != "" {
		if err := settings.CheckCache(mgr, c.Field, c.Label); err != nil {
			return nil, err
		}
		return newShared[T](mgr, c), nil
	}
	memory := newMemory[T](c.Entries, c.Bytes)
	if c.Common {
		common, _ := mgr.GetOrSetGeneric(memoryOf{c.Name, c.Account, c.Kind}, memory)
		if memory = common.(*inMemory[T]); !memory.isNew() {
			return memory, nil
		}
	}
	if mgr != nil && !c.Uncounted {
		memory.countIn(metric.Gauge(mgr.Metrics(), "liveperson_"+c.Name+"_cache_entries"))
	}
	return memory, nil
}
