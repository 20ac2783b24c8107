// Package session remembers the visitor and session ids that LivePerson has given to a
// consumer, in this process or in a Benthos cache, so that all reports about a consumer are in
// one session.
//
// The package decides how long a session is used. Its callers decide what is sent, and what an
// answer means.
package session

import (
	"context"
	"sync"
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

// Store remembers sessions by consumer. It is safe for concurrent use. If the cache fails,
// sessions are forgotten; the methods return no errors.
type Store struct {
	limits   Limits
	sessions *cache.BestEffort[Session]
	*makings
}

// makings are the sessions that are being made, for all stores that use the same cache.
//
// singleflight does not fit: the session comes from the answer to the maker's own request,
// which it may repeat for minutes, and callers with ids of their own do not wait.
type makings struct {
	mu     sync.Mutex
	making map[string]chan struct{} // by consumer; closed when the session is made or has failed
}

// localConsumers is how many consumers are remembered in this process, in some 30 MB at most.
const localConsumers = 100_000

// NewLocal returns a store in memory that shares its sessions with no other.
func NewLocal(limits Limits) *Store {
	sessions, err := cache.OpenBestEffort[Session](nil, cache.Config{Name: "session", Entries: localConsumers}, "")
	if err != nil { // only a resource that does not exist is an error
		panic(err)
	}
	return &Store{limits: limits, sessions: sessions, makings: newMakings()}
}

func newMakings() *makings { return &makings{making: map[string]chan struct{}{}} }

// make says that the caller makes a session for the consumer. If another caller is making
// one, the result is a channel that is closed when that has ended.
func (m *makings) make(consumer string) (mine, other chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if other, underWay := m.making[consumer]; underWay {
		return nil, other
	}
	mine = make(chan struct{})
	m.making[consumer] = mine
	return mine, nil
}

func (m *makings) release(consumer string, made chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.making, consumer)
	close(made)
}

// Known returns the session of a consumer. If the session has ended, it returns the visitor id
// alone.
func (s *Store) Known(ctx context.Context, consumer string) Session {
	known := s.sessions.Get(ctx, consumer)
	now := time.Now()
	if now.Sub(known.Created) >= s.limits.Lifetime || now.Sub(known.LastUsed) >= s.limits.Idle {
		known.SessionID, known.PageID = "", ""
	}
	return known
}

// Keep stores the ids of LivePerson's answer for a consumer. before is the result of Known from
// before the request.
func (s *Store) Keep(ctx context.Context, consumer string, before Session, visitorID, sessionID, pageID string) {
	now := time.Now()
	same := before.VisitorID == visitorID && before.SessionID == sessionID
	turned := s.limits.EveryPage && before.PageID != pageID
	if same && !turned && now.Sub(before.LastUsed) < s.limits.Idle/4 {
		return
	}
	created := now
	if same {
		created = before.Created
	}
	s.sessions.Set(ctx, consumer, Session{
		VisitorID: visitorID, SessionID: sessionID, PageID: pageID, Created: created, LastUsed: now,
	})
}

// Forget deletes a consumer's ids. Call it when LivePerson does not know them any more.
func (s *Store) Forget(ctx context.Context, consumer string) {
	s.sessions.Delete(ctx, consumer)
}
