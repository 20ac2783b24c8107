// Package session remembers the visitor and session ids that LivePerson has given to a consumer, in
// this process or in a Benthos cache, so that all reports about a consumer are in one session. A
// message that carries a visitor id or a session id uses the session with that id.
//
// The package decides how long a session is used. Its callers decide what is sent, and what an
// answer means.
package session

import (
	"cmp"
	"context"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/internal/cache"
)

// Session has the ids that LivePerson has given to a consumer.
type Session struct {
	// VisitorID stays when the session ends. It is empty if it is unknown.
	VisitorID string `json:"visitor_id"`
	// SessionID is empty if there is no session, or if it has ended.
	SessionID string `json:"session_id"`
	PageID    string `json:"page_id"`
	// CarriedID is the id of a message that LivePerson answered with other ids, or "". The session is
	// stored under this id too.
	CarriedID string `json:"said,omitempty"`
	// Created is when LivePerson made the session.
	Created time.Time `json:"created"`
	// LastUsed is when the session was last used. It may be too early by up to a quarter of
	// Limits.Idle, because not every use is stored.
	LastUsed time.Time `json:"last_used"`
}

// Limits of a session's use.
type Limits struct {
	// Lifetime is how long a session is used after its creation. LivePerson keeps a session for
	// six hours at most.
	Lifetime time.Duration
	// Idle is how long a session is used after its last use.
	Idle time.Duration
	// EveryPage stores the page id of every answer, which costs a write to the cache each. Without it,
	// PageID is that of an earlier answer in the session.
	EveryPage bool
}

// Store stores each session under several names: the consumer, the visitor id, the session id, and
// CarriedID. LivePerson's ids are random, so names of different kinds hardly ever collide. The
// store also compares the ids before it uses a session.
//
// It is safe for concurrent use. The methods return no errors: if the cache fails, sessions are
// forgotten.
type Store struct {
	limits   Limits
	sessions *cache.BestEffort[*Session]
	*creations
}

// localConsumers is how many consumers a store in memory holds. Each consumer has up to three
// names. All together take 50 MB at most.
const (
	localConsumers = 100_000
	localNames     = 3 * localConsumers
)

// NewLocal returns a store in memory that shares its sessions with no other store.
func NewLocal(limits Limits) *Store {
	sessions, err := cache.OpenBestEffort[*Session](nil, cache.Config{Name: "session", Entries: localNames}, "")
	if err != nil { // the only possible error is a missing resource, and there is none here
		panic(err)
	}
	return &Store{limits: limits, sessions: sessions, creations: newCreations()}
}

// Known returns the session of a consumer. If the session has ended, the result has only the
// visitor id.
func (s *Store) Known(ctx context.Context, consumer string) Session {
	return s.Find(ctx, consumer, "", "")
}

// Find returns the session for a message about a consumer. visitorID and sessionID are the ids that
// the message carries, or empty. If the consumer's session has other ids, Find returns the session
// with the message's ids, or the zero Session. If the session has ended, the result has only the
// visitor id.
func (s *Store) Find(ctx context.Context, consumer, visitorID, sessionID string) Session {
	known, _ := s.find(ctx, consumer, ids{visitorID, sessionID})
	return known
}

// find also returns the name under which it found the session. It first looks for the consumer. If
// the consumer has no session with the ids, it looks for the visitor or the session.
func (s *Store) find(ctx context.Context, consumer string, own ids) (known Session, name string) {
	other := own.one()
	if consumer != "" {
		first := s.get(ctx, consumer)
		if own.fit(first) {
			known, name = s.usable(first, own), consumer
			other = cmp.Or(other, known.VisitorID)
		}
	}
	if known.SessionID != "" || other == "" || other == consumer {
		return known, name
	}
	second := s.get(ctx, other)
	if !own.fit(second) || own.one() == "" && second.VisitorID != other {
		return known, name
	}
	return s.usable(second, own), other
}

// usable removes the session id and the page id if the session has ended. A session has not ended
// if the message carries its id.
func (s *Store) usable(known Session, own ids) Session {
	ended := s.tooOld(known) || time.Since(known.LastUsed) >= s.limits.Idle
	if ended && (own.SessionID == "" || own.SessionID != known.SessionID) {
		known.SessionID, known.PageID = "", ""
	}
	return known
}

func (s *Store) tooOld(known Session) bool { return time.Since(known.Created) >= s.limits.Lifetime }

// Keep stores the ids of LivePerson's answer for a consumer. before is what Known returned before
// the request.
func (s *Store) Keep(ctx context.Context, consumer string, before Session, visitorID, sessionID, pageID string) {
	s.keep(ctx, consumer, consumer, before, Session{VisitorID: visitorID, SessionID: sessionID, PageID: pageID})
}

// keep stores a session under the names that do not have it yet. before is the session from before
// the request, and foundAs the name under which it was found.
func (s *Store) keep(ctx context.Context, consumer, foundAs string, before, after Session) {
	after.LastUsed = time.Now()
	after.Created = after.LastUsed
	same := before.VisitorID == after.VisitorID && before.SessionID == after.SessionID
	if same && !s.tooOld(before) {
		after.Created = before.Created
	}
	turned := s.limits.EveryPage && before.PageID != after.PageID
	switch {
	case !same:
		s.set(ctx, after, consumer, after.VisitorID, after.SessionID, after.CarriedID)
	case turned || after.LastUsed.Sub(before.LastUsed) >= s.limits.Idle/4:
		s.set(ctx, after, consumer, after.VisitorID, after.CarriedID) // not under its id: a look-up by the session id needs only the visitor
	case foundAs != consumer:
		s.set(ctx, before, consumer)
	}
}

func (s *Store) get(ctx context.Context, name string) Session {
	if known := s.sessions.Get(ctx, name); known != nil {
		return *known
	}
	return Session{}
}

// set stores a session under several names.
func (s *Store) set(ctx context.Context, session Session, under ...string) {
	for _, name := range names(under...) {
		s.sessions.Set(ctx, name, &session)
	}
}

// Forget deletes a consumer's ids. Call it when LivePerson does not know them any more.
func (s *Store) Forget(ctx context.Context, consumer string) {
	s.sessions.Delete(ctx, consumer)
}

// forget deletes ids that LivePerson no longer knows, under each name that still has them.
func (s *Store) forget(ctx context.Context, unknown ids, under ...string) {
	for _, name := range names(under...) {
		known := s.get(ctx, name)
		if known.VisitorID == unknown.VisitorID && (unknown.SessionID == "" || known.SessionID == unknown.SessionID) {
			s.sessions.Delete(ctx, name)
		}
	}
}
