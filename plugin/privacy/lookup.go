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

// prefixes are how the keys of a list may begin. With them, lists, consent and sessions can share
// a cache.
type prefixes struct {
	current string
	// old is the beginning in lists that were written for an earlier version. It has colons. The
	// file cache makes files of keys, and Windows allows no colon in their names.
	old string
}

var (
	consentPrefixes  = prefixes{"liveperson-consent-", "liveperson:consent:"}
	suppressPrefixes = prefixes{"liveperson-suppressed-", "liveperson:suppressed:"}
)

// marker is the end of a key that tells a cache that has no entry for a consumer from one that is
// not there. A file cache finds nothing in a folder that does not exist, and Redis finds nothing in
// the wrong database.
const marker = "marker"

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
