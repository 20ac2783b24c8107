// Package singleflight lets callers that need the same value at the same time share one
// call for it. It adds contexts, types and panics to golang.org/x/sync/singleflight.
package singleflight

import (
	"context"

	"golang.org/x/sync/singleflight"

	"github.com/benthos-liveperson/benthos-liveperson/internal/panics"
)

// Group shares calls by key. Its zero value is ready to use. It is safe for concurrent use.
type Group[T any] struct{ calls singleflight.Group }

// Do returns what fetch returns, or what a call for the same key that is already running
// returns. A panic of fetch becomes an error.
//
// Do returns the context's error as soon as ctx ends. The fetch goes on for the other
// callers: its context has the values of the first caller's, but does not end with it. So
// fetch sets its own time limit.
func (g *Group[T]) Do(ctx context.Context, key string, fetch func(context.Context) (T, error)) (value T, err error) {
	detached := context.WithoutCancel(ctx)
	done := g.calls.DoChan(key, func() (any, error) {
		var value T
		err := panics.Do(func() (err error) {
			value, err = fetch(detached)
			return err
		})
		return value, err
	})
	select {
	case result := <-done:
		return result.Val.(T), result.Err
	case <-ctx.Done():
		return value, ctx.Err()
	}
}
