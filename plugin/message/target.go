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

// target is where a job's requests go.
type target struct {
	dialog liveperson.Dialog
	fresh  bool // it was opened for this job
}

func targetOf(c conversation.Conversation) target {
	return target{dialog: liveperson.Dialog{ConversationID: c.ID, DialogID: c.DialogID}}
}

// target finds where a job goes, and opens a conversation if there is none and the job
// may.
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
		return target{}, liveperson.NotSent(fmt.Errorf("%s: the consumer has no open conversation, and a text or a file alone opens one", j.action))
	}
	to := target{}
	err = e.move(ctx, j, &to)
	return to, err
}

// move leads a job to a conversation other than where it was to go: the one that is
// open by now, or one that it opens.
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

// begun is a conversation that a consumer has just got.
func begun(consumer, id string) conversation.Conversation {
	return conversation.Conversation{ID: id, DialogID: id, Consumer: consumer, Opened: time.Now().UTC()}
}

// open opens a conversation. That may be tried again whatever came of it, as a consumer
// can have but one.
func (e *engine) open(ctx context.Context, consumer string, how liveperson.Opening) (conversation.Conversation, error) {
	var id string
	err := e.retrier.Do(ctx, consumer, requests.Request(func(ctx context.Context) (err error) {
		id, err = e.connector.Open(ctx, consumer, how)
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

// adopt finds out because of which conversation none could be opened, other than the one
// that has ended: the answer tells it, or another instance has just opened it, or
// LivePerson has said so to an engagement question before.
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
	return none, fmt.Errorf("%[1]w, which is not in the conversation cache: let this component share the conversation_cache of what has opened it, give its id with the message (%[2]s.engagement.conversation_id, with %[2]s.status: %[3]s), or close it at LivePerson", refused, memberEngagement, liveperson.InConversation)
}

// openedElsewhere gives the conversation that another instance has opened, other than the
// one that has ended, and asks again after the pauses, as it may have to remember it first.
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

// known gives the conversation that the consumer has open, as far as we know.
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

// remember changes what is known, also while the pipeline is being stopped: what has been
// opened or closed at LivePerson nobody tells again. If it fails, the message is none the
// worse; the consumer's next one may be.
func (e *engine) remember(ctx context.Context, change func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rememberTimeout)
	defer cancel()
	if err := persist(ctx, change); err != nil {
		e.log.Errorf("A conversation could not be remembered, so that the consumer's next messages may fail: %v", err)
	}
}

// persist retries what fails of the store.
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
