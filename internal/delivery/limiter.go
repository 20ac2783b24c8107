package delivery

import (
	"container/list"
	"context"
	"sync"
	"time"
)

// Limiter limits the requests in flight. The limit follows the service's answers, and never exceeds
// a fixed bound. Requests above the limit wait, first in, first out. It is safe for concurrent use.
type Limiter struct {
	mu         sync.Mutex
	controller *controller
	inFlight   int
	onChange   func(limit, inFlight int)
	waiting    list.List // of chan struct{}
}

// NewLimiter returns a limiter for at most bound requests in flight.
func NewLimiter(bound int) *Limiter {
	return &Limiter{controller: newController(bound)}
}

// Watch calls onChange now, and whenever the limit or the number of requests in flight may have
// changed. onChange must not block, and must not call the Limiter. Call Watch before Acquire.
func (l *Limiter) Watch(onChange func(limit, inFlight int)) {
	l.onChange = onChange
	l.changed()
}

// NewFixedLimiter returns a limiter that always allows bound requests in flight.
func NewFixedLimiter(bound int) *Limiter {
	return &Limiter{controller: &controller{level: bound, bound: bound, fixed: true}}
}

// Acquire waits until a request may be made. The caller then makes the request and calls Release,
// or Return, exactly once. The only error is the context's.
func (l *Limiter) Acquire(ctx context.Context) error {
	l.mu.Lock()
	if l.inFlight < l.controller.level && l.waiting.Len() == 0 {
		l.enter()
		l.mu.Unlock()
		return nil
	}
	l.controller.full = true
	admitted := make(chan struct{})
	place := l.waiting.PushBack(admitted)
	l.mu.Unlock()

	select {
	case <-admitted:
		return nil
	case <-ctx.Done():
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-admitted: // the place came while the context ended
		l.leave()
	default:
		l.waiting.Remove(place)
	}
	return ctx.Err()
}

// Release records the outcome of a request: how long it took, and whether the service pushed
// back. The service pushes back when it refuses a request for load or does not answer.
func (l *Limiter) Release(took time.Duration, pushedBack bool) {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.controller.observe(now, took, pushedBack)
	l.leave()
}

// Return gives back the place of a request that was not made.
func (l *Limiter) Return() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.leave()
}

func (l *Limiter) enter() {
	l.inFlight++
	l.changed()
	if l.inFlight >= l.controller.level {
		l.controller.full = true
	}
}

func (l *Limiter) leave() {
	l.inFlight--
	l.changed()
	for l.inFlight < l.controller.level && l.waiting.Len() > 0 {
		close(l.waiting.Remove(l.waiting.Front()).(chan struct{}))
		l.enter()
	}
}

func (l *Limiter) changed() {
	if l.onChange != nil {
		l.onChange(l.controller.level, l.inFlight)
	}
}
