package delivery

import (
	"context"
	"sync"
	"time"
)

// An outage is a series of failures that lasts. Two cases are not outages: a blip, in which many
// requests fail within one round trip, and one consumer whose requests always fail. These limits
// tell them apart.
const (
	// outageAfter is the least time between the first failure and the one that opens the breaker.
	// LivePerson's first retry pause is 3 s, so by then retries have failed too.
	outageAfter = 5 * time.Second
	// outageRepeats is how many retries must fail before the breaker opens.
	outageRepeats = 2
	// outageFailures is how many requests must fail before the breaker opens, if requests are not
	// retried.
	outageFailures = 10
	// Refusals is how many refusals of the account in a row open the breaker.
	Refusals = 10
)

// Health is what the outcome of a request says about the service.
type Health int

const (
	// Up says that the service works: it accepted the request, or refused what was sent.
	Up Health = iota
	// Failing says that the service failed. What was sent may be the cause.
	Failing
	// Unreachable says that the service gave no answer.
	Unreachable
	// RefusesAll says that the service refused the caller's account or credentials.
	RefusesAll
	// LockedOut says that the service refused the caller's new credentials: no other request
	// can succeed. One such outcome opens the breaker.
	LockedOut
	// Unclear says that the service answered, but neither accepted nor refused the request.
	Unclear
)

// Breaker holds requests back while a service is down. It opens when all requests and some retries
// have failed for some seconds. After a pause it lets one request through, the probe. If the probe
// succeeds, the breaker closes. If it fails, the breaker stays open for a longer pause.
//
// It is safe for concurrent use.
type Breaker struct {
	pauses []time.Duration
	// retried says that failed requests are made again.
	retried bool
	// Off keeps the breaker closed, whatever happens.
	Off bool
	// OnChange, if it is set, is called when the breaker opens and when it closes. It must not
	// block, and must not call the Breaker.
	OnChange func(open bool)
	// OnClose, if it is set, is called after each outage with its length.
	OnClose func(outage time.Duration)

	mu      sync.Mutex
	streak  streak
	opened  int       // how often in a row the breaker has opened; 0: it is closed
	epoch   int       // counts how often the breaker opened or closed
	probing bool      // a probe is under way
	until   time.Time // when the next probe may go
	timer   *time.Timer
	waiting []*waiter
	changed chan struct{} // closed and replaced when Down changes
}

// streak counts the failures since the last success.
type streak struct {
	since    time.Time // when the first one happened
	failures int
	repeats  int // failures of retries
	refused  int // refusals of the account in a row
	key      string
	others   bool // the failures are about more than one key
}

// waiter is a request that waits in Allow.
type waiter struct {
	failed bool          // the request has failed before
	passed chan struct{} // closed when the request may go
	pass   Pass
}

// Pass is the permission to make one request. Its owner calls Report or Return exactly
// once.
type Pass struct {
	probe bool
	// epoch is the breaker's epoch when it gave the pass. A request that began before the breaker
	// opened says nothing about the outage.
	epoch int
}

// Probe tells whether the request is the probe.
func (p Pass) Probe() bool { return p.probe }

// NewBreaker returns a closed breaker. When the breaker opens, it waits for the first pause before
// the probe. After a failed probe it waits for the second pause, and so on. The last pause repeats.
// retried says that failed requests are retried.
func NewBreaker(pauses []time.Duration, retried bool) *Breaker {
	return &Breaker{pauses: pauses, retried: retried, changed: make(chan struct{})}
}

// Allow waits until a request may be made. While the breaker is open it waits until the breaker
// closes, or until this request is the probe. failed says that the request has failed before.
// Requests that have not failed become the probe first. Otherwise a request that always fails could
// keep the breaker open. The only error is the context's.
func (b *Breaker) Allow(ctx context.Context, failed bool) (Pass, error) {
	b.mu.Lock()
	if b.opened > 0 && ctx.Err() != nil {
		b.mu.Unlock()
		return Pass{}, ctx.Err()
	}
	if pass, ok := b.admit(); ok {
		b.mu.Unlock()
		return pass, nil
	}
	w := &waiter{failed: failed, passed: make(chan struct{})}
	b.waiting = append(b.waiting, w)
	b.mu.Unlock()

	err := await(ctx, w.passed)
	if err == nil {
		return w.pass, nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case <-w.passed: // the pass came while the context ended
		b.giveBack(w.pass)
	default:
		b.remove(w)
	}
	return Pass{}, err
}

// TryAllow returns a pass if the request may be made now. It does not wait.
func (b *Breaker) TryAllow() (Pass, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.admit()
}

// admit returns a pass if a request may be made now. While the breaker is open only the probe
// may.
func (b *Breaker) admit() (Pass, bool) {
	if b.opened == 0 {
		return Pass{epoch: b.epoch}, true
	}
	if b.probing || time.Until(b.until) > 0 {
		return Pass{}, false
	}
	b.probing = true
	b.announce()
	return Pass{probe: true, epoch: b.epoch}, true
}

