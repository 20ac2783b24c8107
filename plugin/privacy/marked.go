package privacy

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// markedCache is a cache in which a missing key says something about a consumer. It therefore
// must have a marker. Without the marker, no key is found and no key is missing: get returns
// an error. The marker also says how the keys of the list begin. It is safe for concurrent use.
type markedCache struct {
	lookup   lookup
	field    string // the setting that names the cache
	label    string
	prefixes prefixes
	interval time.Duration // for which the marker is known to be there

	mu     sync.Mutex
	proved time.Time // when the marker was last read; zero: the last try failed
	begin  []string  // the prefixes whose markers were there then; nil: not known yet
}

func newMarkedCache(mgr *service.Resources, field, label string, prefixes prefixes, interval time.Duration) (*markedCache, error) {
	lookup, err := cacheLookup(mgr, field, label)
	if err != nil {
		return nil, err
	}
	return &markedCache{lookup: lookup, field: field, label: label, prefixes: prefixes, interval: interval}, nil
}

// get returns the value of a key. A key counts as missing only if the marker has been read
// within the interval.
func (c *markedCache) get(ctx context.Context, key string) (value []byte, exists bool, err error) {
	if value, exists, err = c.lookup(ctx, key); err != nil || exists {
		return value, exists, err
	}
	return nil, false, c.prove(ctx)
}

// keys returns the keys that an entry of the list may have: one for each marker that was there when
// the markers were last read.
func (c *markedCache) keys(ctx context.Context, entry string) ([]string, error) {
	begin := c.known()
	if begin == nil {
		if err := c.prove(ctx); err != nil {
			return nil, err
		}
		begin = c.known()
	}
	keys := make([]string, len(begin))
	for i, prefix := range begin {
		keys[i] = prefix + entry
	}
	return keys, nil
}

func (c *markedCache) known() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.begin
}

// prove returns an error if the cache can't be read or has no marker. After an error, the next
// call reads the marker again.
func (c *markedCache) prove(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.proved.IsZero() && time.Since(c.proved) < c.interval {
		return nil
	}
	c.proved = time.Time{}
	var begin []string
	for _, prefix := range []string{c.prefixes.current, c.prefixes.old} {
		_, exists, err := c.lookup(ctx, prefix+marker)
		if err != nil {
			return err
		}
		if exists {
			begin = append(begin, prefix)
		}
	}
	if begin == nil {
		return fmt.Errorf("%s: the cache %s has no key %s, so it may be the wrong cache or an empty folder: correct the cache's settings, or write this key with any value if the cache is the right one; nothing is sent until the key is there", c.field, c.label, c.prefixes.current+marker)
	}
	c.proved, c.begin = time.Now(), begin
	return nil
}
