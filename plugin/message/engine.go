package message

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/conversation"
	"github.com/benthos-liveperson/benthos-liveperson/internal/delivery"
	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/panics"
	"github.com/benthos-liveperson/benthos-liveperson/internal/receipt"
	"github.com/benthos-liveperson/benthos-liveperson/internal/requests"
)

// freshPauses are the pauses for a conversation that was just opened. LivePerson's older pages
// warn that it may not be usable for a moment, so a refused request is repeated after these
// pauses. If another instance opens the conversation, the store is asked again after the same
// pauses.
var freshPauses = []time.Duration{200 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second}

// storePauses are the pauses before the store of conversations is asked again.
var storePauses = []time.Duration{100 * time.Millisecond, time.Second, 5 * time.Second}

// rememberTimeout limits the time to store a change that LivePerson has already made.
const rememberTimeout = 10 * time.Second

// engine runs jobs: it finds or opens the consumer's conversation, and makes the requests. It is
// safe for concurrent use. To keep the order of a consumer's jobs, the caller waits for one job
// before it starts the next.
type engine struct {
	connector     *liveperson.Connector
	retrier       *requests.Retrier
	store         *conversation.Store
	opening       *delivery.Locks // by consumer, so that only one component opens a conversation
	recovery      *recovery
	failOnTimeout bool
	downloading   downloading
	metrics       *metrics
	receipts      receipts
	log           *service.Logger
	stats         *service.Metrics
}

// openingLocksKey is the key, in Benthos' resources, of the locks that components with the same
// conversations share.
type openingLocksKey struct{ account, cache string }

func newEngine(c config, mgr *service.Resources) (*engine, error) {
	account, err := c.account.Client(c.requests.Concurrency)
	if err != nil {
		return nil, err
	}
	c.connector.AppToken = watchToken(mgr.Metrics())
	connector, err := account.Connector(c.connector)
	if err != nil {
		return nil, err
	}
	e, err := engineOf(c, connector, mgr)
	if err != nil || c.recover != recoverREST {
		return e, err
	}
	e.recovery.interactions, err = account.Interactions(c.credentials)
	return e, err
}

func engineOf(c config, connector *liveperson.Connector, mgr *service.Resources) (*engine, error) {
	c.requests.Resolve = connector.Resolve
	retrier, err := requests.New(c.requests, mgr)
	if err != nil {
		return nil, err
	}
	store, err := conversation.Open(c.cache, mgr, c.account.AccountID)
	if err != nil {
		return nil, err
	}
	writer, err := receipt.NewWriter(c.receipts, "liveperson_message", mgr)
	if err != nil {
		return nil, err
	}
	opening, _ := mgr.GetOrSetGeneric(openingLocksKey{c.account.AccountID, c.cache}, &delivery.Locks{})
	return &engine{
		connector:     connector,
		retrier:       retrier,
		store:         store,
		opening:       opening.(*delivery.Locks),
		recovery:      newRecovery(c),
		failOnTimeout: c.failOnTimeout,
		downloading:   c.downloading,
		metrics:       newMetrics(mgr.Metrics()),
		receipts:      receipts{writer},
		log:           mgr.Logger(),
		stats:         mgr.Metrics(),
	}, nil
}

// result is the dialog that a job went to, and the sequence of its last request.
type result struct {
	dialog      liveperson.Dialog
	sequence    int64
	hasSequence bool
	answer      json.RawMessage // to the last request; nil: none
	file        *downloaded     // nil: none
}

// do runs a job and writes its receipt. If LivePerson has accepted only some parts, the error says
// how many.
func (e *engine) do(ctx context.Context, j *job) (r result, err error) {
	err = panics.Do(func() (err error) {
		r, err = e.deliver(j.trace.record(ctx), j)
		return err
	})
	// If the pipeline stops, the message comes again.
	if stopped := err != nil && ctx.Err() != nil; !stopped {
		e.receipts.write(j, r, err)
	}
	return r, err
}

// deliver makes a job's requests.
func (e *engine) deliver(ctx context.Context, j *job) (r result, err error) {
	requests := j.requests
	if j.upload != nil {
		file, err := e.upload(ctx, j)
		if err != nil {
			return r, err
		}
		requests = []func(liveperson.Dialog) liveperson.Request{func(d liveperson.Dialog) liveperson.Request { return d.File(file) }}
	}
	switch {
	case j.download != nil:
		if r.file, err = e.download(ctx, j); err == nil {
			e.metrics.sent(j.action)
		}
		return r, err
	case j.transfers:
		return e.transfer(ctx, j)
	}
	to, err := e.target(ctx, j)
	if err != nil {
		return r, err
	}
	for taken, request := range requests {
		answer, err := e.publish(ctx, j, request, &to)
		if err != nil {
			r.dialog = to.dialog
			return r, partly(err, taken, len(requests))
		}
		r.answer = answer.Body
		if answer.HasSequence {
			r.sequence, r.hasSequence = answer.Sequence, true
		}
	}
	if id := to.dialog.ConversationID; j.closes == scopeConversation && id != "" {
		e.remember(ctx, func(ctx context.Context) error { return e.store.Close(ctx, id) })
	}
	e.metrics.sent(j.action)
	r.dialog = to.dialog
	return r, nil
}

