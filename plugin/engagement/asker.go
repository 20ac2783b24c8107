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

// livePerson has the methods of one of LivePerson's APIs that the processor uses.
type livePerson struct {
	// connect finds the service's host, unless it is known.
	connect func(ctx context.Context) error
	// ask makes one request for an engagement.
	ask func(ctx context.Context, q liveperson.Question) (liveperson.Offer, error)
	// update makes one request that adds data to a session. It is nil for the Monitoring API.
	update func(ctx context.Context, q liveperson.Question) error
	// resolve asks the Domain API for the host, and says whether it has changed.
	resolve func(ctx context.Context) (moved bool)
	close   func()
}

// asker gets answers from LivePerson.
type asker struct {
	livePerson livePerson
	sessions   *session.Store
	retrier    *requests.Retrier
	answers    *answers // nil: no answers are remembered
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
		offers: metric.Counter(mgr.Metrics(), "liveperson_offers",
			string(liveperson.Available), string(liveperson.NotAvailable), string(liveperson.InConversation)),
	}, nil
}

// ask returns LivePerson's answer, or a remembered one that is still valid. Questions about one
// consumer at the same time share one request: all of them if answers are remembered, otherwise
// those with the same content.
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
		if known, ok := a.remembered(ctx, q); ok { // by a request that ended just now
			return known, nil
		}
		r, err := a.request(ctx, q, body)
		if err == nil {
			a.answers.keep(ctx, q.subject(), r)
		}
		return r, err
	})
}

// remembered returns an answer that is still valid and belongs to the consumer's current session.
func (a *asker) remembered(ctx context.Context, q question) (result, bool) {
	if a.answers == nil {
		return result{}, false
	}
	sessionID := q.ownSessionID
	if sessionID == "" {
		sessionID = a.sessions.Find(ctx, q.consumer, q.ownVisitorID, "").SessionID
	}
	return a.answers.get(ctx, q.subject(), sessionID)
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

// patience is how long a question waits for a session that another component is starting. It is
// longer than LivePerson usually takes. The other component may be waiting for the end of an
// outage, and the question must not wait for that.
const patience = 10 * time.Second

// do makes a request in the consumer's current session. It calls prepare when the session is
// known.
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

// waitAtMost waits, but no longer than most. It returns the context's error.
func waitAtMost(ctx context.Context, most time.Duration, wait func(context.Context) error) error {
	patient, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	_ = wait(patient)
	return ctx.Err()
}

// connect finds the host. If LivePerson has answered with a failure, it returns the *Error itself,
// so that the text begins like that of every other failure.
func (a *asker) connect(ctx context.Context) error {
	err := a.livePerson.connect(ctx)
	var e *liveperson.Error
	if errors.As(err, &e) {
		return e
	}
	return err
}
