package delivery

import (
	"context"
	"sync"
)

// Lanes deliver items: those of one key in the order in which they were put, those
// of different keys in parallel. A key has a lane as long as it has items; a lane
// that waits holds up no other.
//
// The items that all lanes together hold are bounded: beyond that Put waits.
type Lanes[T any] struct {
	// Go has a task done, and does not wait for it; at first in a goroutine of its own.
	Go func(task func())

	deliver func(ctx context.Context, key string, items []T)
	joins   func(items []T, next T) bool
	room    *Room // of the items held

	mu    sync.Mutex
	lanes map[string]*lane[T]
}

// lane is the queue of one key. It is in the map exactly while a goroutine delivers
// from it or is about to.
type lane[T any] struct {
	waiting []T
}

// NewLanes makes lanes that hold at most capacity items.
//
// deliver is called by one goroutine at a time for each key; when it returns, its
// items are done with. It is called with more than one item only if joins, asked
// with those taken so far and the next one waiting, says that they may go
// together; nil says that they never do.
func NewLanes[T any](capacity int, deliver func(ctx context.Context, key string, items []T), joins func(items []T, next T) bool) *Lanes[T] {
	if joins == nil {
		joins = func([]T, T) bool { return false }
	}
	return &Lanes[T]{
		Go:      func(task func()) { go task() },
		deliver: deliver,
		joins:   joins,
		room:    NewRoom(capacity),
		lanes:   map[string]*lane[T]{},
	}
}

// Put puts an item behind the others of its key. If it returns a function, the
// caller must call that, in whatever goroutine: it delivers the key's next items.
// An error is the context's: there was no room before it ended, and the item was
// not put.
func (l *Lanes[T]) Put(ctx context.Context, key string, item T) (run func(), err error) {
	if err := l.room.Enter(ctx, 1); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if lane, exists := l.lanes[key]; exists {
		lane.waiting = append(lane.waiting, item)
		return nil, nil
	}
	l.lanes[key] = &lane[T]{waiting: []T{item}}
	return func() { l.run(ctx, key) }, nil
}

// Len gives the number of keys that have items.
func (l *Lanes[T]) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.lanes)
}

// run delivers what may go together of what a key has, and leaves the rest to
// another task: other keys may have waited for longer.
func (l *Lanes[T]) run(ctx context.Context, key string) {
	if !l.deliverNext(ctx, key) {
		return
	}
	l.Go(func() { l.run(ctx, key) })
}

// deliverNext delivers the next items of a lane, and tells whether it has more.
func (l *Lanes[T]) deliverNext(ctx context.Context, key string) bool {
	items := l.take(key)
	l.deliver(ctx, key, items)
	l.room.Leave(len(items))
	clear(items) // the lane may live on, and hold their memory
	return !l.finished(key)
}

// take takes the next items out of a lane that has some.
func (l *Lanes[T]) take(key string) []T {
	l.mu.Lock()
	defer l.mu.Unlock()
	lane := l.lanes[key]
	n := 1
	for n < len(lane.waiting) && l.joins(lane.waiting[:n], lane.waiting[n]) {
		n++
	}
	items := lane.waiting[:n:n]
	lane.waiting = lane.waiting[n:]
	return items
}

// finished takes a lane away that has no items left.
func (l *Lanes[T]) finished(key string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.lanes[key].waiting) > 0 {
		return false
	}
	delete(l.lanes, key)
	return true
}
