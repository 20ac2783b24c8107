package cache

import (
	"context"

	lru "github.com/hashicorp/golang-lru/v2"
)

// NewLocal makes a cache in this process alone, for so many values: beyond that,
// those that have not been in use for longest are forgotten.
func NewLocal[T any](size int) Cache[T] {
	values, err := lru.New[string, T](size)
	if err != nil { // only for a size below one
		panic(err)
	}
	return local[T]{values}
}

type local[T any] struct{ values *lru.Cache[string, T] }

func (l local[T]) Get(_ context.Context, id string) T {
	value, _ := l.values.Get(id)
	return value
}

func (l local[T]) Set(_ context.Context, id string, value T) { l.values.Add(id, value) }

func (l local[T]) Delete(_ context.Context, id string) { l.values.Remove(id) }
