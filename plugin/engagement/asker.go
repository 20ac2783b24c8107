package engagement

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/delivery"
	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/metric"
	"github.com/benthos-liveperson/benthos-liveperson/internal/requests"
	"github.com/benthos-liveperson/benthos-liveperson/internal/session"
	"github.com/benthos-liveperson/benthos-liveperson/internal/singleflight"
)

// livePerson is one of LivePerson's, as far as the processor goes.
type livePerson struct {
	// connect finds the service's domain, unless it is known.
	connect func(ctx context.Context) error
	// ask makes one request for an engagement.
	ask func(ctx context.Context, q liveperson.Question) (liveperson.Offer, error)
	// update makes one request that says more of a session. The Monitoring API has none.
	update func(ctx context.Context, q liveperson.Question) error
	// resolve asks where the service is now, and tells whether it has moved.
	resolve func(ctx context.Context) (moved bool)
	close   func()
}

// asker gets answers from LivePerson.
type asker struct {
	livePerson livePerson
	sessions   *session.Store
	retrier    *requests.Retrier
	answers    *answers // nil: none is remembered
	asking     singleflight.Group[result]
	closed     context.Context // ends when the processor closes
	close      context.CancelFunc
	offers     *service.MetricCounter
}

func newAsker(c config, mgr *service.Resources) (*asker, error) {
	livePerson, err := c.livePerson()
	if err != nil {
		return nil, err
	}
	sessions, err := session.Open(c.sessions, mgr, c.account.AccountID)
	if err != nil {
		return nil, err
	}
	c.requests.Resolve = livePerson.resolve
	retrier, err := requests.New(c.requests, mgr)
	if err != nil {
		return nil, err
	}
	answers, err := newAnswers(c, mgr)
	if err != nil {
		return nil, err
	}
	closed, cancel := context.WithCancel(context.Background())
	return &asker{
		closed:     closed,
		close:      cancel,
		livePerson: livePerson,
		sessions:   sessions,
		retrier:    retrier,
		answers:    answers,
		offers:     metric.Counter(mgr.Metrics(), "liveperson_offers"),
	}, nil
}

// ask gives LivePerson's answer, or one that it gave before and that still holds.
// Questions about one consumer share an answer that is just being got: all of them if
// answers are remembered, else those that ask for the same.
func (a *asker) ask(ctx context.Context, q question) (result, error) {
	body, err := q.body()
	if err != nil {
		return result{}, liveperson.NotSent(err)
	}
	if q.consumer == "" {
		return a.request(ctx, q, body)
	}
	if known, ok := a.remembered(ctx, q); ok {
		return known, nil
	}
	key := q.subject() + "\x00" + q.ownVisitorID + "\x00" + q.ownSessionID
	if a.answers == nil {
		digest := sha256.Sum256(body)
		key += string(digest[:])
	}
	return a.asking.Do(ctx, key, func(ctx context.Context) (result, error) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(a.closed, cancel)()
		if known, ok := a.remembered(ctx, q); ok { // by one who has just landed
			return known, nil
		}
		r, err := a.request(ctx, q, body)
		if err == nil {
			a.answers.keep(ctx, q.subject(), r)
		}
		return r, err
	})
}

// remembered gives an answer that still holds: of the consumer's session of now, and not
// yet over.
func (a *asker) remembered(ctx context.Context, q question) (result, bool) {
	if a.answers == nil {
		return result{}, false
	}
	sessionID := q.ownSessionID
	if q.ownVisitorID == "" && sessionID == "" {
		sessionID = a.sessions.Known(ctx, q.consumer).SessionID
	}
	return a.answers.get(ctx, q.subject(), sessionID)
}

// request asks LivePerson, in the consumer's session, as often as it takes.
func (a *asker) request(ctx context.Context, q question, body []byte) (r result, err error) {
	visit := a.sessions.Begin(q.consumer, q.ownVisitorID, q.ownSessionID)
	defer visit.End()
	err = a.do(ctx, q, visit,
		func() error { return nil },
		func(ctx context.Context) error {
			offer, err := a.livePerson.ask(ctx, liveperson.Question{Body: body, VisitorID: visit.VisitorID, SessionID: visit.SessionID})
			if err == nil {
				visit.Accepted(ctx, offer.Session)
				r = newResult(offer, time.Now())
			}
			return err
		},
		func(e *liveperson.Error) (different bool) { return visit.Refused(ctx, e) },
	)
	if err == nil {
		a.offers.Incr(1, string(r.Status))
	}
	return r, err
}

// patience is how long a question waits for the session that another component is making:
// longer than LivePerson takes when it is well. A report that would make the session may be
// waiting for LivePerson to be back, and the question must not wait for that.
const patience = 10 * time.Second

// do makes a request in the session that the consumer has at that moment. prepare makes the
// question ready when the session is known.
func (a *asker) do(ctx context.Context, q question, visit *session.Visit, prepare func() error, request func(context.Context) error, change func(*liveperson.Error) bool) error {
	deadline := time.Now().Add(patience)
	connected := func(ctx context.Context) error {
		if err := a.connect(ctx); err != nil {
			return err
		}
		return request(ctx)
	}
	return a.retrier.Do(ctx, q.consumer, func(ctx context.Context) (func(context.Context) error, error) {
		if left := time.Until(deadline); left <= 0 {
			visit.RefreshNow(ctx)
		} else if wait := visit.Refresh(ctx); wait != nil {
			return nil, delivery.WaitFor(func(ctx context.Context) error { return waitAtMost(ctx, left, wait) })
		}
		return connected, prepare()
	}, change)
}

// waitAtMost waits, but not longer than the time says. An error is the context's.
func waitAtMost(ctx context.Context, most time.Duration, wait func(context.Context) error) error {
	patient, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	_ = wait(patient)
	return ctx.Err()
}

// connect finds the domain. Its error is LivePerson's where there is one, so that its text
// begins as that of every other failure.
func (a *asker) connect(ctx context.Context) error {
	err := a.livePerson.connect(ctx)
	var e *liveperson.Error
	if errors.As(err, &e) {
		return e
	}
	return err
}
