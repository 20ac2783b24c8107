package message

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/plugin/client"
	"github.com/benthos-liveperson/benthos-liveperson/plugin/conversation"
	"github.com/benthos-liveperson/benthos-liveperson/plugin/delivery"
)

// place is where a job's requests go.
type place struct {
	dialog client.Dialog
	fresh  bool // it was opened for this job
}

func placeOf(c conversation.Conversation) place {
	return place{dialog: client.Dialog{ConversationID: c.ID, DialogID: c.DialogID}}
}

// place finds where a job goes, and opens a conversation if there is none and the job
// may.
func (e *engine) place(ctx context.Context, j *job) (place, error) {
	switch {
	case j.alone:
		return place{}, nil
	case j.dialog != nil:
		return place{dialog: *j.dialog}, nil
	}
	c, known, err := e.known(ctx, j.consumer)
	switch {
	case err != nil:
		return place{}, err
	case known:
		return placeOf(c), nil
	case j.opening == nil:
		return place{}, client.NotSent(fmt.Errorf("%s: the consumer has no open conversation, and a text or a file alone opens one", j.action))
	}
	to := place{}
	err = e.move(ctx, j, &to)
	return to, err
}

// move leads a job to a conversation other than where it was to go: the one that is
// open by now, or one that it opens.
func (e *engine) move(ctx context.Context, j *job, to *place) error {
	release, err := e.opening.Take(ctx, []string{j.consumer})
	if err != nil {
		return err
	}
	defer release()
	now, known, err := e.known(ctx, j.consumer)
	if err != nil {
		return err
	}
	if other := placeOf(now); known && other.dialog != to.dialog {
		*to = other
		return nil
	}
	id, err := e.open(ctx, j.consumer, *j.opening)
	fresh := err == nil
	if !fresh {
		if id, err = e.adopt(ctx, j, to.dialog, err); err != nil {
			return err
		}
	}
	e.remember(ctx, func(ctx context.Context) error {
		if to.dialog.ConversationID != "" && to.dialog.ConversationID != id {
			if err := e.store.Close(ctx, to.dialog.ConversationID); err != nil {
				return err
			}
		}
		return e.store.Keep(ctx, conversation.Conversation{ID: id, DialogID: id, Consumer: j.consumer, Opened: time.Now().UTC()})
	})
	*to = place{dialog: client.Dialog{ConversationID: id, DialogID: id}, fresh: fresh}
	return nil
}

// open opens a conversation. That may be tried again whatever came of it, as a consumer
// can have but one.
func (e *engine) open(ctx context.Context, consumer string, how client.Opening) (id string, err error) {
	err = e.dispatcher.Do(ctx, func(ctx context.Context) error {
		var err error
		id, err = e.connector.Open(ctx, consumer, how)
		if id != "" && err != nil {
			e.log.Warnf("A conversation was opened without the consumer's profile: %v", err)
			return nil
		}
		return err
	}, nil)
	if err == nil {
		e.metrics.opened.Incr(1)
	}
	return id, err
}

// adopt finds out which conversation it is because of which none could be opened: the
// answer tells it, or another instance has just opened it, or LivePerson has said so to
// an engagement question before.
func (e *engine) adopt(ctx context.Context, j *job, from client.Dialog, refused error) (id string, err error) {
	var answer *client.Error
	if !errors.As(refused, &answer) {
		return "", refused
	}
	told, is := answer.AlreadyOpen()
	if !is {
		return "", refused
	}
	now, known, err := e.known(ctx, j.consumer)
	if err != nil {
		return "", err
	}
	if !known {
		now.ID = ""
	}
	for _, id := range []string{told, now.ID, j.offered} {
		if id != "" && id != from.ConversationID {
			return id, nil
		}
	}
	return "", fmt.Errorf("%w, which is not in the conversation cache: let this component share the %s of what has opened it, give its id with the message (%s), or close it at LivePerson", refused, "conversation_cache", memberEngagement+".engagement.conversation_id")
}

// known gives the conversation that the consumer has open, as far as we know.
func (e *engine) known(ctx context.Context, consumer string) (c conversation.Conversation, known bool, err error) {
	err = persist(ctx, func(ctx context.Context) (err error) {
		c, known, err = e.store.Of(ctx, consumer)
		return err
	})
	if err != nil {
		err = client.NotSent(err)
	}
	return c, known, err
}

// remember changes what is known. If that fails, the message is none the worse; the
// consumer's next one may be.
func (e *engine) remember(ctx context.Context, change func(context.Context) error) {
	if err := persist(ctx, change); err != nil {
		e.log.Errorf("A conversation could not be remembered, so that the consumer's next messages may fail: %v", err)
	}
}

// persist repeats what fails of the store.
func persist(ctx context.Context, do func(context.Context) error) error {
	retrier := delivery.Retrier{Pauses: storePauses}
	return retrier.Do(ctx, do, func(error) delivery.Decision { return delivery.Decision{Retry: true} })
}
