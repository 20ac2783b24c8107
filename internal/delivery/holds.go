package delivery

import (
	"context"
	"sync"
)

// Holds keep two that have a key in common from going on at the same time.
type Holds struct {
	mu   sync.Mutex
	held map[string]chan struct{} // closed when the key is free
}

// NewHolds makes holds, none of them taken.
func NewHolds() *Holds {
	return &Holds{held: map[string]chan struct{}{}}
}

// Take waits until nobody holds any of the keys, and then holds them all until
// release is called. Nobody holds some while waiting for others. An error is the
// context's: nothing is held then.
func (h *Holds) Take(ctx context.Context, keys []string) (release func(), err error) {
	for {
		free := make(chan struct{})
		other := h.try(keys, free)
		if other == nil {
			return func() { h.release(keys, free) }, nil
		}
		if err := Await(ctx, other); err != nil {
			return nil, err
		}
	}
}

// try holds all keys or none, and gives what to wait for then.
func (h *Holds) try(keys []string, free chan struct{}) (other chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, key := range keys {
		if other, held := h.held[key]; held {
			return other
		}
	}
	for _, key := range keys {
		h.held[key] = free
	}
	return nil
}

func (h *Holds) release(keys []string, free chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, key := range keys {
		delete(h.held, key)
	}
	close(free)
}

// Len gives the number of keys that are held.
func (h *Holds) Len() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.held)
}
