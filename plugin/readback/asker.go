package readback

import (
	"context"
	"errors"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/readback"
	"github.com/benthos-liveperson/benthos-liveperson/internal/requests"
)

// found is what LivePerson has. A reason says why nothing can be said.
type found struct {
	liveperson.Stored
	asked  time.Time // when the question was asked, by this machine's clock
	reason readback.Reason
}

// service of LivePerson that reads.
type reader interface {
	Connect(context.Context) error
	Resolve(context.Context) (moved bool)
	Close()
}

// asker asks LivePerson.
type asker struct {
	retrier *requests.Retrier
	reader  reader
	read    func(context.Context, question) (found, error)
}

func newAsker(c config, mgr *service.Resources) (*asker, error) {
	account, err := c.account.Client(c.requests.Concurrency)
	if err != nil {
		return nil, err
	}
	a := &asker{}
	if c.ask == askVisit {
		visits, err := account.VisitInformation(c.credentials, c.domain)
		if err != nil {
			return nil, err
		}
		a.reader, a.read = visits, visitReader(visits)
	} else {
		interactions, err := account.Interactions(c.credentials)
		if err != nil {
			return nil, err
		}
		a.reader, a.read = interactions, conversationReader(interactions, c.ask == askSearch)
	}
	c.requests.Resolve = a.reader.Resolve
	c.requests.FailWhileDown = true // a message that waits for the end of an outage would hold up those behind it
	c.requests.AboutAccount = true
	a.retrier, err = requests.New(c.requests, mgr)
	return a, err
}

func (a *asker) closeIdle() { a.reader.Close() }

// ask asks with retries.
func (a *asker) ask(ctx context.Context, q question) (f found, err error) {
	err = a.retrier.Do(ctx, q.visitorID+q.conversationID+q.participantID, requests.Request(func(ctx context.Context) (err error) {
		f, err = a.read(ctx, q)
		return err
	}), nil)
	return f, err
}

func visitReader(visits *liveperson.VisitInformation) func(context.Context, question) (found, error) {
	return func(ctx context.Context, q question) (f found, err error) {
		f.Stored, err = visits.Visit(ctx, q.visitorID, q.sessionID)
		f.asked = time.Now()
		return f, plain(err)
	}
}

// plain returns LivePerson's *Error itself, so that the text begins like that of every failure.
func plain(err error) error {
	var e *liveperson.Error
	if errors.As(err, &e) {
		return e
	}
	return err
}

func conversationReader(interactions *liveperson.Interactions, search bool) func(context.Context, question) (found, error) {
	return func(ctx context.Context, q question) (f found, err error) {
		ids := []string{q.conversationID}
		switch {
		case search:
			shownAs, value := searchable(q.attributes)
			if value == "" {
				return found{reason: readback.NotSearchable}, nil
			}
			ids, err = interactions.WithAttribute(ctx, shownAs, value, q.around().Add(-searchBefore), q.around().Add(searchAfter))
		case q.conversationID == "":
			ids, err = interactions.OfConsumer(ctx, q.participantID)
		}
		if err != nil {
			return f, plain(err)
		}
		f.reason = readback.NoConversation
		for _, id := range ids {
			stored, exists, err := interactions.Conversation(ctx, id)
			if err != nil {
				return f, plain(err)
			}
			if exists {
				f.reason, f.At, f.asked = "", stored.At, time.Now()
				f.Attributes = append(f.Attributes, stored.Attributes...)
			}
		}
		return f, nil
	}
}
