// Package dispatch is how a component's requests go to LivePerson: as many at a time
// as LivePerson takes, repeated as it asks for, kept back while it is down, counted.
// It puts delivery's parts together, and has the fields and metrics that go with them.
//
// What a request is does not come in; client's errors are all that it knows of one.
package dispatch

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/plugin/account"
	"github.com/benthos-liveperson/benthos-liveperson/plugin/client"
	"github.com/benthos-liveperson/benthos-liveperson/plugin/delivery"
	"github.com/benthos-liveperson/benthos-liveperson/plugin/panics"
)

const (
	// throttledPause is the least pause after a 429.
	// https://developers.liveperson.com/retry-policy-recommendations.html
	throttledPause = time.Second

	// downAfter is how many requests in a row must fail for LivePerson to count as
	// down.
	downAfter = 10
)

// downPauses are how long to leave LivePerson alone while it is down, by its retry
// policy's advice for longer outages.
var downPauses = []time.Duration{2 * time.Minute, 4 * time.Minute, 8 * time.Minute}

// Config of a Dispatcher.
type Config struct {
	// RetryPauses are those before each repetition; after the last the failure is
	// final.
	RetryPauses []time.Duration
	// Concurrency is the most requests in flight, 1 at least.
	Concurrency int
	// RateLimit is the label of a rate limit resource; empty: none.
	RateLimit string
	// Random gives numbers in [0,1) that lengthen pauses. Nil: math/rand.
	Random func() float64
	// DownAfter is how many failures in a row are an outage. 0: ten.
	DownAfter int
	// FailWhileDown fails requests while LivePerson is down, rather than keeping them
	// until it is back.
	FailWhileDown bool
}

// Dispatcher makes requests to one service. It is safe for concurrent use.
type Dispatcher struct {
	retrier   *delivery.Retrier
	limiter   *delivery.Limiter
	breaker   *delivery.Breaker
	rateLimit func(context.Context) error
	metrics   *metrics
	failure   atomic.Pointer[client.Error]

	failWhileDown bool
}

// New makes a dispatcher. It does no I/O.
func New(c Config, mgr *service.Resources) (*Dispatcher, error) {
	if err := account.CheckRateLimit(mgr, fieldRateLimit, c.RateLimit); err != nil {
		return nil, err
	}
	if c.DownAfter == 0 {
		c.DownAfter = downAfter
	}
	d := &Dispatcher{
		retrier:   &delivery.Retrier{Pauses: c.RetryPauses, Random: c.Random},
		limiter:   delivery.NewLimiter(c.Concurrency),
		breaker:   delivery.NewBreaker(c.DownAfter, downPauses),
		rateLimit: func(context.Context) error { return nil },
		metrics:   newMetrics(mgr.Metrics()),

		failWhileDown: c.FailWhileDown,
	}
	if c.RateLimit != "" {
		d.rateLimit = func(ctx context.Context) error { return awaitRateLimit(ctx, mgr, c.RateLimit) }
	}
	return d, nil
}

// Down tells for how long all requests are kept back from now on, because LivePerson
// is down; 0 when it is not. changed is closed when that changes.
func (d *Dispatcher) Down() (pause time.Duration, changed <-chan struct{}) { return d.breaker.State() }

// Failure is what the last request failed of that counts for LivePerson's being down; nil:
// of nothing yet.
func (d *Dispatcher) Failure() error {
	if e := d.failure.Load(); e != nil {
		return e
	}
	return nil
}

// Do makes a request until it succeeds, can't succeed, or the pauses are used up. The
// error is the last one, which knows the number of attempts if it is a *client.Error,
// or the context's.
//
// A failure that request gives as Permanent is not repeated, whatever it is.
//
// change is asked after each failure of LivePerson's, and may change the request. If it
// says that it has made a different one, that goes at once, and uses up no pause.
// Nil: nothing is changed.
func (d *Dispatcher) Do(ctx context.Context, request func(context.Context) error, change func(*client.Error) (different bool)) error {
	attempts := 0
	var last error
	counted := func(ctx context.Context) error {
		if attempts++; attempts > 1 {
			d.metrics.retried(last)
		}
		last = panics.Do(func() error { return request(ctx) })
		return last
	}
	err := d.retrier.Do(ctx,
		func(ctx context.Context) error { return d.once(ctx, counted) },
		func(err error) delivery.Decision { return d.decide(err, change) },
	)
	var e *client.Error
	if errors.As(err, &e) {
		e.Attempts = attempts
	}
	var final *permanent
	if errors.As(err, &final) {
		return final.error
	}
	return err
}

// permanent is a failure that is not repeated.
type permanent struct{ error }

func (p *permanent) Unwrap() error { return p.error }

// Permanent makes of a request's failure one that Do does not repeat.
func Permanent(err error) error { return &permanent{err} }

// rateLimitError is a rate limit resource's failing, of which LivePerson knows nothing.
type rateLimitError struct{ error }

func (e *rateLimitError) Unwrap() error { return e.error }

// decide says what to do about a failure.
func (d *Dispatcher) decide(err error, change func(*client.Error) bool) delivery.Decision {
	var limit *rateLimitError
	if errors.As(err, &limit) {
		return delivery.Decision{Retry: true}
	}
	var e *client.Error
	var final *permanent
	if !errors.As(err, &e) || errors.As(err, &final) {
		return delivery.Decision{}
	}
	if change != nil && change(e) {
		return delivery.Decision{Free: true}
	}
	if d.failWhileDown && d.breaker.Blocked() {
		return delivery.Decision{}
	}
	if pause, _ := d.breaker.State(); pause > 0 && e.Retryable() {
		return delivery.Decision{Free: true} // an outage uses up no pauses: the breaker has its own
	}
	decision := delivery.Decision{Retry: e.Retryable(), Pause: e.RetryAfter}
	if e.Class == client.ClassThrottled {
		decision.AtLeast = throttledPause
	}
	return decision
}

// once makes the request once the limits allow it.
func (d *Dispatcher) once(ctx context.Context, request func(context.Context) error) error {
	if d.failWhileDown && d.breaker.Blocked() {
		return d.down()
	}
	if err := d.rateLimit(ctx); err != nil {
		return err
	}
	if err := d.limiter.Acquire(ctx); err != nil {
		return err
	}
	if err := d.allow(ctx); err != nil {
		d.limiter.Release(0, true)
		return err
	}
	start := time.Now()
	err := request(ctx)
	took := time.Since(start)

	class := client.ClassOf(err)
	down := class == client.ClassServer || class == client.ClassNetwork
	if down {
		d.keepFailure(err)
	}
	d.breaker.Report(!down)
	d.limiter.Release(took, down || class == client.ClassThrottled)
	d.metrics.requested(took, err)
	return err
}

// keepFailure keeps a copy, as Do will say in the error how many attempts there were.
func (d *Dispatcher) keepFailure(err error) {
	var e *client.Error
	if errors.As(err, &e) {
		failure := *e
		failure.Attempts = 1
		d.failure.Store(&failure)
	}
}

// allow waits until LivePerson is not down, or fails while it is.
func (d *Dispatcher) allow(ctx context.Context) error {
	if !d.failWhileDown {
		return d.breaker.Allow(ctx)
	}
	if !d.breaker.TryAllow() {
		return d.down()
	}
	return nil
}

// down is the error of a request that is not made. While another one finds out whether
// LivePerson is back, a second is as good a guess as any.
func (d *Dispatcher) down() error {
	pause, _ := d.breaker.State()
	return client.Down(max(pause, time.Second))
}

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
