package delivery

import (
	"context"
	"sync"
)

// QueueOptions configure a Queue.
type QueueOptions[T any] struct {
	// Capacity is the most items that the queue holds.
	Capacity int
	// Running is the most deliveries that run at a time. Deliveries that called release do not count.
	Running int
	// Unordered delivers each item alone, as soon as a delivery can run.
	Unordered bool
	// Deliver delivers items of one key. When it returns, the queue delivers the next items of the
	// key.
	//
	// Deliver calls release when it waits for something other than a place in flight, such as the end
	// of a retry pause. Another delivery may then run in its place. Deliver may call release any
	// number of times, from its own goroutine.
	Deliver func(ctx context.Context, key string, items []T, release func())
	// OnChange, if it is set, is called with the number of items that hold room, when that number has
	// changed. It must not block, and must not call the Queue.
	OnChange func(held int)
	// Joins tells whether the next waiting item is delivered together with those taken
	// before it. Nil: each item is delivered alone.
	Joins func(taken []T, next T) bool
}

// Queue delivers the items of one key in the order of their numbers, one delivery at a time.
// Deliveries of different keys run in parallel. A delivery that waits holds up no other key.
//
// An item takes three steps. Reserve waits for room and gives the item a number. Put waits until
// all lower numbers were put, and appends the item to its key. Leave gives the room back.
//
// A Queue is safe for concurrent use.
type Queue[T any] struct {
	options QueueOptions[T]

	mu sync.Mutex

	held    int           // items that hold room: reserved, and Leave was not called for them
	arrived int           // how many of these are in the queue or wait in Put
	freed   chan struct{} // closed by Leave; nil while no caller waits for room

	reserved int64                   // the last number that Reserve gave
	next     int64                   // the number that is put next
	turns    map[int64]chan struct{} // closed when the number is next

	keys    map[string]*line[T] // keys that have items
	ready   []*line[T]          // keys that wait to run, the oldest first
	running int
}

// Entry is an item with its key.
type Entry[T any] struct {
	Key  string
	Item T
}

// line holds the waiting items of one key. One delivery at a time takes items from it.
type line[T any] struct {
	ctx   context.Context
	key   string
	items []T
}

// NewQueue returns an empty queue.
func NewQueue[T any](o QueueOptions[T]) *Queue[T] {
	return &Queue[T]{options: o, next: 1, turns: map[int64]chan struct{}{}, keys: map[string]*line[T]{}}
}

// Reserve waits until there is room for n items and gives them the next n numbers. first is the
// lowest of them. If n is more than the capacity, Reserve waits until the queue is empty.
//
// Reserve does not wait if the queue has no items that were put, because the caller may have to
// reserve room for several batches before it puts the first one. Only one goroutine may call
// Reserve at a time. The only error is the context's.
func (q *Queue[T]) Reserve(ctx context.Context, n int) (first int64, err error) {
	for {
		q.mu.Lock()
		if q.arrived == 0 || q.held+n <= q.options.Capacity {
			q.hold(n)
			first = q.reserved + 1
			q.reserved += int64(n)
			q.mu.Unlock()
			return first, nil
		}
		if q.freed == nil {
			q.freed = make(chan struct{})
		}
		freed := q.freed
		q.mu.Unlock()
		if err := await(ctx, freed); err != nil {
			return 0, err
		}
	}
}

// Put appends the entries to their keys. It first waits until all numbers below first were put. The
// entries use the n numbers that begin with first. There may be fewer entries than numbers, because
// some messages can't be sent. If n is 0, the entries have no numbers and Put does not wait.
//
// After Put has succeeded, the caller must call Leave(n) once. The only error is the context's.
// Then no entry was put, the room was given back, and higher numbers wait for ever.
func (q *Queue[T]) Put(ctx context.Context, first int64, n int, entries []Entry[T]) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.arrived += n
	for n > 0 && !q.options.Unordered && first > q.next {
		if err := q.awaitTurn(ctx, first); err != nil {
			q.leave(n)
			return err
		}
	}
	for _, e := range entries {
		q.put(ctx, e)
	}
	if last := first + int64(n); n > 0 && last > q.next {
		q.next = last
		if turn, waits := q.turns[last]; waits {
			delete(q.turns, last)
			close(turn)
		}
	}
	q.start()
	return nil
}

