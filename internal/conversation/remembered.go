package conversation

import (
	"context"

	"github.com/benthos-liveperson/benthos-liveperson/internal/cache"
)

// remembered is a cache resource with a copy in memory of the values that this process wrote and
// read. If the resource loses a value, for instance in a flush, the next Get finds the copy and
// writes it back.
type remembered[T any] struct {
	resource, copies cache.Cache[T]
}

// Get returns the value of the resource, or else the copy. The only errors are the resource's.
func (r remembered[T]) Get(ctx context.Context, id string) (value T, found bool, err error) {
	if value, found, err = r.resource.Get(ctx, id); err != nil {
		return value, false, err
	}
	if found {
		return value, true, r.copies.Set(ctx, id, value)
	}
	if value, found, err = r.copies.Get(ctx, id); err != nil || !found {
		return value, false, err
	}
	return value, true, r.resource.Set(ctx, id, value)
}

// Set keeps a value in both places.
func (r remembered[T]) Set(ctx context.Context, id string, value T) error {
	if err := r.resource.Set(ctx, id, value); err != nil {
		return err
	}
	return r.copies.Set(ctx, id, value)
}

// Delete removes a value from both places.
func (r remembered[T]) Delete(ctx context.Context, id string) error {
	if err := r.copies.Delete(ctx, id); err != nil {
		return err
	}
	return r.resource.Delete(ctx, id)
}
