// Package conversation remembers which messaging conversation a consumer has open, in this process
// or in a Benthos cache. LivePerson allows one open conversation for each consumer, and the
// Connector API has no request that returns it. If the cache has lost a conversation, the package
// learns of it from notifications.
//
// The methods return the errors of the cache. Without them, an open conversation would look like
// none, and the consumer's next message would fail.
package conversation

import (
	"context"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/internal/cache"
)

// Conversation is a conversation that liveperson_message has opened.
type Conversation struct {
	// ID is the id that LivePerson gave.
	ID string `json:"id"`
	// DialogID is the dialog that messages go to now: the main dialog, which has the conversation's
	// id, or the survey at the end.
	DialogID string `json:"dialog_id"`
	// Consumer is the ext_consumer_id that opened it.
	Consumer string `json:"consumer"`
	// Participant is LivePerson's id of the consumer. It may be empty.
	Participant string    `json:"participant,omitempty"`
	Opened      time.Time `json:"opened"`
}

// Store remembers the conversations of one account. It is safe for concurrent use. Notifications
// may come late and in any order, so a call about an older conversation does not replace a newer
// one.
type Store struct {
	newest        cache.Cache[string] // conversation ids, by consumer
	conversations cache.Cache[Conversation]
	// closed has the conversations that have ended. It is a separate cache, so that no two components
	// change the same value.
	closed cache.Cache[bool]

	consumers cache.Cache[string] // consumers, by LivePerson's ids
	seen      cache.Cache[string] // conversation ids, by LivePerson's ids of unknown consumers
	openings  *openings
}

// Of returns the conversation that a consumer has open.
func (s *Store) Of(ctx context.Context, consumer string) (c Conversation, open bool, err error) {
	id, found, err := s.newest.Get(ctx, consumer)
	if err != nil || !found {
		return Conversation{}, false, err
	}
	closed, _, err := s.closed.Get(ctx, id)
	if err != nil || closed {
		return Conversation{}, false, err
	}
	return s.By(ctx, id)
}

// By returns the conversation with an id. It returns closed ones too, because notifications may
// come late.
func (s *Store) By(ctx context.Context, conversationID string) (c Conversation, known bool, err error) {
	return s.conversations.Get(ctx, conversationID)
}

// Keep remembers a conversation as its consumer's open one.
func (s *Store) Keep(ctx context.Context, c Conversation) error {
	if err := s.conversations.Set(ctx, c.ID, c); err != nil {
		return err
	}
	return s.newest.Set(ctx, c.Consumer, c.ID)
}

// MoveTo sets the dialog that messages of a conversation go to from now on. If the conversation is
// unknown, MoveTo does nothing.
func (s *Store) MoveTo(ctx context.Context, conversationID, dialogID string) error {
	c, known, err := s.By(ctx, conversationID)
	if err != nil || !known || c.DialogID == dialogID {
		return err
	}
	c.DialogID = dialogID
	return s.conversations.Set(ctx, c.ID, c)
}

// Close marks a conversation as closed. Nothing opens it again.
func (s *Store) Close(ctx context.Context, conversationID string) error {
	return s.closed.Set(ctx, conversationID, true)
}