// transfer closes the consumer's open conversation, if there is one, and opens another one with the
// job's skill or engagement. Only agents can move a conversation that is open.
func (e *engine) transfer(ctx context.Context, j *job) (r result, err error) {
	c, known, err := e.known(ctx, j.consumer)
	if err != nil {
		return r, err
	}
	to := target{}
	if known {
		to = targetOf(c)
		if err := e.end(ctx, j, &to); err != nil {
			return r, err
		}
	}
	err = e.move(ctx, j, &to)
	if err == nil && !to.fresh { // a conversation was open that the store did not know
		if err = e.end(ctx, j, &to); err == nil {
			err = e.move(ctx, j, &to)
		}
	}
	if err != nil {
		return r, err
	}
	e.metrics.sent(j.action)
	return result{dialog: to.dialog}, nil
}

// end closes the conversation of a transfer.
func (e *engine) end(ctx context.Context, j *job, to *target) error {
	if _, err := e.publish(ctx, j, j.requests[0], to); err != nil {
		return err
	}
	e.remember(ctx, func(ctx context.Context) error { return e.store.Close(ctx, to.dialog.ConversationID) })
	return nil
}

// partly adds to an error how many parts of a message LivePerson has accepted.
func partly(err error, taken, all int) error {
	if taken == 0 {
		return err
	}
	return fmt.Errorf("%w; LivePerson has accepted the first %d of the message's %d parts", err, taken, all)
}

// publish makes a request to the job's target. If the conversation is gone, publish moves the
// job to another one and makes the request again.
func (e *engine) publish(ctx context.Context, j *job, request func(liveperson.Dialog) liveperson.Request, to *target) (liveperson.Answer, error) {
	answer, err := e.sendTo(ctx, j, request, *to)
	to.fresh = false
	if !gone(err) {
		return answer, err
	}
	switch {
	case j.closes != "":
		return answer, nil // the conversation is closed already
	case j.opening == nil:
		return answer, err
	}
	if err := e.move(ctx, j, to); err != nil {
		return answer, err
	}
	answer, err = e.sendTo(ctx, j, request, *to)
	to.fresh = false
	return answer, err
}

// gone tells whether an error means that the conversation is closed or unknown at LivePerson.
func gone(err error) bool {
	var e *liveperson.Error
	return errors.As(err, &e) && e.ConversationGone()
}

// sendTo makes a request. If LivePerson says that a conversation which was just opened is gone,
// sendTo repeats the request.
func (e *engine) sendTo(ctx context.Context, j *job, request func(liveperson.Dialog) liveperson.Request, to target) (liveperson.Answer, error) {
	answer, err := e.send(ctx, j, request(to.dialog))
	if !to.fresh {
		return answer, err
	}
	for _, fresh := range freshPauses {
		if !gone(err) {
			break
		}
		if err := delivery.Sleep(ctx, fresh); err != nil {
			return answer, err
		}
		answer, err = e.send(ctx, j, request(to.dialog))
	}
	return answer, err
}

// send makes a request until LivePerson accepts it, or until it fails for good.
func (e *engine) send(ctx context.Context, j *job, request liveperson.Request) (answer liveperson.Answer, err error) {
	causes := e.causes()
	err = e.retrier.Do(ctx, j.consumer, requests.Request(func(ctx context.Context) (err error) {
		answer, err = e.connector.Send(ctx, j.consumer, request)
		j.trace.answered(request, answer)
		if causes(err) || e.failOnTimeout && unanswered(err) {
			return requests.Permanent(err)
		}
		return err
	}), nil)
	return answer, err
}

// causes returns a function for the results of one request. The function tells whether the request
// itself is the reason why LivePerson refuses the app. This is so if LivePerson has accepted the
// app since the last time it refused the same request.
func (e *engine) causes() func(error) bool {
	before, refusedBefore := 0, false
	return func(err error) bool {
		var refused *liveperson.Error
		if !errors.As(err, &refused) || !refused.AppRefused() || refused.Unsent() {
			return false
		}
		proofs := e.connector.AppProofs()
		again := refusedBefore && proofs > before
		before, refusedBefore = proofs, true
		return again
	}
}

// unanswered tells whether a request was sent and got no answer, so that LivePerson may have
// accepted it. After a 504, a gateway got no answer from LivePerson.
func unanswered(err error) bool {
	var e *liveperson.Error
	return errors.As(err, &e) && e.MayHaveArrived() && (e.Class == liveperson.ClassNetwork || e.Status == http.StatusGatewayTimeout)
}

// upload sends a file to LivePerson. LivePerson's address for it is valid for a minute. If the
// address has expired, upload asks for another one.
func (e *engine) upload(ctx context.Context, j *job) (liveperson.File, error) {
	file := j.upload.file
	for attempt := 1; ; attempt++ {
		answer, err := e.send(ctx, j, liveperson.UploadURL(j.upload.fileType, len(j.upload.content)))
		if err != nil {
			return file, err
		}
		to, err := liveperson.ReadFileURL(answer)
		if err != nil {
			return file, err
		}
		err = e.retrier.Do(ctx, j.consumer, requests.Request(func(ctx context.Context) error {
			return e.connector.Upload(ctx, to, j.upload.content)
		}), nil)
		if err == nil {
			file.RelativePath = to.RelativePath
			return file, nil
		}
		if attempt == 2 || liveperson.ClassOf(err) != liveperson.ClassUnauthorised {
			return file, err
		}
	}
}

// close writes the last receipts and closes idle connections.
func (e *engine) close(ctx context.Context) {
	e.receipts.Close(ctx)
	e.retrier.Close()
	e.connector.Close()
}
