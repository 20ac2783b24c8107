// Package conversation remembers which conversation of messaging a consumer has open,
// in this process or in a Benthos cache: LivePerson allows one at a time, and has no
// way to ask for it.
//
// Unlike session and cache it tells its callers what fails: a conversation that is
// open but forgotten would make the consumer's next message fail.
package conversation

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Conversation is one that we have opened.
type Conversation struct {
	// ID is LivePerson's.
	ID string `json:"id"`
	// DialogID is of the dialog that messages go to now: the main one, which has the
	// conversation's id, or the survey's at its end.
	DialogID string `json:"dialog_id"`
	// Consumer is our ext_consumer_id.
	Consumer string    `json:"consumer"`
	Opened   time.Time `json:"opened"`
}

// Store remembers conversations of one account. It is safe for concurrent use, and
// needs no order: nothing that it is told is undone by what is told late.
type Store struct{ values backend }

// The kinds of what is remembered. A conversation's end is kept beside it, not in it, so
// that no two writers change one value.
const (
	kindConsumer     = "consumer"     // the id of the consumer's newest conversation
	kindConversation = "conversation" // what there is to know of it
	kindClosed       = "closed"       // there for those that have been closed
)

// Of gives the conversation that a consumer has open.
func (s *Store) Of(ctx context.Context, consumer string) (Conversation, bool, error) {
	id, err := s.values.get(ctx, kindConsumer, consumer)
	if err != nil || id == nil {
		return Conversation{}, false, err
	}
	closed, err := s.values.get(ctx, kindClosed, string(id))
	if err != nil || closed != nil {
		return Conversation{}, false, err
	}
	return s.By(ctx, string(id))
}

// By gives the conversation of an id: whose it is. It knows those that have been
// closed as well, for notifications that come late.
func (s *Store) By(ctx context.Context, conversationID string) (c Conversation, known bool, err error) {
	text, err := s.values.get(ctx, kindConversation, conversationID)
	if err != nil || text == nil {
		return c, false, err
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return Conversation{}, false, fmt.Errorf("reading what the conversation cache has of a conversation: %w", err)
	}
	return c, true, nil
}

// Keep remembers a conversation as its consumer's open one.
func (s *Store) Keep(ctx context.Context, c Conversation) error {
	if err := s.set(ctx, c); err != nil {
		return err
	}
	return s.values.set(ctx, kindConsumer, c.Consumer, []byte(c.ID))
}

// MoveTo says which dialog of a conversation messages go to from now on. What is not
// known stays unknown.
func (s *Store) MoveTo(ctx context.Context, conversationID, dialogID string) error {
	c, known, err := s.By(ctx, conversationID)
	if err != nil || !known || c.DialogID == dialogID {
		return err
	}
	c.DialogID = dialogID
	return s.set(ctx, c)
}

// Close forgets a conversation as the open one, for good.
func (s *Store) Close(ctx context.Context, conversationID string) error {
	return s.values.set(ctx, kindClosed, conversationID, []byte{'1'})
}

func (s *Store) set(ctx context.Context, c Conversation) error {
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return s.values.set(ctx, kindConversation, c.ID, text)
}
