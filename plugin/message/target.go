package message

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/internal/conversation"
	"github.com/benthos-liveperson/benthos-liveperson/internal/delivery"
	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/requests"
)

// target is the dialog that a job's requests go to.
type target struct {
	dialog liveperson.Dialog
	fresh  bool // the conversation was opened for this job
}

func targetOf(c conversation.Conversation) target {
	return target{dialog: liveperson.Dialog{ConversationID: c.ID, DialogID: c.DialogID}}
}

// target finds the target of a job. If there is no conversation and the job may open one,
// target opens it.
func (e *engine) target(ctx context.Context, j *job) (target, error) {
	switch {
	case j.alone:
		return target{}, nil
	case j.dialog != nil:
		return target{dialog: *j.dialog}, nil
	}
	c, known, err := e.known(ctx, j.consumer)
	switch {
	case err != nil:
		return target{}, err
	case known:
		return targetOf(c), nil
	case j.opening == nil:
		return e.named(ctx, j)
	}
	to := target{}
	err = e.move(ctx, j, &to)
	return to, err
}

// named finds the target of a job that opens no conversation: one that the store does not know, but
// that a notification has named.
func (e *engine) named(ctx context.Context, j *job) (target, error) {
	none := liveperson.NotSent(fmt.Errorf("%s: the consumer has no open conversation, and only a text or a file opens one", j.action))
	if e.recovery.how == recoverOff {
		return target{}, none
	}
	l := lost{job: j}
	err := e.retrier.Do(ctx, j.consumer, requests.Request(func(ctx context.Context) (err error) {
		l.participant, err = e.expect(ctx, j.consumer)
		return err
	}), nil)
	if err != nil {
		return target{}, err
	}
	found, by, err := e.look(ctx, l)
	switch {
	case err != nil:
		return target{}, err
	case by == "":
		return target{}, none
	}
	e.remember(ctx, func(ctx context.Context) error { return e.store.Keep(ctx, found) })
	return targetOf(found), nil
}

// move changes a job's target to another conversation: the one that is open now, or a new one.
func (e *engine) move(ctx context.Context, j *job, to *target) error {
	unlock, err := e.opening.Lock(ctx, j.consumer)
	if err != nil {
		return err
	}
	defer unlock()
	now, known, err := e.known(ctx, j.consumer)
	if err != nil {
		return err
	}
	if other := targetOf(now); known && other.dialog != to.dialog {
		*to = other
		return nil
	}
	// The webhook holds back unknown conversations until the new one is stored.
	ended := sync.OnceFunc(e.store.Opening())
	defer ended()
	opened, err := e.open(ctx, j.consumer, *j.opening)
	fresh := err == nil
	if !fresh {
		ended()
		if opened, err = e.adopt(ctx, j, to.dialog.ConversationID, err); err != nil {
			return err
		}
	}
	e.remember(ctx, func(ctx context.Context) error { return e.store.Keep(ctx, opened) })
	*to = targetOf(opened)
	to.fresh = fresh
	return nil
}

// begun returns a conversation that has just been opened.
func begun(consumer, participant, id string) conversation.Conversation {
	return conversation.Conversation{ID: id, DialogID: id, Consumer: consumer, Participant: participant, Opened: time.Now().UTC()}
}

// open opens a conversation. It may always be retried, because a consumer can have only one.
func (e *engine) open(ctx context.Context, consumer string, how liveperson.Opening) (conversation.Conversation, error) {
	var id, participant string
	causes := e.causes()
	err := e.retrier.Do(ctx, consumer, requests.Request(func(ctx context.Context) (err error) {
		if participant, err = e.expect(ctx, consumer); err != nil {
			return err
		}
		id, err = e.connector.Open(ctx, consumer, how)
		if causes(err) {
			return requests.Permanent(err)
		}
		if id != "" && err != nil {
			e.log.Warnf("A conversation was opened without the consumer's profile: %v", err)
			return nil
		}
		return err
	}), nil)
	if err != nil {
		return conversation.Conversation{}, err
	}
	e.metrics.opened.Incr(1)
	return begun(consumer, participant, id), nil
}

// known returns the consumer's open conversation from the store.
func (e *engine) known(ctx context.Context, consumer string) (c conversation.Conversation, known bool, err error) {
	err = persist(ctx, func(ctx context.Context) (err error) {
		c, known, err = e.store.Of(ctx, consumer)
		return err
	})
	if err != nil {
		err = liveperson.NotNow(err)
	}
	return c, known, err
}

// remember stores a change that LivePerson has made. It does so even while the pipeline stops,
// because LivePerson will not report the change again. If it fails, the message still succeeds, but
// the consumer's next messages may fail.
func (e *engine) remember(ctx context.Context, change func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rememberTimeout)
	defer cancel()
	if err := persist(ctx, change); err != nil {
		e.log.Errorf("A conversation could not be stored, so the consumer's next messages may fail: %v", err)
	}
}

// persist retries an operation of the store.
func persist(ctx context.Context, do func(context.Context) error) error {
	for _, before := range storePauses {
		if err := do(ctx); err == nil {
			return nil
		}
		if err := delivery.Sleep(ctx, before); err != nil {
			return err
		}
	}
	return do(ctx)
}
