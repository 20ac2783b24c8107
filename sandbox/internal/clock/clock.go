// Package clock has the time of a sandbox, which a test can move.
package clock

import (
	"sync"
	"time"
)

// Clock shows another clock's time plus an offset. It is safe for concurrent use.
type Clock struct {
	base func() time.Time

	mu     sync.Mutex
	offset time.Duration
}

// New returns a clock that shows the time of base, in UTC.
func New(base func() time.Time) *Clock { return &Clock{base: base} }

// Now returns the time that the clock shows.
func (c *Clock) Now() time.Time {
	now, _ := c.Read()
	return now
}

// Read returns the time that the clock shows, and its offset from base.
func (c *Clock) Read() (now time.Time, offset time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.base().Add(c.offset).UTC(), c.offset
}

// Advance moves the clock forwards, or backwards if by is negative. If the offset would be more than limit in either
// direction, it does not move the clock and returns false.
func (c *Clock) Advance(by, limit time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if moved := c.offset + by; moved.Abs() > limit {
		return false
	}
	c.offset += by
	return true
}

// Reset sets the offset to 0.
func (c *Clock) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset = 0
}
