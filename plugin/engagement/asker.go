package engagement

import (
	"context"
	"crypto/sha256"
	"errors"
	"sync/atomic"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/delivery"
	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/metric"
	"github.com/benthos-liveperson/benthos-liveperson/internal/requests"
	"github.com/benthos-liveperson/benthos-liveperson/internal/session"
	"github.com/benthos-liveperson/benthos-liveperson/internal/singleflight"
)

// livePerson has the methods that the processor uses of one of LivePerson's APIs.
type livePerson struct {
	// connect finds the service's host if it is not known yet.
	connect func(ctx context.Context) error
	// ask makes one request for an engagement.
	ask func(ctx context.Context, q liveperson.Question) (liveperson.Offer, error)
	// update makes one request that adds data to a session. It is nil for the Monitoring API.
	update func(ctx context.Context, q liveperson.Question) error
	// resolve asks the Domain API for the host, and tells whether the host has changed.
	resolve func(ctx context.Context) (moved bool)
	close   func()
}

// asker gets answers from LivePerson.
type asker struct {
	livePerson livePerson
	sessions   *session.Store
	retrier    *requests.Retrier
	answers    *answers // nil: no answers are stored
	asking     singleflight.Group[result]
	maxWait    time.Duration   // 0: no limit
	closed     context.Context // ends when the processor closes
	close      context.CancelFunc
	offers     *service.MetricCounter
}

func newAsker(c config, mgr *service.Resources) (*asker, error) {
	livePerson, err := c.livePerson()
	if err != nil {
		return nil, err
	}
	return newAskerOf(livePerson, c, mgr)
}

// newAskerOf returns an asker of a service.
func newAskerOf(livePerson livePerson, c config, mgr *service.Resources) (*asker, error) {
	sessions, err := session.Open(c.sessions, mgr, c.account.AccountID)
	if err != nil {
		return nil, err
	}
	c.requests.Resolve = resolveWithin(c.maxWait, livePerson.resolve)
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
		maxWait:    c.maxWait,
		closed:     closed,
		close:      cancel,
		livePerson: livePerson,
		sessions:   sessions,
		retrier:    retrier,
		answers:    answers,
		offers: metric.Counter(mgr.Metrics(), "liveperson_offers",
			string(liveperson.Available), string(liveperson.NotAvailable), string(liveperson.InConversation)),
	}, nil
}

// resolveWithin limits the time for the Domain API to a quarter of maxWait. Otherwise a Domain API
// that does not answer would leave no time for the probe that follows.
func resolveWithin(maxWait time.Duration, resolve func(context.Context) bool) func(context.Context) bool {
	if maxWait == 0 || resolve == nil {
		return resolve
	}
	return func(ctx context.Context) bool {
		ctx, cancel := context.WithTimeout(ctx, maxWait/4)
		defer cancel()
		return resolve(ctx)
	}
}

// withDeadline calls ask with a context that ends at the question's deadline.
func (a *asker) withDeadline(ctx context.Context, q question, ask func(context.Context, question) (result, error)) (result, error) {
	if q.deadline.IsZero() {
		return ask(ctx, q)
	}
	within, cancel := q.bounded(ctx)
	defer cancel()
	q.attempts = new(atomic.Int64)
	if within.Err() == nil {
		r, err := ask(within, q)
		if err == nil || within.Err() == nil && !errors.Is(err, errTooLate) {
			return r, err
		}
	}
	if ctx.Err() != nil { // the pipeline is stopping
		return result{}, ctx.Err()
	}
	return result{}, liveperson.TooLate(leFieldMaxWait, a.maxWait, int(q.attempts.Load()))
}

// ask returns LivePerson's answer, or a stored one that is still valid. Questions about one
// consumer at the same time share one request. If answers are stored, all of them share it.
// Otherwise only questions with the same content do.
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
	for {
		r, err := a.shared(ctx, key, q, body)
		if !errors.Is(err, errTooLate) || !time.Now().Before(q.deadline) {
			return r, err
		}
		// The request belonged to an earlier question, whose deadline has passed. This question still has
		// time, so it tries again.
	}
}

// errTooLate is the error of a shared request at the deadline of the question that made it.
var errTooLate = errors.New("the question's deadline has come")

// shared makes a request. If another question with the same key has a request in flight, shared
// waits for that one.
func (a *asker) shared(ctx context.Context, key string, q question, body []byte) (result, error) {
	return a.asking.Do(ctx, key, func(ctx context.Context) (result, error) {
		ctx, cancel := q.bounded(ctx)
		defer cancel()
		defer context.AfterFunc(a.closed, cancel)()
		if known, ok := a.remembered(ctx, q); ok { // stored by a request that has just ended
			return known, nil
		}
		keep := a.answers.keeper(ctx, q)
		r, err := a.request(ctx, q, body)
		if err == nil {
			keep(ctx, r)
		} else if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			err = errTooLate
		}
		return r, err
	})
}

// remembered returns a stored answer that is still valid and belongs to the consumer's current
// session.
func (a *asker) remembered(ctx context.Context, q question) (result, bool) {
	if a.answers == nil {
		return result{}, false
	}
	sessionID := q.ownSessionID
	if sessionID == "" {
		sessionID = a.sessions.Find(ctx, q.consumer, q.ownVisitorID, "").SessionID
	}
	return a.answers.get(ctx, q, sessionID)
}

// request asks LivePerson in the consumer's session, with retries.
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

// patience is how long a question waits for a session that another component is starting.
// LivePerson usually takes less time. The wait is limited because the other component may be
// waiting for the end of an outage. With max_wait, the question waits at most half of that time.
// The other half is left for its own request.
const patience = 10 * time.Second

func (a *asker) patience() time.Duration {
	if a.maxWait == 0 {
		return patience
	}
	return min(patience, a.maxWait/2)
}

// do makes a request in the consumer's current session. It calls prepare when the session is
// known.
func (a *asker) do(ctx context.Context, q question, visit *session.Visit, prepare func() error, request func(context.Context) error, change func(*liveperson.Error) bool) error {
	deadline := time.Now().Add(a.patience())
	connected := func(ctx context.Context) error {
		if q.attempts != nil {
			q.attempts.Add(1)
		}
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

// waitAtMost waits, but no longer than most. It returns the context's error.
func waitAtMost(ctx context.Context, most time.Duration, wait func(context.Context) error) error {
	patient, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	_ = wait(patient)
	return ctx.Err()
}

// connect finds the host. If LivePerson answers with a failure, connect returns the unwrapped
// *Error, so that its text begins like that of every other failure.
func (a *asker) connect(ctx context.Context) error {
	err := a.livePerson.connect(ctx)
	var e *liveperson.Error
	if errors.As(err, &e) {
		return e
	}
	return err
}
