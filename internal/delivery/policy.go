package delivery

import (
	"context"
	"math/rand/v2"
	"time"
)

// jitter is the largest share by which a pause is lengthened. It spreads the retries of requests
// that failed together. A pause is never shortened, because the service asks for it.
const jitter = 0.2

// Verdict says what a failed request means.
type Verdict struct {
	// Retry says that the same request may succeed later.
	Retry bool
	// Final says that there is no other attempt, even if Retry or Changed is set.
	Final bool
	// Pause before the next attempt, such as a Retry-After. Zero: the next of Policy.Pauses.
	Pause time.Duration
	// AtLeast is the shortest pause before the next attempt.
	AtLeast time.Duration
	// Changed says that the next attempt is a different request. It is made at once and uses up no
	// pause.
	Changed bool
	// Health is what the failure says about the service.
	Health Health
	// Overloaded says that the service has more requests than it can take.
	Overloaded bool
}

// Prepare looks up what a request needs, such as a session, and returns the request. Policy calls
// it after every wait and immediately before the request, so that nothing is out of date.
//
// A nil request without an error means that nothing is left to send: Do returns. An error of
// WaitFor means that something else has to happen first. Any other error is final.
type Prepare func(ctx context.Context) (request func(context.Context) error, err error)

// WaitFor returns an error for Prepare to return. Policy gives the place in flight to another
// request, calls wait, and calls Prepare again. If wait returns an error, Do returns it.
func WaitFor(wait func(context.Context) error) error { return waitFor{wait} }

type waitFor struct{ wait func(context.Context) error }

func (waitFor) Error() string { return "waiting for another request" }

// Policy decides when a request is made, and whether it is retried. All requests to one
// service share it. It is safe for concurrent use.
type Policy struct {
	// Pauses before the second attempt, the third, and so on. After the last one the failure is final.
	// If it is empty, there is only one attempt.
	Pauses []time.Duration
	// Random returns numbers in [0,1) that lengthen pauses. Nil: math/rand.
	Random  func() float64
	Limiter *Limiter
	Breaker *Breaker
	// RateLimit waits until a request may be made. Nil: there is no rate limit.
	RateLimit func(ctx context.Context) error
	// Judge says what a failure means.
	Judge func(error) Verdict
	// Down returns the error of requests that come while the service is down. Nil: these requests wait
	// until the service is back.
	Down func(pause time.Duration) error
	// BeforeProbe is called when the breaker opens and before each probe. It tells whether the service
	// has moved to another address. If so, the probe is made at once. Nil: the service never moves.
	BeforeProbe func(ctx context.Context) (moved bool)
	// Requested is called after each request, with the context of Do.
	Requested func(ctx context.Context, took time.Duration, err error)
	// Retried is called before each retry, with the failure that led to it.
	Retried func(error)
	// Paused is called after each pause before a retry, with the context of Do. Nil: nothing is
	// called.
	Paused func(ctx context.Context, took time.Duration)
}

// work is one call of Do.
type work struct {
	*Policy
	key     string
	prepare Prepare
	change  func(error) bool

	attempts int   // how many requests were made
	last     error // the error of the last one
	pauses   int   // how many pauses were used up
	failed   bool  // the last request counted towards an outage
}

// Do makes a request until it succeeds, can't succeed, or the pauses are used up. It returns the
// number of attempts, and the last error or the context's. The context's deadline bounds all waits.
// Do does not begin a pause that would end after the deadline.
//
// key is the consumer that the request is about, or empty. change may be nil. Do calls it after
// each failure. It may change what prepare returns next, and tells whether it did.
func (p *Policy) Do(ctx context.Context, key string, prepare Prepare, change func(error) bool) (attempts int, err error) {
	w := &work{Policy: p, key: key, prepare: prepare, change: change}
	for {
		pass, err := w.admit(ctx)
		if err == nil {
			err = w.attempt(ctx, pass)
		}
		if err != nil {
			err = w.pause(ctx, err)
			if err == nil {
				continue
			}
		}
		return w.attempts, err
	}
}

