package report

import (
	"context"
	"errors"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/plugin/client"
	"github.com/benthos-liveperson/benthos-liveperson/plugin/delivery"
	"github.com/benthos-liveperson/benthos-liveperson/plugin/session"
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

// sender gets reports to LivePerson: within the limits, in the consumer's session,
// and as often as it takes.
type sender struct {
	monitoring *client.Monitoring
	sessions   *session.Store
	dedupe     *dedupe
	retrier    *delivery.Retrier
	limiter    *delivery.Limiter
	breaker    *delivery.Breaker
	rateLimit  func(context.Context) error
	metrics    *metrics
}

func newSender(c config, monitoring *client.Monitoring, mgr *service.Resources) (*sender, error) {
	known, err := newDedupe(c, mgr)
	if err != nil {
		return nil, err
	}
	s := &sender{
		monitoring: monitoring,
		dedupe:     known,
		retrier:    &delivery.Retrier{Pauses: c.retryPauses},
		limiter:    delivery.NewLimiter(c.concurrency),
		breaker:    delivery.NewBreaker(downAfter, downPauses),
		rateLimit:  func(context.Context) error { return nil },
		metrics:    newMetrics(mgr.Metrics()),
	}
	if c.sessionCache == "" {
		s.sessions = session.NewLocal(c.sessionLimits)
	} else {
		if !mgr.HasCache(c.sessionCache) {
			return nil, errNoResource(roFieldSessionCache, "cache", c.sessionCache)
		}
		s.sessions = session.NewShared(c.sessionLimits, mgr, c.sessionCache, c.account.AccountID)
	}
	if c.rateLimit != "" {
		if !mgr.HasRateLimit(c.rateLimit) {
			return nil, errNoResource(roFieldRateLimit, "rate limit", c.rateLimit)
		}
		s.rateLimit = func(ctx context.Context) error { return awaitRateLimit(ctx, mgr, c.rateLimit) }
	}
	return s, nil
}

// deliverAll sends the items of one consumer as one report. When LivePerson refuses
// what was merged, each goes by itself, so that one bad event takes no good one
// with it.
func (s *sender) deliverAll(ctx context.Context, consumer string, items []*item) {
	report, err := mergeReports(items)
	if err == nil {
		err = s.send(ctx, consumer, report)
	}
	if len(items) > 1 && client.ClassOf(err) == client.ClassInvalid {
		for _, it := range items {
			s.finish(ctx, it, s.send(ctx, consumer, it.report))
		}
		return
	}
	for _, it := range items {
		s.finish(ctx, it, err)
	}
}

// finish settles an item that was sent. What LivePerson has accepted is remembered
// before it is acknowledged: a crash in between sends it again, rather than never.
func (s *sender) finish(ctx context.Context, it *item, err error) {
	if err == nil {
		s.dedupe.remember(ctx, it.marks)
		s.metrics.sent(it.types)
	}
	it.finish(err)
}

// send repeats the report until LivePerson has it or never will.
func (s *sender) send(ctx context.Context, consumer string, report client.Report) error {
	var known session.Session
	own := report.VisitorID != "" || report.SessionID != ""
	if !own { // an event's own ids win
		var release func()
		known, release = s.sessions.Acquire(ctx, consumer)
		defer release()
		report.VisitorID, report.SessionID = known.VisitorID, known.SessionID
	}
	attempts := 0
	var last error
	err := s.retrier.Do(ctx,
		func(ctx context.Context) error {
			if attempts++; attempts > 1 {
				s.metrics.retried(last)
			}
			var answer client.Session
			if answer, last = s.request(ctx, report); last == nil && answer.SessionID != "" {
				s.sessions.Keep(ctx, consumer, known, answer.VisitorID, answer.SessionID, answer.PageID)
			}
			return last
		},
		func(err error) delivery.Decision {
			var e *client.Error
			if errors.As(err, &e) && e.StaleIDs() && !own {
				s.sessions.Forget(ctx, consumer)
			}
			return s.decide(&report, err)
		},
	)
	var e *client.Error
	if errors.As(err, &e) {
		e.Attempts = attempts
	}
	return err
}

// decide says what to do about a failed report, and prepares it for the next
// attempt.
func (s *sender) decide(report *client.Report, err error) delivery.Decision {
	var e *client.Error
	if !errors.As(err, &e) {
		return delivery.Decision{}
	}
	if e.StaleIDs() && (report.VisitorID != "" || report.SessionID != "") {
		report.VisitorID, report.SessionID = "", ""
		return delivery.Decision{Free: true}
	}
	if e.VisitorID != "" {
		report.VisitorID = e.VisitorID
	}
	if pause, _ := s.breaker.State(); pause > 0 && e.Retryable() {
		return delivery.Decision{Free: true} // an outage uses up no pauses: the breaker has its own
	}
	decision := delivery.Decision{Retry: e.Retryable(), Pause: e.RetryAfter}
	if e.Class == client.ClassThrottled {
		decision.AtLeast = throttledPause
	}
	return decision
}

// request makes one request, once the limits allow it.
func (s *sender) request(ctx context.Context, report client.Report) (client.Session, error) {
	if err := s.rateLimit(ctx); err != nil {
		return client.Session{}, err
	}
	if err := s.limiter.Acquire(ctx); err != nil {
		return client.Session{}, err
	}
	if err := s.breaker.Allow(ctx); err != nil {
		s.limiter.Release(0, true)
		return client.Session{}, err
	}
	start := time.Now()
	answer, err := s.monitoring.Report(ctx, report)
	took := time.Since(start)

	class := client.ClassOf(err)
	down := class == client.ClassServer || class == client.ClassNetwork
	s.breaker.Report(!down)
	s.limiter.Release(took, down || class == client.ClassThrottled)
	s.metrics.requested(took, err)
	return answer, err
}

// awaitRateLimit waits until a rate limit resource lets a request through.
func awaitRateLimit(ctx context.Context, mgr *service.Resources, label string) error {
	for {
		var wait time.Duration
		var err error
		if accessErr := mgr.AccessRateLimit(ctx, label, func(r service.RateLimit) { wait, err = r.Access(ctx) }); accessErr != nil {
			err = accessErr
		}
		if err != nil || wait <= 0 {
			return err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
