package webhook

import (
	"context"
	"errors"
	"net/http"
	"sync"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/conversation"
	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
)

const (
	headerAccount   = "X-Liveperson-Account-Id"
	headerClient    = "X-Liveperson-Client-Id"
	headerSignature = "X-Liveperson-Signature"
)

// delivery is a batch for the pipeline, and what is called with the pipeline's answer.
type delivery struct {
	batch service.MessageBatch
	ack   service.AckFunc
}

// receiver answers requests, whichever way they come.
type receiver struct {
	conf          config
	conversations *conversation.Store
	flights       *flights
	metrics       *metrics
	log           *service.Logger
	watch         *register.Watch

	refusing, unreadable, failing trouble
	foreign                       sync.Once // said

	deliveries chan delivery
	closed     chan struct{}
}

func newReceiver(c config, mgr *service.Resources) (*receiver, error) {
	conversations, err := conversation.Open(c.conversationCache, mgr, c.accountID)
	if err != nil {
		return nil, err
	}
	flights, err := newFlights(c, mgr)
	if err != nil {
		return nil, err
	}
	log := mgr.Logger()
	return &receiver{
		conf:          c,
		conversations: conversations,
		flights:       flights,
		metrics:       newMetrics(mgr.Metrics()),
		log:           log,
		watch:         register.NewWatch(mgr),
		refusing:      trouble{log: log, over: "Requests are signed as they should be again"},
		unreadable:    trouble{log: log, over: "Notifications can be read again"},
		failing:       trouble{log: log, over: "The conversation cache works again"},
		deliveries:    make(chan delivery),
		closed:        make(chan struct{}),
	}, nil
}

// refuses tells with what status a request is refused that needs no look at its body; 0: it
// is not, and its signature is to be compared with the body.
func (r *receiver) refuses(req *http.Request) (s signature, status int) {
	switch {
	case req.Method != http.MethodPost:
		return s, http.StatusMethodNotAllowed
	case req.ContentLength > int64(r.conf.maxBodyBytes):
		return s, http.StatusRequestEntityTooLarge
	}
	s, ok := r.conf.signature(req.Header.Get(headerSignature))
	if !ok {
		r.refusing.begins(refusing + r.conf.wrongSignature())
		return s, http.StatusUnauthorized
	}
	return s, 0
}

// answer gives the status for a request whose body is read, and is signed or not: 200 only
// for what the pipeline has acknowledged, or has no need of.
func (r *receiver) answer(ctx context.Context, header func(name string) string, body *body, signed bool) int {
	ctx, cancel := context.WithTimeout(ctx, r.conf.ackTimeout)
	defer cancel()
	status := r.status(ctx, header, body, signed)
	r.metrics.answered(status)
	return status
}

func (r *receiver) status(ctx context.Context, header func(name string) string, body *body, signed bool) int {
	if !r.genuine(header, signed) {
		return http.StatusUnauthorized
	}
	changes, err := parse(body.bytes())
	if err != nil {
		// It would be the same when it came again, and LivePerson switches an app off
		// that goes on failing.
		r.metrics.changed(outcomeUnreadable, 1)
		r.unreadable.begins("Dropping notifications that are signed but can't be read: " + err.Error())
		return http.StatusOK
	}
	if err := r.deliver(ctx, changes); err != nil {
		return http.StatusServiceUnavailable
	}
	return http.StatusOK
}

const refusing = "Refusing requests: "

// genuine looks at the signature first: nothing else of a request is worth reading
// before.
func (r *receiver) genuine(header func(name string) string, signed bool) bool {
	var wrong string
	switch {
	case !signed:
		wrong = r.conf.wrongSignature()
	case header(headerAccount) != r.conf.accountID:
		wrong = "they are signed, but for another account than " + vFieldAccountID + " says"
	case header(headerClient) != r.conf.clientID:
		wrong = "they are signed, but for another app than " + vFieldClientID + " says"
	default:
		r.refusing.ends()
		return true
	}
	r.refusing.begins(refusing + wrong)
	return false
}

var (
	errClosed    = errors.New("the input is closing")
	errWithdrawn = errors.New("the pipeline has not taken it in time")
)

// deliver sends changes down the pipeline as one batch, and waits for them and for those
// that others have sent already.
func (r *receiver) deliver(ctx context.Context, changes []change) error {
	mine := &shipment{all: r.flights}
	sent := false
	defer func() {
		if !sent { // others would wait for it
			mine.withdraw(errWithdrawn)
		}
	}()
	awaited, err := r.take(ctx, changes, mine)
	if err != nil {
		r.failing.begins("Answering 503: " + err.Error())
		mine.withdraw(err)
		return err
	}
	r.failing.ends()
	if len(mine.flights) > 0 {
		select {
		case r.deliveries <- mine.ready():
			sent = true
			r.metrics.changed(outcomeEmitted, len(mine.flights))
		case <-ctx.Done():
			mine.withdraw(errWithdrawn)
		case <-r.closed:
			mine.withdraw(errClosed)
		}
	}
	for _, f := range awaited {
		select {
		case <-f.landed:
			if f.err != nil {
				return f.err
			}
		case <-ctx.Done():
			return ctx.Err()
		case <-r.closed:
			return errClosed
		}
	}
	return nil
}

// take decides on changes, and begins the flights of those that are to be sent. awaited
// are all that the request is about. It adds those that the request has to send to mine,
// also when there is an error.
func (r *receiver) take(ctx context.Context, changes []change, mine *shipment) (awaited []*flight, err error) {
	readable := true
	for _, c := range changes {
		d, err := r.decide(ctx, c)
		if err != nil {
			return nil, err
		}
		if d.outcome == outcomeEmitted {
			f, send, older := r.flights.start(ctx, c.mark())
			awaited = append(awaited, f)
			switch {
			case send:
				mine.add(f, c.message(d.consumer))
				continue
			case older:
				d.outcome = outcomeStale
			default:
				d.outcome = outcomeDuplicate
			}
		}
		readable = readable && d.outcome != outcomeUnreadable
		r.metrics.changed(d.outcome, 1)
	}
	if readable {
		r.unreadable.ends()
	} else {
		r.unreadable.begins("Dropping changes that can't be read: they have no type, or no members as documented")
	}
	return awaited, nil
}