// admit waits until a request may be made: for the breaker, the rate limit and a free place
// in flight, in this order.
func (w *work) admit(ctx context.Context) (Pass, error) {
	for {
		pass, err := w.allow(ctx)
		if err != nil {
			return pass, err
		}
		if w.RateLimit != nil {
			err = w.RateLimit(ctx)
		}
		if err == nil {
			err = w.Limiter.Acquire(ctx)
		}
		if err != nil {
			w.Breaker.Return(pass)
			return pass, err
		}
		if w.Breaker.Current(pass) {
			return pass, nil
		}
		w.Limiter.Return() // the breaker opened while this request waited
	}
}

func (w *work) allow(ctx context.Context) (Pass, error) {
	if w.Down == nil {
		return w.Breaker.Allow(ctx, w.failed)
	}
	pass, ok := w.Breaker.TryAllow()
	if !ok {
		_, pause := w.Breaker.Open()
		return pass, w.Down(pause)
	}
	return pass, nil
}

// attempt prepares and makes the request, and reports its outcome to limiter and breaker. It always
// gives back the place and the pass, also when the request panics.
func (w *work) attempt(ctx context.Context, pass Pass) error {
	reported := false
	defer func() {
		if !reported {
			w.Limiter.Return()
			w.Breaker.Return(pass)
		}
	}()
	if pass.Probe() && w.BeforeProbe != nil {
		w.BeforeProbe(ctx)
	}
	request, err := w.prepare(ctx)
	if _, waits := err.(waitFor); waits { //nolint:errorlint // WaitFor's error is never wrapped
		return err
	}
	if err != nil {
		return final{err}
	}
	if request == nil {
		return nil
	}
	took, err := w.request(ctx, request)
	if err != nil && ctx.Err() != nil { // the caller gave up: this says nothing about the service
		return err
	}
	reported = true
	w.report(ctx, pass, took, err)
	return err
}

// final wraps an error that Do returns without another attempt.
type final struct{ error }

func (w *work) request(ctx context.Context, request func(context.Context) error) (took time.Duration, err error) {
	if w.attempts > 0 {
		w.Retried(w.last)
	}
	w.attempts++
	start := time.Now()
	err = request(ctx)
	took = time.Since(start)
	w.last = err
	w.Requested(ctx, took, err)
	return took, err
}

// report tells limiter and breaker the outcome of a request.
func (w *work) report(ctx context.Context, pass Pass, took time.Duration, err error) {
	verdict := Verdict{}
	if err != nil {
		verdict = w.Judge(err)
	}
	w.failed = verdict.Health != Up
	w.Limiter.Release(took, verdict.Overloaded)
	opened := w.Breaker.Report(pass, verdict.Health, w.key, w.attempts > 1)
	if opened && w.BeforeProbe != nil && w.BeforeProbe(ctx) {
		w.Breaker.ProbeNow()
	}
}

// pause waits until the next attempt. If there is no next attempt, it returns the failure or the
// context's error.
func (w *work) pause(ctx context.Context, failure error) error {
	switch e := failure.(type) { //nolint:errorlint // these errors are never wrapped
	case waitFor:
		return e.wait(ctx)
	case final:
		return e.error
	}
	verdict := w.Judge(failure)
	verdict.Changed = w.change != nil && w.change(failure)
	switch open, _ := w.Breaker.Open(); {
	case verdict.Final:
		return failure
	case verdict.Changed:
	case open && w.Down != nil:
		return failure
	case open && verdict.Health != Up:
		// An outage uses up none of these pauses, because the breaker has its own.
	case !verdict.Retry || w.pauses == len(w.Pauses):
		return failure
	default:
		pause := verdict.Pause
		if pause == 0 {
			pause = w.Pauses[w.pauses]
		}
		pause = w.lengthen(max(pause, verdict.AtLeast))
		if deadline, ok := ctx.Deadline(); ok && ctx.Err() == nil && time.Until(deadline) <= pause {
			return failure // the next attempt would come after the caller's deadline
		}
		w.pauses++
		start := time.Now()
		err := Sleep(ctx, pause)
		if w.Paused != nil {
			w.Paused(ctx, time.Since(start))
		}
		return err
	}
	return ctx.Err()
}

func (p *Policy) lengthen(pause time.Duration) time.Duration {
	random := p.Random
	if random == nil {
		random = rand.Float64
	}
	return pause + time.Duration(jitter*random()*float64(pause))
}

// Sleep waits for the pause or the end of the context, whichever is first. An error is the
// context's.
func Sleep(ctx context.Context, pause time.Duration) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}
