// Package session remembers the visitor and session ids that LivePerson has given to a
// consumer, in this process or in a Benthos cache, so that all reports about a consumer are in
// one session. A message that carries a visitor id or a session id finds its session by that.
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
	// VisitorID is kept when the session ends. Empty: none is known.
	VisitorID string `json:"visitor_id"`
	// SessionID is empty if there is no session, or if it has ended.
	SessionID string `json:"session_id"`
	PageID    string `json:"page_id"`
	// Said is the id that a message carried when LivePerson answered with other ids, or "". It
	// finds the session too.
	Said string `json:"said,omitempty"`
	// Created is when LivePerson made the session.
	Created time.Time `json:"created"`
	// LastUsed is when the session was last used. It may be a quarter of the idle time too early.
	LastUsed time.Time `json:"last_used"`
}

// Limits of a session's use.
type Limits struct {
	// Lifetime is how long a session is used after its creation. LivePerson keeps a session for
	// six hours at most.
	Lifetime time.Duration
	// Idle is how long a session is used after its last use.
	Idle time.Duration
	// EveryPage stores the page id of every answer, with a write to the cache for each. Without
	// it, the page id is the one of an earlier answer of the session.
	EveryPage bool
}

// Store remembers each session under several names: those of its consumer, its visitor and its
// session, and an id that a message carried instead. LivePerson's ids are random, so names of
// different kinds do not meet, and ids are compared before a session is used.
//
// It is safe for concurrent use. If the cache fails, sessions are forgotten; the methods return
// no errors.
type Store struct {
	limits   Limits
	sessions *cache.BestEffort[*Session]
	*makings
}

// localConsumers is how many consumers are remembered in this process. Each has up to three
// names. All of them take some 50 MB at most.
const (
	localConsumers = 100_000
	localNames     = 3 * localConsumers
)

// NewLocal returns a store in memory that shares its sessions with no other.
func NewLocal(limits Limits) *Store {
	sessions, err := cache.OpenBestEffort[*Session](nil, cache.Config{Name: "session", Entries: localNames}, "")
	if err != nil { // only a resource that does not exist is an error
		panic(err)
	}
	return &Store{limits: limits, sessions: sessions, makings: newMakings()}
}

// Known returns the session of a consumer. If the session has ended, it returns the visitor id
// alone.
func (s *Store) Known(ctx context.Context, consumer string) Session {
	return s.Find(ctx, consumer, "", "")
}

// Find returns the session for a message about a consumer. visitorID and sessionID are the ids
// that the message carries, or empty. If they are not those of the consumer's session, Find
// returns the session of these ids, or the zero Session. If the session has ended, it returns the
// visitor id alone.
func (s *Store) Find(ctx context.Context, consumer, visitorID, sessionID string) Session {
	known, _ := s.find(ctx, consumer, ids{visitorID, sessionID})
	return known
}

// find also returns the name under which the session was found. It looks for the consumer first. It
// looks a second time, for the visitor or the session, if the consumer has no session that the ids
// fit.
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

// usable takes the ids of the session out of what is known, if the session has ended. A message
// that carries the id of the session tells that it goes on.
func (s *Store) usable(known Session, own ids) Session {
	ended := s.tooOld(known) || time.Since(known.LastUsed) >= s.limits.Idle
	if ended && (own.SessionID == "" || own.SessionID != known.SessionID) {
		known.SessionID, known.PageID = "", ""
	}
	return known
}

func (s *Store) tooOld(known Session) bool { return time.Since(known.Created) >= s.limits.Lifetime }

// Keep stores the ids of LivePerson's answer for a consumer. before is the result of Known from
// before the request.
func (s *Store) Keep(ctx context.Context, consumer string, before Session, visitorID, sessionID, pageID string) {
	s.keep(ctx, consumer, consumer, before, Session{VisitorID: visitorID, SessionID: sessionID, PageID: pageID})
}

// keep stores a session under those of its names that do not have it yet. before was found under
// the name foundAs, before the request.
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
		s.set(ctx, after, consumer, after.VisitorID, after.SessionID, after.Said)
	case turned || after.LastUsed.Sub(before.LastUsed) >= s.limits.Idle/4:
		s.set(ctx, after, consumer, after.VisitorID, after.Said) // by its id, only the visitor is looked up
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

// set stores one copy of a session under several names.
func (s *Store) set(ctx context.Context, session Session, under ...string) {
	for _, name := range names(under...) {
		s.sessions.Set(ctx, name, &session)
	}
}

// Forget deletes a consumer's ids. Call it when LivePerson does not know them any more.
func (s *Store) Forget(ctx context.Context, consumer string) {
	s.sessions.Delete(ctx, consumer)
}

// forget deletes ids that LivePerson does not know any more, under each of the names that still
// has them.
func (s *Store) forget(ctx context.Context, unknown ids, under ...string) {
	for _, name := range names(under...) {
		known := s.get(ctx, name)
		if known.VisitorID == unknown.VisitorID && (unknown.SessionID == "" || known.SessionID == unknown.SessionID) {
			s.sessions.Delete(ctx, name)
		}
	}
}
