package cart

import (
	"bytes"
	"encoding/json"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/cache"
)

// maxBytes is the largest stored cart in bytes: 100 lines of 650 bytes, and the marks of its events.
const maxBytes = 96 << 10

// The limits for carts in this process, which use at most about 90 MB. The least recently used
// carts are dropped first.
const (
	localCarts = 100_000
	localBytes = 64 << 20
)

// openCarts opens the cache of encoded carts.
func openCarts(c config, mgr *service.Resources) (cache.Cache[[]byte], error) {
	return cache.Open[[]byte](mgr, cache.Config{
		Field: lcFieldCache, Label: c.cache,
		Name: "cart",
		TTL:  c.ttl, Entries: localCarts, Bytes: localBytes,
	})
}

// encode returns a cart as JSON. A cart that is too large becomes an unknown one.
func (c *cart) encode() ([]byte, error) {
	value, err := json.Marshal(c)
	if err == nil && len(value) > maxBytes {
		c.forget()
		value, err = json.Marshal(c)
	}
	return value, err
}

// decode reads a cart that encode has written.
func decode(value []byte) (c cart, err error) {
	decoder := json.NewDecoder(bytes.NewReader(value))
	decoder.UseNumber() // keeps all digits of a price
	err = decoder.Decode(&c)
	return c, err
}
