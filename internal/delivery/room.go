package delivery

import (
	"context"
	"sync"
)

// Room bounds how many things are held at a time.
type Room struct {
	capacity int

	mu     sync.Mutex
	held   int           // those that are reserved for and those inside
	inside int           // of them, which will leave by themselves
	left   chan struct{} // closed when some leave; nil while nobody waits
}

// NewRoom makes a room for capacity things.
func NewRoom(capacity int) *Room { return &Room{capacity: capacity} }

// Enter waits until there is room for n more, or the context ends. More than the whole
// room holds enter when it is empty.
func (r *Room) Enter(ctx context.Context, n int) error { return r.wait(ctx, n, n) }

// Reserve is Enter for those who don't come in at once: Arrive must be called for them. It
// waits only while somebody is inside: those who are still to come may not do so before it
// has returned.
func (r *Room) Reserve(ctx context.Context, n int) error { return r.wait(ctx, n, 0) }

// Arrive lets n things in that room was reserved for.
func (r *Room) Arrive(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inside += n
}

func (r *Room) wait(ctx context.Context, n, inside int) error {
	for {
		r.mu.Lock()
		if r.inside == 0 || r.held+n <= r.capacity {
			r.held += n
			r.inside += inside
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

// Leave gives the room of n things back, of those that were inside.
func (r *Room) Leave(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held = max(0, r.held-n)
	r.inside = max(0, r.inside-n)
	if r.left != nil {
		close(r.left)
		r.left = nil
	}
}

// Held gives how many things are inside or have room reserved.
func (r *Room) Held() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.held
}
