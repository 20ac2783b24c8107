package cart

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"github.com/redpanda-data/benthos/v4/public/service"
)

// maxBytes is how large a remembered cart may be: 100 lines of 650 bytes.
const maxBytes = 64 << 10

// How much is remembered in this process: carts that were changed longest ago go
// first. Some 90 MB at the most.
const (
	localCarts = 100_000
	localBytes = 64 << 20
)

// backend keeps values by key. What it can't find is nil.
type backend interface {
	get(ctx context.Context, key string) ([]byte, error)
	set(ctx context.Context, key string, value []byte) error
}

// local keeps values in this process.
type local struct {
	mu    sync.Mutex
	cache *simplelru.LRU[string, []byte]
	bytes int
}

func newLocal() *local {
	l := &local{}
	cache, err := simplelru.NewLRU(localCarts, func(_ string, value []byte) { l.bytes -= len(value) })
	if err != nil { // only for a size below one
		panic(err)
	}
	l.cache = cache
	return l
}

func (l *local) get(_ context.Context, key string) ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	value, _ := l.cache.Peek(key)
	return value, nil
}

func (l *local) set(_ context.Context, key string, value []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cache.Remove(key)
	l.cache.Add(key, value)
	for l.bytes += len(value); l.bytes > localBytes; {
		l.cache.RemoveOldest()
	}
	return nil
}

// shared keeps values in a Benthos cache resource, which other instances may share
// and a restart may keep.
type shared struct {
	mgr   *service.Resources
	label string
	ttl   time.Duration
}

func (s *shared) get(ctx context.Context, key string) (value []byte, err error) {
	err = s.access(ctx, func(cache service.Cache) error {
		value, err = cache.Get(ctx, key)
		if errors.Is(err, service.ErrKeyNotFound) {
			value, err = nil, nil
		}
		return err
	})
	return value, err
}

func (s *shared) set(ctx context.Context, key string, value []byte) error {
	return s.access(ctx, func(cache service.Cache) error { return cache.Set(ctx, key, value, &s.ttl) })
}

func (s *shared) access(ctx context.Context, do func(service.Cache) error) error {
	var err error
	if accessErr := s.mgr.AccessCache(ctx, s.label, func(cache service.Cache) { err = do(cache) }); accessErr != nil {
		err = accessErr
	}
	if err != nil {
		return fmt.Errorf("the cart cache %s fails: %w", s.label, err)
	}
	return nil
}

// encode writes a cart. One that is too large is not known any more.
func (c *cart) encode() ([]byte, error) {
	value, err := json.Marshal(c)
	if err == nil && len(value) > maxBytes {
		c.forget()
		value, err = json.Marshal(c)
	}
	return value, err
}

// decode reads a cart that was remembered.
func decode(value []byte) (c cart, err error) {
	decoder := json.NewDecoder(bytes.NewReader(value))
	decoder.UseNumber() // with all digits of a price
	err = decoder.Decode(&c)
	return c, err
}
