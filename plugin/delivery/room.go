package delivery

import (
	"context"
	"sync"
)

// Room bounds how many things are held at a time.
type Room struct {
	capacity int

	mu   sync.Mutex
	held int
	left chan struct{} // closed when some leave; nil while nobody waits
}

// NewRoom makes a room for capacity things.
func NewRoom(capacity int) *Room { return &Room{capacity: capacity} }

// Enter waits until there is room for n more, or the context ends. More than the whole
// room holds enter when it is empty.
func (r *Room) Enter(ctx context.Context, n int) error {
	for {
		r.mu.Lock()
		if r.held == 0 || r.held+n <= r.capacity {
			r.held += n
			r.mu.Unlock()
			return nil
		}
		if r.left == nil {
			r.left = make(chan struct{})
		}
		left := r.left
		r.mu.Unlock()
		select {
		case <-left:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Leave gives the room of n things back, of those that had entered.
func (r *Room) Leave(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held = max(0, r.held-n)
	if r.left != nil {
		close(r.left)
		r.left = nil
	}
}
