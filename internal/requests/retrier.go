// Package requests sends a component's requests to LivePerson. It limits the requests in
// flight, retries them, holds them back while LivePerson is down, and counts them. The
// decisions are those of package delivery; this package adds the YAML fields, the metrics and
// what each liveperson.Error means.
//
// The package does not know what a request contains.
package requests

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"go.opentelemetry.io/otel/trace"

	"github.com/benthos-liveperson/benthos-liveperson/internal/delivery"
	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
)

// throttledPause is the least pause after a 429.
// https://developers.liveperson.com/retry-policy-recommendations.html
const throttledPause = time.Second

// outagePauses are the pauses between probes while LivePerson is down. LivePerson's retry
// policy has the first three for short outages and the others for long ones.
var outagePauses = []time.Duration{
	5 * time.Second, 10 * time.Second, 15 * time.Second,
	2 * time.Minute, 4 * time.Minute, 8 * time.Minute,
}

// longTimeout is the shortest timeout whose end tells that a service is down, and not just slow.
const longTimeout = 5 * time.Second

// Config of a Retrier.
type Config struct {
	// RetryPauses are the pauses before the retries. After the last retry the failure is final.
	RetryPauses []time.Duration
	// Concurrency is the most requests in flight. It is at least 1.
	Concurrency int
	// RateLimit is the label of a rate limit resource; empty: none.
	RateLimit string
	// Random gives numbers in [0,1) that lengthen pauses. Nil: math/rand.
	Random func() float64
	// NeverDown keeps the breaker closed. Tests that count attempts set it.
	NeverDown bool
	// FailWhileDown fails requests while LivePerson is down. Otherwise they wait until it is
	// back.
	FailWhileDown bool
	// OutagePauses are the pauses before the probes while LivePerson is down; the last one repeats.
	// Nil: those of LivePerson's retry policy.
	OutagePauses []time.Duration
	// FixedLimit allows Concurrency requests in flight at all times. Otherwise the limit follows
	// LivePerson's answers.
	FixedLimit bool
	// Timeout is how long a request may take. A time-out does not count towards an outage if it
	// came in less than five seconds: the service may just be slow. 0: each time-out counts.
	Timeout time.Duration
	// AboutAccount says that 401, 403 and 404 are about the account, not about what was sent.
	AboutAccount bool
	// HoldRefused keeps all requests back while LivePerson refuses the app, see
	// liveperson.Error.AppRefused. Otherwise they fail, and the log says so once.
	HoldRefused bool
	// OnRefused is called when LivePerson has refused the account or its credentials for ten
	// requests in a row. Nil: nothing is called.
	OnRefused func(error)
	// Resolve asks where LivePerson's service is now, and tells whether it has moved. Nil:
	// it never has.
	Resolve func(context.Context) (moved bool)
	// Waiting returns the number of messages that wait, for the log. Nil: it is not logged.
	Waiting func() int
}

// Retrier makes requests to one service. It is safe for concurrent use.
type Retrier struct {
	policy  *delivery.Policy
	breaker *delivery.Breaker
	metrics *metrics
	tracer  trace.Tracer
	log     *service.Logger
	failure atomic.Pointer[liveperson.Error]

	impatient    bool // a time-out says nothing about the service
	aboutAccount bool
	holdRefused  bool
	appRefused   atomic.Bool // the last request failed because LivePerson refuses the app
	onRefused    func(error)
	refused      atomic.Int64 // refusals of the account in a row
	waiting      func() int
}

