// Package cache keeps values by id for a while, in this process or in a Benthos
// cache resource, for those who can do without: a cache that fails costs what it
// would have remembered, never more, so its methods have no errors.
//
// What the values mean, and how long they are good for, is for its callers to know.
package cache

import "context"

// Cache keeps values by id. It is safe for concurrent use.
type Cache[T any] interface {
	// Get gives the zero T for an id that it does not have, or can't read.
	Get(ctx context.Context, id string) T
	Set(ctx context.Context, id string, value T)
	Delete(ctx context.Context, id string)
}
