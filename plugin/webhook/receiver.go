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

// delivery is a batch for the pipeline, and the function that takes the acknowledgement.
type delivery struct {
	batch service.MessageBatch
	ack   service.AckFunc
}

// receiver handles the requests of both kinds of server.
type receiver struct {
	conf          config
	conversations *conversation.Store
	strangers     *strangers
	ids           participantIDs
	dedupe        *dedupe
	poison        *poison
	metrics       *metrics
	log           *service.Logger
	watch         *register.Watch

	refusing, unreadable, failing, tooLong warning
	foreign                                sync.Once // logForeign

	deliveries chan delivery
	closed     chan struct{}
}

func newReceiver(c config, mgr *service.Resources) (*receiver, error) {
	conversations, err := conversation.Open(c.conversationCache, mgr, c.accountID)
	if err != nil {
		return nil, err
	}
	dedupe, err := newDedupe(c, mgr)
	if err != nil {
		return nil, err
	}
	poison, err := newPoison(c, mgr)
	if err != nil {
		return nil, err
	}
	log := mgr.Logger()
	return &receiver{
		conf:          c,
		conversations: conversations,
		strangers:     newStrangers(),
		dedupe:        dedupe,
		poison:        poison,
		metrics:       newMetrics(mgr.Metrics()),
		log:           log,
		watch:         register.NewWatch(mgr),
		refusing:      warning{log: log, over: "Requests have valid signatures again"},
		unreadable:    warning{log: log, over: "Notifications can be read again"},
		failing:       warning{log: log, over: "The conversation cache works again"},
		tooLong:       warning{log: log, over: "Notifications are short enough again"},
		deliveries:    make(chan delivery),
		closed:        make(chan struct{}),
	}, nil
}

// refuses checks a request without its body. It returns the status of a refused request, or 0
// and the signature to compare with the body.
func (r *receiver) refuses(req *http.Request) (s signature, status int) {
	switch {
	case req.Method != http.MethodPost:
		return s, http.StatusMethodNotAllowed
	case req.ContentLength > int64(r.conf.maxBodyBytes):
		return s, http.StatusRequestEntityTooLarge
	}
	s, ok := r.conf.signature(req.Header.Get(headerSignature))
	if !ok {
		r.refusing.raise(refusing + r.conf.wrongSignature())
		return s, http.StatusUnauthorized
	}
	return s, 0
}

// respond returns the status for a request whose body was read. It is 200 only if the pipeline
// has acknowledged all changes that are passed on. signed says whether the signature is valid.
func (r *receiver) respond(ctx context.Context, header func(name string) string, body *body, signed bool) int {
	ctx, cancel := context.WithTimeout(ctx, r.conf.ackTimeout)
	defer cancel()
	status := r.status(ctx, header, body, signed)
	r.answered(status)
	return status
}

// answered counts an answer. It logs when bodies begin to be too long, because LivePerson repeats
// such a notification like any that failed.
func (r *receiver) answered(status int) {
	r.metrics.answered(status)
	switch status {
	case http.StatusRequestEntityTooLarge:
		r.tooLong.raise("Refusing requests that are longer than " + vFieldMaxBodyBytes + ". If LivePerson sends them, it repeats them and holds back the app's other notifications: increase " + vFieldMaxBodyBytes)
	case http.StatusOK:
		r.tooLong.clear()
	}
}

func (r *receiver) status(ctx context.Context, header func(name string) string, body *body, signed bool) int {
	if !r.genuine(header, signed) {
		return http.StatusUnauthorized
	}
	changes, err := parse(body.bytes())
	if err != nil {
		// The notification would be the same when it came again, and LivePerson switches off
		// an app that fails repeatedly.
		r.metrics.changed(outcomeUnreadable, 1)
		r.unreadable.raise("Dropping notifications that are signed but cannot be read: " + err.Error())
		return http.StatusOK
	}
	if err := r.deliver(ctx, changes); err != nil {
		return http.StatusServiceUnavailable
	}
	return http.StatusOK
}

