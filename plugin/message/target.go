package message

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/internal/conversation"
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
		return target{}, liveperson.NotSent(fmt.Errorf("%s: the consumer has no open conversation, and only a text or a file opens one", j.action))
	}
	to := target{}
	err = e.move(ctx, j, &to)
	return to, err
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
	opened, err := e.open(ctx, j.consumer, *j.opening)
	fresh := err == nil
	if !fresh {
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
func begun(consumer, id string) conversation.Conversation {
	return conversation.Conversation{ID: id, DialogID: id, Consumer: consumer, Opened: time.Now().UTC()}
}

// open opens a conversation. It may always be retried, because a consumer can have only one.
func (e *engine) open(ctx context.Context, consumer string, how liveperson.Opening) (conversation.Conversation, error) {
	var id string
	causes := e.causes()
	err := e.retrier.Do(ctx, consumer, requests.Request(func(ctx context.Context) (err error) {
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
	return begun(consumer, id), nil
}

// adopt finds the open conversation after LivePerson refused to open another one. The refusal
// may name it, another instance may have just opened it, or LivePerson has named it in an answer
// to an engagement question. adopt ignores the conversation that has ended.
func (e *engine) adopt(ctx context.Context, j *job, ended string, refused error) (none conversation.Conversation, err error) {
	var answer *liveperson.Error
	if !errors.As(refused, &answer) {
		return none, refused
	}
	told, is := answer.AlreadyOpen()
	if !is {
		return none, refused
	}
	pauses, named := freshPauses, cmp.Or(told, j.offered)
	if named == ended {
		named = ""
	}
	if named != "" {
		pauses = nil
	}
	now, found, err := e.openedElsewhere(ctx, j.consumer, ended, pauses)
	switch {
	case err != nil || found:
		return now, err
	case named != "":
		return begun(j.consumer, named), nil
	}
	return none, fmt.Errorf("%[1]w, which is not in the conversation cache: share the conversation_cache of the component that opened it, give its id with the message (%[2]s.engagement.conversation_id, with %[2]s.status: %[3]s), or close it at LivePerson", refused, memberEngagement, liveperson.InConversation)
}

// openedElsewhere returns the conversation that another instance has opened. It ignores the one
// that has ended. The other instance may not have stored the conversation yet, so
// openedElsewhere asks again after the pauses.
func (e *engine) openedElsewhere(ctx context.Context, consumer, ended string, pauses []time.Duration) (c conversation.Conversation, found bool, err error) {
	for looked := 0; ; looked++ {
		c, known, err := e.known(ctx, consumer)
		if err != nil || known && c.ID != ended {
			return c, err == nil, err
		}
		if looked == len(pauses) {
			return c, false, nil
		}
		if err := pause(ctx, pauses[looked]); err != nil {
			return c, false, err
		}
	}
}

// known returns the consumer's open conversation according to the store.
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

// remember stores a change, even while the pipeline stops: LivePerson will not report the
// change again. If it fails, the message still succeeds, but the consumer's next messages may
// fail.
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
		if err := pause(ctx, before); err != nil {
			return err
		}
	}
	return do(ctx)
}
