// Package session remembers which visitor and session LivePerson has given to a
// consumer, in this process or in a Benthos cache, so that all that is reported of a
// consumer belongs together.
//
// It decides how long a session is good for. What is sent, and what an answer means,
// is for its callers to know.
package session

import (
	"context"
	"sync"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/internal/cache"
)

// Session is what LivePerson has given to a consumer.
type Session struct {
	// VisitorID outlives sessions. Empty: none is known.
	VisitorID string `json:"visitor_id"`
	// SessionID is empty when there is no session, or none that is still good.
	SessionID string `json:"session_id"`
	PageID    string `json:"page_id"`
	// Created is when LivePerson made the session.
	Created time.Time `json:"created"`
	// LastUsed is when it was last used, to within a quarter of the idle time.
	LastUsed time.Time `json:"last_used"`
}

// Limits of a session's use.
type Limits struct {
	// Lifetime of a session from its making. LivePerson keeps one for at most six
	// hours.
	Lifetime time.Duration
	// Idle is how long a session may rest.
	Idle time.Duration
	// EveryPage has the page of every answer remembered, at the price of a write to the
	// cache for each. Else it is that of the session's first, or of one that came later.
	EveryPage bool
}

// Store remembers sessions, by consumer. It is safe for concurrent use. A cache that
// fails costs the memory of a session, never more: methods have no errors.
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
	making map[string]chan struct{} // by consumer; closed when it is made, or has failed
}

// localConsumers is how many consumers are remembered in this process: some 30 MB at
// the most.
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

// Known gives what is known of a consumer. A session that is too old, or has rested too
// long, is left out.
func (s *Store) Known(ctx context.Context, consumer string) Session {
	known := s.sessions.Get(ctx, consumer)
	now := time.Now()
	if now.Sub(known.Created) >= s.limits.Lifetime || now.Sub(known.LastUsed) >= s.limits.Idle {
		known.SessionID, known.PageID = "", ""
	}
	return known
}

// Keep remembers the ids of LivePerson's newest answer for a consumer; before is
// what was known when it was asked.
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

// Forget forgets a consumer's ids, which LivePerson does not know any more.
func (s *Store) Forget(ctx context.Context, consumer string) {
	s.sessions.Delete(ctx, consumer)
}