// Current tells whether a pass is still valid. A pass is invalid once the breaker has opened or
// closed.
func (b *Breaker) Current(p Pass) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return p.epoch == b.epoch
}

// Return gives back the pass of a request that was not made.
func (b *Breaker) Return(p Pass) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.giveBack(p)
}

func (b *Breaker) giveBack(p Pass) {
	if !p.probe || p.epoch != b.epoch {
		return
	}
	b.probing = false
	b.probeDue()
}

// Report records the outcome of a request. key is the consumer that the request is about.
// repeat says that the request was a retry. Report returns true if this failure opened the
// breaker.
func (b *Breaker) Report(p Pass, health Health, key string, repeat bool) (opened bool) {
	b.mu.Lock()
	outage, opened := b.report(p, health, key, repeat)
	b.mu.Unlock()
	if outage > 0 && b.OnClose != nil {
		b.OnClose(outage)
	}
	return opened
}

func (b *Breaker) report(p Pass, health Health, key string, repeat bool) (outage time.Duration, opened bool) {
	switch {
	case p.epoch != b.epoch:
		return 0, false // the request began before the breaker opened or closed
	case health == Up && p.probe:
		return b.close(), false
	case health == Up:
		b.streak = streak{}
		return 0, false
	case p.probe:
		b.open()
		return 0, false
	case health == Unclear:
		b.streak.refused = 0
		return 0, false
	}
	b.streak.add(health, key, repeat)
	if b.Off || health != LockedOut && !b.streak.isOutage(b.retried) {
		return 0, false
	}
	b.open()
	return 0, true
}

func (s *streak) add(health Health, key string, repeat bool) {
	if s.failures == 0 {
		s.since, s.key = time.Now(), key
	}
	s.failures++
	if repeat {
		s.repeats++
	}
	if health == RefusesAll {
		s.refused++
	}
	s.others = s.others || health == Unreachable || key == "" || key != s.key
}

func (s *streak) isOutage(retried bool) bool {
	if s.refused >= Refusals {
		return true
	}
	if s.refused == s.failures || !s.others {
		return false
	}
	if !retried && s.failures >= outageFailures {
		return time.Since(s.since) >= outageAfter
	}
	return s.repeats >= outageRepeats && time.Since(s.since) >= outageAfter
}

// open holds requests back for the next pause.
func (b *Breaker) open() {
	pause := b.pauses[min(b.opened, len(b.pauses)-1)]
	b.until = time.Now().Add(pause)
	b.probing = false
	b.opened++
	b.epoch++
	b.changedTo(true)
	b.timer = time.AfterFunc(pause, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.probeDue()
	})
	b.announce()
}

// close lets all requests through, and returns the length of the outage.
func (b *Breaker) close() (outage time.Duration) {
	outage = time.Since(b.streak.since)
	b.streak = streak{}
	b.opened, b.probing = 0, false
	b.epoch++
	b.changedTo(false)
	b.timer.Stop()
	for _, w := range b.waiting {
		w.pass = Pass{epoch: b.epoch}
		close(w.passed)
	}
	b.waiting = nil
	b.announce()
	return outage
}

func (b *Breaker) changedTo(open bool) {
	if b.OnChange != nil {
		b.OnChange(open)
	}
}

// ProbeNow ends the pause before the next probe. Call it when the service may be back.
func (b *Breaker) ProbeNow() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.opened > 0 && !b.probing {
		b.until = time.Now()
		b.probeDue()
	}
}

// probeDue lets one of the waiting requests be the probe, if it is time.
func (b *Breaker) probeDue() {
	if len(b.waiting) == 0 {
		b.announce() // Down now returns false, because the next request is the probe
		return
	}
	next := b.waiting[0]
	for _, w := range b.waiting {
		if !w.failed {
			next = w
			break
		}
	}
	pass, ok := b.admit()
	if !ok {
		return
	}
	b.remove(next)
	next.pass = pass
	close(next.passed)
}

func (b *Breaker) remove(w *waiter) {
	for i, other := range b.waiting {
		if other == w {
			b.waiting = append(b.waiting[:i], b.waiting[i+1:]...)
			return
		}
	}
}

func (b *Breaker) announce() {
	close(b.changed)
	b.changed = make(chan struct{})
}

// Down tells whether requests have to wait. It returns false when the next request would be the
// probe. changed is closed when the result may have changed.
func (b *Breaker) Down() (down bool, changed <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.opened > 0 && (b.probing || len(b.waiting) > 0 || time.Until(b.until) > 0), b.changed
}

// Open tells whether the breaker is open. A breaker with a probe under way is open. pause is the
// time until the next probe.
func (b *Breaker) Open() (open bool, pause time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.opened == 0 {
		return false, 0
	}
	return true, max(time.Until(b.until), 0)
}
