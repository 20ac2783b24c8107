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

// Prefixes of keys. With them, lists, consent and sessions can share a cache.
const (
	consentPrefix  = "liveperson:consent:"
	suppressPrefix = "liveperson:suppressed:"
)

// Keys that tell a cache that has no entry for a consumer from one that is not there. A file
// cache finds nothing in a folder that does not exist, and Redis finds nothing in the wrong
// database.
const (
	consentMarker  = consentPrefix + "marker"
	suppressMarker = suppressPrefix + "marker"
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
			// Some caches repeat the key in their errors, and a key from the settings may be an id.
			err = fmt.Errorf("%s: asking the cache %s: %s", field, label, strings.ReplaceAll(err.Error(), key, "…"))
		}
		return value, found, err
	}, nil
}

// digest returns the SHA-256 of a text in hexadecimal. It stands for an id in keys and
// lists, where many people can see it.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
