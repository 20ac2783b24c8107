package delivery

import (
	"context"
	"sync"
)

// Flights let those who want the same thing at the same time share one attempt to get
// it. The zero value is ready to be used.
type Flights[T any] struct {
	mu       sync.Mutex
	underWay map[string]*flight[T]
}

type flight[T any] struct {
	landed chan struct{} // closed when the rest is there
	value  T
	err    error
	gaveUp bool // its context has ended
}

// Do gives what fetch gets, or what another call with the key is just getting. When a
// fetch fails because its own context has ended, one of those who wait fetches anew.
// An error is the fetch's, or that of the context.
func (f *Flights[T]) Do(ctx context.Context, key string, fetch func(context.Context) (T, error)) (T, error) {
	for {
		f.mu.Lock()
		other, exists := f.underWay[key]
		if !exists {
			mine := &flight[T]{landed: make(chan struct{})}
			if f.underWay == nil {
				f.underWay = map[string]*flight[T]{}
			}
			f.underWay[key] = mine
			f.mu.Unlock()
			return f.fly(ctx, key, mine, fetch)
		}
		f.mu.Unlock()
		select {
		case <-other.landed:
			if !other.gaveUp {
				return other.value, other.err
			}
		case <-ctx.Done():
			var none T
			return none, ctx.Err()
		}
	}
}

func (f *Flights[T]) fly(ctx context.Context, key string, mine *flight[T], fetch func(context.Context) (T, error)) (T, error) {
	defer func() {
		f.mu.Lock()
		delete(f.underWay, key)
		f.mu.Unlock()
		close(mine.landed)
	}()
	mine.value, mine.err = fetch(ctx)
	mine.gaveUp = mine.err != nil && ctx.Err() != nil
	return mine.value, mine.err
}