// awaitTurn waits until all numbers below number were put. It unlocks the queue while it waits.
func (q *Queue[T]) awaitTurn(ctx context.Context, number int64) error {
	turn, exists := q.turns[number]
	if !exists {
		turn = make(chan struct{})
		q.turns[number] = turn
	}
	q.mu.Unlock()
	defer q.mu.Lock()
	return await(ctx, turn)
}

func (q *Queue[T]) put(ctx context.Context, e Entry[T]) {
	if l, exists := q.keys[e.Key]; exists && !q.options.Unordered {
		l.items = append(l.items, e.Item)
		return
	}
	l := &line[T]{ctx: ctx, key: e.Key, items: []T{e.Item}}
	if !q.options.Unordered {
		q.keys[e.Key] = l
	}
	q.ready = append(q.ready, l)
}

// Leave gives back the room of n items that were put.
func (q *Queue[T]) Leave(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.leave(n)
}

func (q *Queue[T]) leave(n int) {
	q.hold(-min(n, q.held))
	q.arrived = max(0, q.arrived-n)
	if q.freed != nil {
		close(q.freed)
		q.freed = nil
	}
}

func (q *Queue[T]) hold(n int) {
	q.held += n
	if q.options.OnChange != nil {
		q.options.OnChange(q.held)
	}
}

// Held returns how many items hold room.
func (q *Queue[T]) Held() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.held
}

// Keys returns how many keys have items.
func (q *Queue[T]) Keys() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.keys)
}

// start starts deliveries for ready keys, up to Running at a time.
func (q *Queue[T]) start() {
	for q.running < q.options.Running && len(q.ready) > 0 {
		q.running++
		go q.run(q.pop())
	}
}

func (q *Queue[T]) pop() *line[T] {
	l := q.ready[0]
	q.ready[0] = nil
	q.ready = q.ready[1:]
	return l
}

// run makes deliveries until no key is ready. One goroutine delivers for many keys, because it
// keeps the stack that it has grown. A goroutine for each delivery costs a tenth more CPU time.
func (q *Queue[T]) run(l *line[T]) {
	for l != nil {
		items, released := q.take(l), false
		q.options.Deliver(l.ctx, l.key, items, func() {
			if !released {
				released = true
				q.release()
			}
		})
		clear(items) // frees their memory, because the key may stay
		l = q.after(l, released)
	}
}

// take removes and returns the items of a key that are delivered next.
func (q *Queue[T]) take(l *line[T]) []T {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := 1
	for q.options.Joins != nil && n < len(l.items) && q.options.Joins(l.items[:n], l.items[n]) {
		n++
	}
	items := l.items[:n:n]
	l.items = l.items[n:]
	return items
}

// release lets another delivery run in the place of one that waits.
func (q *Queue[T]) release() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.running--
	q.start()
}

// after ends a delivery and returns the key to deliver next, or nil if there is none. If the key
// has more items, it goes to the end of the ready keys.
func (q *Queue[T]) after(l *line[T], released bool) *line[T] {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(l.items) > 0 {
		q.ready = append(q.ready, l)
	} else if !q.options.Unordered {
		delete(q.keys, l.key)
	}
	switch {
	case released:
		q.start()
		return nil
	case len(q.ready) == 0:
		q.running--
		return nil
	}
	return q.pop()
}

// await waits until the channel is closed or the context ends, and returns the context's
// error.
func await(ctx context.Context, closed <-chan struct{}) error {
	select {
	case <-closed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
