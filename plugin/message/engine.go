package message

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/conversation"
	"github.com/benthos-liveperson/benthos-liveperson/internal/delivery"
	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/requests"
)

// freshPauses are those for a conversation that was just opened: before a request is
// repeated that it did not take, as LivePerson's older pages warn that it may not be usable
// for a moment; and before the store is asked again for one that another instance opens.
var freshPauses = []time.Duration{200 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second}

// storePauses are those before the store of conversations is asked again.
var storePauses = []time.Duration{100 * time.Millisecond, time.Second, 5 * time.Second}

// rememberTimeout bounds all of that where something has happened at LivePerson.
const rememberTimeout = 10 * time.Second

// engine does jobs: it finds or opens the consumer's conversation, and makes the
// requests. It is safe for concurrent use, but one consumer's jobs keep their order only
// if they are given one after another.
type engine struct {
	connector     *liveperson.Connector
	retrier       *requests.Retrier
	store         *conversation.Store
	opening       *delivery.Locks // by consumer: one component opens a conversation at a time
	failOnTimeout bool
	metrics       *metrics
	log           *service.Logger
}

// openingsOf is the key under which components that know the same conversations find their
// common locks.
type openingsOf struct{ account, cache string }

func newEngine(c config, mgr *service.Resources) (*engine, error) {
	account, err := c.account.Client(c.requests.Concurrency)
	if err != nil {
		return nil, err
	}
	connector, err := account.Connector(c.connector)
	if err != nil {
		return nil, err
	}
	return engineOf(c, connector, mgr)
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
	opening, _ := mgr.GetOrSetGeneric(openingsOf{c.account.AccountID, c.cache}, &delivery.Locks{})
	return &engine{
		connector:     connector,
		retrier:       retrier,
		store:         store,
		opening:       opening.(*delivery.Locks),
		failOnTimeout: c.failOnTimeout,
		metrics:       newMetrics(mgr.Metrics()),
		log:           mgr.Logger(),
	}, nil
}

// result is where a job was done.
type result struct {
	dialog      liveperson.Dialog
	sequence    int64
	hasSequence bool
}

// do does a job. An error says what LivePerson has of it, if that is a part.
func (e *engine) do(ctx context.Context, j *job) (r result, err error) {
	requests := j.requests
	if j.upload != nil {
		file, err := e.upload(ctx, j)
		if err != nil {
			return r, err
		}
		requests = []func(liveperson.Dialog) liveperson.Request{func(d liveperson.Dialog) liveperson.Request { return d.File(file) }}
	}
	to, err := e.target(ctx, j)
	if err != nil {
		return r, err
	}
	for taken, request := range requests {
		answer, err := e.publish(ctx, j, request, &to)
		if err != nil {
			return r, partly(err, taken, len(requests))
		}
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

// partly says how much of a message LivePerson has, by numbers alone.
func partly(err error, taken, all int) error {
	if taken == 0 {
		return err
	}
	return fmt.Errorf("%w; LivePerson has taken the first %d of the message's %d parts", err, taken, all)
}

// publish makes a request where the job goes, and makes it again elsewhere if the
// conversation there is gone.
func (e *engine) publish(ctx context.Context, j *job, request func(liveperson.Dialog) liveperson.Request, to *target) (liveperson.Answer, error) {
	answer, err := e.sendTo(ctx, j, request, *to)
	to.fresh = false
	if !gone(err) {
		return answer, err
	}
	switch {
	case j.closes != "":
		return answer, nil // it is closed, as asked for
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

// gone tells whether LivePerson says that a conversation is closed or not known.
func gone(err error) bool {
	var e *liveperson.Error
	return errors.As(err, &e) && e.ConversationGone()
}

// sendTo makes a request. One to a conversation that was just opened is repeated if it
// is said to be gone.
func (e *engine) sendTo(ctx context.Context, j *job, request func(liveperson.Dialog) liveperson.Request, to target) (liveperson.Answer, error) {
	answer, err := e.send(ctx, j.consumer, request(to.dialog))
	if !to.fresh {
		return answer, err
	}
	for _, fresh := range freshPauses {
		if !gone(err) {
			break
		}
		if err := pause(ctx, fresh); err != nil {
			return answer, err
		}
		answer, err = e.send(ctx, j.consumer, request(to.dialog))
	}
	return answer, err
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// send makes a request until LivePerson has taken it or never will.
func (e *engine) send(ctx context.Context, consumer string, request liveperson.Request) (answer liveperson.Answer, err error) {
	err = e.retrier.Do(ctx, consumer, requests.Request(func(ctx context.Context) (err error) {
		answer, err = e.connector.Send(ctx, consumer, request)
		if e.failOnTimeout && unanswered(err) {
			return requests.Permanent(err)
		}
		return err
	}), nil)
	return answer, err
}

// unanswered tells whether a request has left and no answer came, so that LivePerson may
// have taken it. A gateway may be the one who has waited in vain.
func unanswered(err error) bool {
	var e *liveperson.Error
	return errors.As(err, &e) && e.MayHaveArrived() && (e.Class == liveperson.ClassNetwork || e.Status == http.StatusGatewayTimeout)
}

// upload gives a file to LivePerson. Its address is good for a minute: if that is over
// when the file gets there, another one is asked for.
func (e *engine) upload(ctx context.Context, j *job) (liveperson.File, error) {
	file := j.upload.file
	for attempt := 1; ; attempt++ {
		answer, err := e.send(ctx, j.consumer, liveperson.UploadURL(j.upload.fileType, len(j.upload.content)))
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
