package delivery

import (
	"context"
	"sync"
	"time"
)

// Breaker keeps requests back while a service is down. A run of failures opens it;
// after a pause it lets one request through as a probe, whose outcome closes it or
// opens it again for a longer pause.
//
// It is safe for concurrent use.
type Breaker struct {
	failures int
	pauses   []time.Duration

	mu      sync.Mutex
	run     int           // failures in a row while closed
	opened  int           // how often in a row it has opened
	until   time.Time     // while open: when a probe may go
	probing bool          // while open: a probe is under way
	changed chan struct{} // closed and replaced at every change of state
}

// NewBreaker makes a closed breaker that opens after so many failures in a row,
// for the first of the pauses, then the second, and so on; the last one repeats.
func NewBreaker(failures int, pauses []time.Duration) *Breaker {
	return &Breaker{failures: failures, pauses: pauses, changed: make(chan struct{})}
}

// Allow waits until a request may be made: at once while closed, and while open
// until the breaker closes or this request is the probe. The caller then makes it
// and calls Report exactly once. An error is the context's.
func (b *Breaker) Allow(ctx context.Context) error {
	for {
		b.mu.Lock()
		if b.opened > 0 && ctx.Err() != nil {
			b.mu.Unlock()
			return ctx.Err()
		}
		if b.admit() {
			b.mu.Unlock()
			return nil
		}
		wait, changed := time.Until(b.until), b.changed
		b.mu.Unlock()

		if err := waitFor(ctx, changed, wait); err != nil {
			return err
		}
	}
}

// TryAllow is Allow for those who don't wait. Report is called exactly once if it gives
// true.
func (b *Breaker) TryAllow() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.admit()
}

// Blocked tells whether requests are kept back now, a probe's outcome included.
func (b *Breaker) Blocked() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.blocked()
}

func (b *Breaker) blocked() bool {
	return b.opened > 0 && (b.probing || time.Until(b.until) > 0)
}

// admit tells whether a request may be made now. While open that is the probe.
func (b *Breaker) admit() bool {
	if b.blocked() {
		return false
	}
	b.probing = b.opened > 0
	return true
}

// waitFor waits for the change, or for the pause if there is one left.
func waitFor(ctx context.Context, changed <-chan struct{}, pause time.Duration) error {
	var over <-chan time.Time
	if pause > 0 {
		timer := time.NewTimer(pause)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-over:
	case <-changed:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// Report tells the outcome of a request that Allow let through: whether the service
// is up. What a working service refuses is no failure.
func (b *Breaker) Report(up bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.opened > 0 && !b.probing:
		// A request that was let through before the breaker opened.
	case up:
		b.run = 0
		if b.opened > 0 {
			b.opened, b.probing = 0, false
			b.announce()
		}
	case b.opened > 0:
		b.open()
	default:
		if b.run++; b.run >= b.failures {
			b.open()
		}
	}
}

// open opens the breaker for its next pause.
func (b *Breaker) open() {
	pause := b.pauses[min(b.opened, len(b.pauses)-1)]
	b.until = time.Now().Add(pause)
	b.run, b.probing = 0, false
	b.opened++
	b.announce()
}

func (b *Breaker) announce() {
	close(b.changed)
	b.changed = make(chan struct{})
}

// State tells how long all requests are kept back from now: zero while the breaker
// is closed, and while a probe may go. changed is closed when the breaker opens or
// closes.
func (b *Breaker) State() (pause time.Duration, changed <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.opened == 0 {
		return 0, b.changed
	}
	return max(time.Until(b.until), 0), b.changed
}
