package delivery

import (
	"context"
	"sync"
)

// Turns let goroutines that race pass in an order that was settled before the
// race: by numbers that count up from 1 without gaps.
type Turns struct {
	mu      sync.Mutex
	next    int64
	waiting map[int64]chan struct{}
}

// NewTurns makes turns whose first number is 1.
func NewTurns() *Turns {
	return &Turns{next: 1, waiting: map[int64]chan struct{}{}}
}

// Wait waits until all numbers below number have passed, or the context ends.
func (t *Turns) Wait(ctx context.Context, number int64) error {
	t.mu.Lock()
	if number <= t.next {
		t.mu.Unlock()
		return nil
	}
	come, exists := t.waiting[number]
	if !exists {
		come = make(chan struct{})
		t.waiting[number] = come
	}
	t.mu.Unlock()

	select {
	case <-come:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Passed ends the turn of all numbers up to last.
func (t *Turns) Passed(last int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.next <= last {
		t.next++
		if come, exists := t.waiting[t.next]; exists {
			delete(t.waiting, t.next)
			close(come)
		}
	}
}