// New returns a Retrier. It does no I/O.
func New(c Config, mgr *service.Resources) (*Retrier, error) {
	if err := settings.CheckRateLimit(mgr, fieldRateLimit, c.RateLimit); err != nil {
		return nil, err
	}
	if len(c.OutagePauses) == 0 {
		c.OutagePauses = outagePauses
	}
	d := &Retrier{
		breaker:      delivery.NewBreaker(c.OutagePauses, len(c.RetryPauses) > 0),
		metrics:      newMetrics(mgr.Metrics()),
		tracer:       mgr.OtelTracer().Tracer("liveperson"),
		log:          mgr.Logger(),
		impatient:    c.Timeout > 0 && c.Timeout < longTimeout,
		aboutAccount: c.AboutAccount,
		holdRefused:  c.HoldRefused,
		onRefused:    c.OnRefused,
		waiting:      c.Waiting,
	}
	d.breaker.OnClose = d.back
	d.breaker.OnChange = d.metrics.breaker
	d.breaker.Off = c.NeverDown
	limiter := c.limiter()
	limiter.Watch(d.metrics.limiter)
	d.policy = &delivery.Policy{
		Pauses:      c.RetryPauses,
		Random:      c.Random,
		Limiter:     limiter,
		Breaker:     d.breaker,
		Judge:       d.judge,
		BeforeProbe: c.Resolve,
		Requested:   d.requested,
		Retried:     d.metrics.retried,
		Paused:      func(ctx context.Context, took time.Duration) { d.record(ctx, spanPause, took, nil) },
	}
	if c.FailWhileDown {
		d.policy.Down = down
	}
	if c.RateLimit != "" {
		d.policy.RateLimit = func(ctx context.Context) error { return awaitRateLimit(ctx, mgr, c.RateLimit) }
	}
	return d, nil
}

// Close says that the service is no longer used: its gauges have nothing to show. No request may
// be under way.
func (d *Retrier) Close() {
	d.metrics.breaker(false)
	d.metrics.limiter(0, 0)
}

func (c Config) limiter() *delivery.Limiter {
	if c.FixedLimit {
		return delivery.NewFixedLimiter(c.Concurrency)
	}
	return delivery.NewLimiter(c.Concurrency)
}

// Down tells whether requests are kept back because LivePerson is down. changed is closed
// when that may have changed.
func (d *Retrier) Down() (is bool, changed <-chan struct{}) { return d.breaker.Down() }

// Failure returns the most recent error that counted towards an outage, or nil if there
// was none.
func (d *Retrier) Failure() error {
	if e := d.failure.Load(); e != nil {
		return e
	}
	return nil
}

// back logs the end of an outage.
func (d *Retrier) back(outage time.Duration) {
	waited := ""
	if d.waiting != nil {
		waited = fmt.Sprintf("; %d messages waited", d.waiting())
	}
	d.log.Infof("LivePerson accepts requests again after an outage of %s%s", outage.Round(time.Second), waited)
}

// Do makes a request until it succeeds, can't succeed, or the pauses are used up. It
// returns the last error, or the context's. A *liveperson.Error has the number of attempts. A
// failure that the request returns as Permanent is not retried.
//
// consumer is the consumer that the request is about; empty: nobody. prepare returns the
// request, see delivery.Prepare. change may be nil. It is called after each failure that
// LivePerson reports. If it changes the request it returns true, and the changed request is
// sent at once and uses up no pause.
func (d *Retrier) Do(ctx context.Context, consumer string, prepare delivery.Prepare, change func(*liveperson.Error) (different bool)) error {
	attempts, err := d.policy.Do(ctx, consumer, prepare, func(err error) bool {
		var e *liveperson.Error
		var final *permanent
		return change != nil && errors.As(err, &e) && !errors.As(err, &final) && change(e)
	})
	var e *liveperson.Error
	if errors.As(err, &e) {
		e.Attempts = attempts
	}
	var final *permanent
	if errors.As(err, &final) {
		return final.error
	}
	return err
}

// latencies is the key of a context's record.
type latencies struct{}

// Recorded returns a context with which Do appends the latency of each request to a list. One
// Do at a time may have the context.
func Recorded(ctx context.Context, into *[]time.Duration) context.Context {
	return context.WithValue(ctx, latencies{}, into)
}

// Request returns a Prepare for a request that needs no look-up.
func Request(request func(context.Context) error) delivery.Prepare {
	return func(context.Context) (func(context.Context) error, error) { return request, nil }
}

// permanent is a failure that is not retried.
type permanent struct{ error }

func (p *permanent) Unwrap() error { return p.error }

// Permanent returns a failure that is never retried.
func Permanent(err error) error { return &permanent{err} }

// rateLimitError is the failure of a rate limit resource. No request was made.
type rateLimitError struct{ error }

func (e *rateLimitError) Unwrap() error { return e.error }

