package privacy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/cache"
	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
)

// What keys begin with, so that lists, consent and sessions can share a cache.
const (
	consentPrefix  = "liveperson:consent:"
	suppressPrefix = "liveperson:suppressed:"
)

// lookup asks a cache for a key.
type lookup func(ctx context.Context, key string) (value []byte, exists bool, err error)

func cacheLookup(mgr *service.Resources, field, label string) (lookup, error) {
	if err := settings.CheckCache(mgr, field, label); err != nil {
		return nil, err
	}
	return func(ctx context.Context, key string) ([]byte, bool, error) {
		value, found, err := cache.Read(ctx, mgr, label, key)
		if err != nil {
			// Some caches repeat the key, and a key of the user's own may be an id.
			err = fmt.Errorf("%s: asking the cache %s: %s", field, label, strings.ReplaceAll(err.Error(), key, "…"))
		}
		return value, found, err
	}, nil
}

// digest keeps ids out of keys and lists, which are easily seen.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
