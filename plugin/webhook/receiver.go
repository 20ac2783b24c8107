package webhook

import (
	"context"
	"errors"
	"net/http"
	"sync"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/plugin/conversation"
)

const (
	headerAccount   = "X-Liveperson-Account-Id"
	headerClient    = "X-Liveperson-Client-Id"
	headerSignature = "X-Liveperson-Signature"
)

// request is a request of either server, with its body read.
type request struct {
	method string
	header func(name string) string
	body   []byte
}

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
		refusing:      trouble{log: log, over: "Requests are signed as they should be again"},
		unreadable:    trouble{log: log, over: "Notifications can be read again"},
		failing:       trouble{log: log, over: "The conversation cache works again"},
		deliveries:    make(chan delivery),
		closed:        make(chan struct{}),
	}, nil
}

// answer gives the status for a request: 200 only for what the pipeline has
// acknowledged, or has no need of.
func (r *receiver) answer(ctx context.Context, req request) int {
	ctx, cancel := context.WithTimeout(ctx, r.conf.ackTimeout)
	defer cancel()
	status := r.status(ctx, req)
	r.metrics.answered(status)
	return status
}

func (r *receiver) status(ctx context.Context, req request) int {
	switch {
	case req.method != http.MethodPost:
		return http.StatusMethodNotAllowed
	case len(req.body) > r.conf.maxBodyBytes:
		return http.StatusRequestEntityTooLarge
	}
	if !r.genuine(req) {
		return http.StatusUnauthorized
	}
	changes, err := parse(req.body)
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

// genuine looks at the signature first: nothing else of a request is worth reading
// before.
func (r *receiver) genuine(req request) bool {
	var wrong string
	switch {
	case !signatureValid(req.body, req.header(headerSignature), r.conf.clientSecrets...):
		wrong = "their signature is missing, or not by one of the " + vFieldClientSecrets
	case req.header(headerAccount) != r.conf.accountID:
		wrong = "they are signed, but for another account than " + vFieldAccountID + " says"
	case req.header(headerClient) != r.conf.clientID:
		wrong = "they are signed, but for another app than " + vFieldClientID + " says"
	default:
		r.refusing.ends()
		return true
	}
	r.refusing.begins("Refusing requests: " + wrong)
	return false
}

var (
	errClosed    = errors.New("the input is closing")
	errWithdrawn = errors.New("the pipeline has not taken it in time")
)

// deliver sends changes down the pipeline as one batch, and waits for them and for those
// that others have sent already.
func (r *receiver) deliver(ctx context.Context, changes []change) error {
	mine, awaited, err := r.take(ctx, changes)
	if err != nil {
		r.failing.begins("Answering 503: " + err.Error())
		mine.withdraw(err)
		return err
	}
	r.failing.ends()
	if len(mine.flights) > 0 {
		select {
		case r.deliveries <- mine.ready():
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
// are all that the request is about, mine those of them that it has to send, also when
// there is an error.
func (r *receiver) take(ctx context.Context, changes []change) (mine *shipment, awaited []*flight, err error) {
	mine = &shipment{all: r.flights}
	readable := true
	for _, c := range changes {
		d, err := r.decide(ctx, c)
		if err != nil {
			return mine, nil, err
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
	return mine, awaited, nil
}
