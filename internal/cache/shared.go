package cache

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// shared keeps values in a cache resource. It stores bytes and strings unchanged, and other
// values as JSON.
type shared[T any] struct {
	mgr    *service.Resources
	label  string
	name   string
	prefix string
	ttl    time.Duration
}

func newShared[T any](mgr *service.Resources, c Config) *shared[T] {
	prefix := "liveperson-" // no colon: the file cache makes files of keys, and Windows allows none in their names
	for _, part := range []string{c.Account, c.Name, c.Kind} {
		if part != "" {
			prefix += part + "-"
		}
	}
	return &shared[T]{mgr: mgr, label: c.Label, name: c.Name, prefix: prefix, ttl: c.TTL}
}

// key hashes the id, which may be personal: keys show up in logs.
func (s *shared[T]) key(id string) string {
	digest := sha256.Sum256([]byte(id))
	return s.prefix + hex.EncodeToString(digest[:16])
}

func (s *shared[T]) Get(ctx context.Context, id string) (value T, found bool, err error) {
	content, found, err := Read(ctx, s.mgr, s.label, s.key(id))
	if err != nil {
		return value, false, s.failure(err)
	}
	if !found {
		return value, false, nil
	}
	if err := decode(content, &value); err != nil {
		var none T // decode may have set a part
		return none, false, &unreadableError{fmt.Errorf("reading a value from the %s cache %s: %w", s.name, s.label, err)}
	}
	return value, true, nil
}

// unreadableError is about a value, not about the resource.
type unreadableError struct{ error }

func (e *unreadableError) Unwrap() error { return e.error }

func (s *shared[T]) Set(ctx context.Context, id string, value T) error {
	content, err := encode(value)
	if err != nil {
		return err
	}
	return s.failure(access(ctx, s.mgr, s.label, func(resource service.Cache) error {
		return resource.Set(ctx, s.key(id), content, &s.ttl)
	}))
}

func (s *shared[T]) Add(ctx context.Context, id string, value T, ttl time.Duration) (added bool, err error) {
	content, err := encode(value)
	if err != nil {
		return false, err
	}
	err = access(ctx, s.mgr, s.label, func(resource service.Cache) error {
		return resource.Add(ctx, s.key(id), content, &ttl)
	})
	if errors.Is(err, service.ErrKeyAlreadyExists) {
		return false, nil
	}
	return err == nil, s.failure(err)
}

func (s *shared[T]) Delete(ctx context.Context, id string) error {
	err := access(ctx, s.mgr, s.label, func(resource service.Cache) error { return resource.Delete(ctx, s.key(id)) })
	if errors.Is(err, service.ErrKeyNotFound) {
		return nil
	}
	return s.failure(err)
}

func (s *shared[T]) failure(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("the %s cache %s fails: %w", s.name, s.label, err)
}

// Read returns the value of a cache resource for a key that the user has chosen. found is false
// if there is none.
func Read(ctx context.Context, mgr *service.Resources, label, key string) (content []byte, found bool, err error) {
	err = access(ctx, mgr, label, func(resource service.Cache) (err error) {
		content, err = resource.Get(ctx, key)
		return err
	})
	if errors.Is(err, service.ErrKeyNotFound) {
		return nil, false, nil
	}
	return content, err == nil, err
}

func access(ctx context.Context, mgr *service.Resources, label string, do func(service.Cache) error) error {
	var err error
	if accessErr := mgr.AccessCache(ctx, label, func(resource service.Cache) { err = do(resource) }); accessErr != nil {
		return accessErr
	}
	return err
}

func encode(value any) ([]byte, error) {
	switch value := value.(type) {
	case []byte:
		return value, nil
	case string:
		return []byte(value), nil
	}
	return json.Marshal(value)
}

func decode(content []byte, into any) error {
	switch into := into.(type) {
	case *[]byte:
		*into = content
		return nil
	case *string:
		*into = string(content)
		return nil
	}
	return json.Unmarshal(content, into)
}
