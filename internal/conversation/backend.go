package conversation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/redpanda-data/benthos/v4/public/service"
)

// backend keeps values by kind and id. What it does not have is nil.
type backend interface {
	get(ctx context.Context, kind, id string) ([]byte, error)
	set(ctx context.Context, kind, id string, value []byte) error
}

// localValues is how many values are remembered in this process, two or three for a
// conversation: some 60 MB at the most.
const localValues = 200_000

type localKey struct{ kind, id string }

// local keeps values in this process. Those that have not been in use for longest go
// first.
type local struct {
	values *lru.Cache[localKey, []byte]
}

func newLocal(size int) local {
	values, err := lru.New[localKey, []byte](size)
	if err != nil { // only for a size below one
		panic(err)
	}
	return local{values}
}

func (l local) get(_ context.Context, kind, id string) ([]byte, error) {
	value, _ := l.values.Get(localKey{kind, id})
	return value, nil
}

func (l local) set(_ context.Context, kind, id string, value []byte) error {
	l.values.Add(localKey{kind, id}, value)
	return nil
}

// keptFor is how long a cache resource keeps a conversation after it was opened or
// moved, where it can do that. LivePerson names no limit; conversations of messaging
// rest for days.
const keptFor = 30 * 24 * time.Hour

// shared keeps values in a Benthos cache resource, which other instances may share
// and a restart may keep.
type shared struct {
	mgr    *service.Resources
	label  string
	prefix string
}

// key keeps ids, which may be personal, out of the resource's keys, which are easily
// logged.
func (s *shared) key(kind, id string) string {
	digest := sha256.Sum256([]byte(id))
	return s.prefix + kind + ":" + hex.EncodeToString(digest[:16])
}

func (s *shared) get(ctx context.Context, kind, id string) (value []byte, err error) {
	err = s.access(ctx, func(cache service.Cache) error {
		value, err = cache.Get(ctx, s.key(kind, id))
		if errors.Is(err, service.ErrKeyNotFound) {
			value, err = nil, nil
		}
		return err
	})
	return value, err
}

func (s *shared) set(ctx context.Context, kind, id string, value []byte) error {
	ttl := keptFor
	return s.access(ctx, func(cache service.Cache) error { return cache.Set(ctx, s.key(kind, id), value, &ttl) })
}

func (s *shared) access(ctx context.Context, do func(service.Cache) error) error {
	var err error
	if accessErr := s.mgr.AccessCache(ctx, s.label, func(cache service.Cache) { err = do(cache) }); accessErr != nil {
		err = accessErr
	}
	if err != nil {
		return fmt.Errorf("the conversation cache %s fails: %w", s.label, err)
	}
	return nil
}
