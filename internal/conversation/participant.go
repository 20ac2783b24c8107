package conversation

import (
	"cmp"
	"context"
)

// LivePerson has an id of its own for each consumer, here called the participant. Consumer tokens,
// refused openings and notifications have this id. No public page says that it is the same id in
// all of them, but all known examples agree.

// Expect remembers which consumer a participant is. Call it before a conversation is opened. Learn
// then recognises the conversation, even if the answer to the opening gets lost.
func (s *Store) Expect(ctx context.Context, participant, consumer string) error {
	if participant == "" {
		return nil
	}
	if known, found, err := s.consumers.Get(ctx, participant); err != nil || found && known == consumer {
		return err
	}
	return s.consumers.Set(ctx, participant, consumer)
}

// Learn adds an unknown conversation from a notification or a refused opening. If Expect was called
// for the participant, Learn keeps the conversation as the consumer's. Otherwise Learn remembers it
// as the participant's, for Seen. It does not replace an open conversation of the consumer, because
// Learn may be late. If that conversation has ended without a notification, Seen returns the new
// one.
func (s *Store) Learn(ctx context.Context, c Conversation, closed bool) (learned Conversation, known bool, err error) {
	consumer, known, err := s.consumers.Get(ctx, c.Participant)
	if err != nil {
		return Conversation{}, false, err
	}
	if !known {
		return Conversation{}, false, s.see(ctx, c, closed)
	}
	c.Consumer = consumer
	_, open, err := s.Of(ctx, consumer)
	switch {
	case err != nil:
		return c, false, err
	case closed || open:
		err = cmp.Or(s.conversations.Set(ctx, c.ID, c), s.see(ctx, c, closed))
	default:
		err = s.Keep(ctx, c)
	}
	return c, err == nil, err
}

// see remembers the open conversation of a participant. Most participants use other channels of the
// account, so see writes only changes.
func (s *Store) see(ctx context.Context, c Conversation, closed bool) error {
	last, found, err := s.seen.Get(ctx, c.Participant)
	switch same := found && last == c.ID; {
	case err != nil:
		return err
	case closed && same:
		return s.seen.Delete(ctx, c.Participant)
	case closed || same:
		return nil
	}
	return s.seen.Set(ctx, c.Participant, c.ID)
}

// Seen returns the open conversation that Learn has remembered for a participant without Expect.
func (s *Store) Seen(ctx context.Context, participant string) (conversationID string, found bool, err error) {
	if participant == "" {
		return "", false, nil
	}
	id, found, err := s.seen.Get(ctx, participant)
	if err != nil || !found {
		return "", false, err
	}
	if closed, _, err := s.closed.Get(ctx, id); closed || err != nil {
		return "", false, err
	}
	return id, true, nil
}