// judge says what a failure means.
func (d *Retrier) judge(err error) delivery.Verdict {
	var limit *rateLimitError
	if errors.As(err, &limit) {
		return delivery.Verdict{Retry: true}
	}
	var e *liveperson.Error
	if !errors.As(err, &e) {
		return delivery.Verdict{}
	}
	verdict := delivery.Verdict{
		Retry:      e.Retryable() || d.holds(e),
		Pause:      e.RetryAfter,
		Health:     d.health(err),
		Overloaded: e.Overload(),
	}
	if e.Class == liveperson.ClassThrottled {
		verdict.AtLeast = throttledPause
	}
	var final *permanent
	verdict.Final = errors.As(err, &final)
	return verdict
}

// refusedAgain is the failure of RefusedAgain.
type refusedAgain struct{ error }

func (e *refusedAgain) Unwrap() error { return e.error }

// RefusedAgain returns a failure that counts towards an outage. It is for a message that
// LivePerson refuses because of the account, and that the pipeline sends again at once.
func RefusedAgain(err error) error { return &refusedAgain{err} }

// holds tells whether requests are kept back because of this failure.
func (d *Retrier) holds(e *liveperson.Error) bool { return d.holdRefused && e.AppRefused() }

func (d *Retrier) health(err error) delivery.Health {
	var again *refusedAgain
	if errors.As(err, &again) {
		return delivery.RefusesAll
	}
	var refused *liveperson.Error
	var final *permanent
	if errors.As(err, &refused) && d.holds(refused) && !errors.As(err, &final) {
		return delivery.LockedOut
	}
	switch liveperson.ClassOf(err) {
	case liveperson.ClassNetwork:
		var e *liveperson.Error
		if d.impatient && errors.As(err, &e) && e.TimedOut() {
			return delivery.Unclear
		}
		return delivery.Unreachable
	case liveperson.ClassServer:
		return delivery.Failing
	}
	if d.aboutAccount && liveperson.AccountRefused(err) {
		return delivery.Unclear
	}
	return delivery.Up
}

// requested counts a request, and stores a failure that counts towards an outage. It stores a
// copy, because Do writes the number of attempts into the error.
func (d *Retrier) requested(ctx context.Context, took time.Duration, err error) {
	d.metrics.requested(took, err)
	d.record(ctx, spanRequest, took, err)
	if into, recorded := ctx.Value(latencies{}).(*[]time.Duration); recorded {
		*into = append(*into, took)
	}
	d.countRefusals(err)
	d.logAppRefused(err)
	if d.health(err) != delivery.Up {
		d.failure.Store(oneAttempt(err))
	}
}

func (d *Retrier) countRefusals(err error) {
	if !d.aboutAccount || !liveperson.AccountRefused(err) {
		d.refused.Store(0)
		return
	}
	if d.refused.Add(1) == delivery.Refusals && d.onRefused != nil {
		d.onRefused(oneAttempt(err))
	}
}

// logAppRefused logs once that requests fail because LivePerson refuses the app, and once that it
// accepts the app again. If requests are kept back, Benthos logs why the output is not connected.
func (d *Retrier) logAppRefused(err error) {
	var e *liveperson.Error
	switch refused := errors.As(err, &e) && e.AppRefused(); {
	case d.holdRefused:
	case refused && d.appRefused.CompareAndSwap(false, true):
		d.log.Errorf("LivePerson refuses the app, so every message fails until it accepts the app again: %v", oneAttempt(err))
	case err == nil && d.appRefused.CompareAndSwap(true, false):
		d.log.Infof("LivePerson accepts the app again")
	}
}

// oneAttempt copies the *liveperson.Error of a request. It returns nil for any other error.
func oneAttempt(err error) *liveperson.Error {
	var e *liveperson.Error
	if !errors.As(err, &e) {
		return nil
	}
	failure := *e
	failure.Attempts = 1
	return &failure
}

// down returns the error of a request that is not made. While a probe is under way its end is
// unknown, so the error names a second.
func down(pause time.Duration) error { return liveperson.Down(max(pause, time.Second)) }

// awaitRateLimit waits until a rate limit resource lets a request through.
func awaitRateLimit(ctx context.Context, mgr *service.Resources, label string) error {
	for {
		var wait time.Duration
		var err error
		if accessErr := mgr.AccessRateLimit(ctx, label, func(r service.RateLimit) { wait, err = r.Access(ctx) }); accessErr != nil {
			err = accessErr
		}
		if err != nil {
			return &rateLimitError{fmt.Errorf("asking the rate limit %s: %w", label, err)}
		}
		if wait <= 0 {
			return nil
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
