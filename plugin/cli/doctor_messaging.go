package cli

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

func (d *doctor) checkAppToken(ctx context.Context) verdict {
	if d.connector == nil {
		return skip("give --%s and the secret to check messaging", clientIDFlagName)
	}
	issued, expires, err := d.connector.AppTokenTimes(ctx)
	switch {
	case err != nil:
		return failed(err)
	case issued.IsZero() || !expires.After(issued):
		return warn("LivePerson accepts client id and secret, but its token does not say how long it is valid: pipelines assume an hour")
	}
	d.http.compare(issued, time.Now())
	return ok("LivePerson accepts client id and secret; the token is valid for %s", expires.Sub(issued))
}

func (d *doctor) checkConsumerToken(ctx context.Context) verdict {
	if err := d.connector.ConsumerToken(ctx, d.consumer); err != nil {
		return failed(err)
	}
	return ok("LivePerson issues consumer tokens to the app")
}

// doctorText is the text that agents see.
const doctorText = "This is a test by benthos-liveperson doctor. No answer is needed."

func (d *doctor) checkConversation(ctx context.Context) verdict {
	if !d.send {
		return skip("not tried: with --%s, the doctor opens a conversation, sends a text and closes it, and agents see it", sendFlagName)
	}
	id, err := d.connector.Open(ctx, d.consumer, liveperson.Opening{})
	var e *liveperson.Error
	if errors.As(err, &e) {
		if _, open := e.AlreadyOpen(); open {
			return fail("the consumer already has an open conversation: let an agent close it, or set another --%s", consumerFlagName)
		}
	}
	var said []string
	if err != nil {
		said = append(said, "opening it: "+inWords(err))
	} else if _, err := d.connector.Send(ctx, d.consumer, liveperson.Dialog{ConversationID: id}.Text(doctorText)); err != nil {
		said = append(said, "sending a text: "+inWords(err))
	}
	if err := d.closeConversation(ctx, id); err != nil {
		said = append(said, "closing it (an agent must do that now): "+inWords(err))
	}
	if len(said) > 0 {
		return fail("%s", strings.Join(said, "; "))
	}
	return ok("opened a conversation, sent a text and closed it; agents can see it")
}

// closeConversation closes the conversation, even after the time limit or after the doctor was stopped.
func (d *doctor) closeConversation(ctx context.Context, id string) error {
	if id == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), doctorTimeout)
	defer cancel()
	_, err := d.connector.Send(ctx, d.consumer, liveperson.CloseConversation(id))
	return err
}