const refusing = "Refusing requests: "

// genuine says whether LivePerson has sent a request to this account and app. It checks the
// signature first, because only then the rest of the request can be trusted.
func (r *receiver) genuine(header func(name string) string, signed bool) bool {
	var wrong string
	switch {
	case !signed:
		wrong = r.conf.wrongSignature()
	case header(headerAccount) != r.conf.accountID:
		wrong = "the signature is valid, but the request is for another account than " + vFieldAccountID
	case header(headerClient) != r.conf.clientID:
		wrong = "the signature is valid, but the request is for another app than " + vFieldClientID
	default:
		r.refusing.clear()
		return true
	}
	r.refusing.raise(refusing + wrong)
	return false
}

var (
	errClosed    = errors.New("the input is closing")
	errWithdrawn = errors.New("the pipeline did not accept the batch in time")
)

// deliver sends changes through the pipeline as one batch. It waits for them, and for those
// that other requests have already sent.
func (r *receiver) deliver(ctx context.Context, changes []change) error {
	mine := &trackedBatch{dedupe: r.dedupe, poison: r.poison}
	sent := false
	defer func() {
		if !sent { // other requests would wait for the changes
			mine.withdraw(errWithdrawn)
		}
	}()
	awaited, err := r.filterAll(ctx, changes, mine)
	if err != nil {
		if !errors.Is(err, errOpening) {
			r.failing.raise("Answering 503: " + err.Error())
		}
		mine.withdraw(err)
		return err
	}
	r.failing.clear()
	if len(mine.pending) > 0 {
		select {
		case r.deliveries <- mine.ready():
			sent = true
			r.metrics.changed(outcomeEmitted, len(mine.pending))
		case <-ctx.Done():
			mine.withdraw(errWithdrawn)
		case <-r.closed:
			mine.withdraw(errClosed)
		}
	}
	return r.wait(ctx, awaited)
}

// wait waits until all changes have arrived. An error is that of the first one that fails.
func (r *receiver) wait(ctx context.Context, awaited []*pending) error {
	for _, p := range awaited {
		select {
		case <-p.done:
			if p.err != nil {
				return p.err
			}
		case <-ctx.Done():
			return ctx.Err()
		case <-r.closed:
			return errClosed
		}
	}
	return nil
}

// filterAll filters changes. It adds those that this request must send to mine, even if there
// is an error. awaited are all changes that the request must wait for.
func (r *receiver) filterAll(ctx context.Context, changes []change, mine *trackedBatch) (awaited []*pending, err error) {
	readable := true
	for _, c := range changes {
		f, err := r.filter(ctx, c)
		if err != nil {
			return nil, err
		}
		if f.outcome == outcomeEmitted {
			p, send, older := r.dedupe.start(ctx, c.dedupeKey())
			awaited = append(awaited, p)
			switch {
			case send:
				r.send(ctx, p, c, f.consumer, mine)
				continue
			case older:
				f.outcome = outcomeStale
			default:
				f.outcome = outcomeDuplicate
			}
		}
		readable = readable && f.outcome != outcomeUnreadable
		r.metrics.changed(f.outcome, 1)
	}
	if readable {
		r.unreadable.clear()
	} else {
		r.unreadable.raise("Dropping changes that cannot be read: they have no type, or not the documented members")
	}
	return awaited, nil
}

// send adds a change to the batch, unless the pipeline has refused the change too often.
func (r *receiver) send(ctx context.Context, p *pending, c change, consumer string, mine *trackedBatch) {
	p.counted = r.poison.failureKey(c)
	failures, spent := r.poison.spent(ctx, p.counted)
	if !spent {
		mine.add(p, c.message(consumer))
		return
	}
	err := errWithdrawn // if the output panics
	defer func() { r.dedupe.finish(ctx, p, err) }()
	if err = r.poison.take(ctx, c.message(consumer), failures); err == nil {
		r.metrics.changed(outcomePoison, 1)
	}
}
