package session

import (
	"context"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

// Visit is a request in a consumer's session: which ids to send with each attempt, and what
// the answers mean for the session. It is for one goroutine.
type Visit struct {
	// VisitorID and SessionID are the ids to send with the next attempt. Refresh sets them.
	VisitorID, SessionID string

	store    *Store
	consumer string
	own      bool   // the message itself carries ids
	dropped  bool   // LivePerson does not know the message's own ids
	handed   string // the visitor id that a loading account handed out
	known    Session
	making   chan struct{} // nil: this visit makes no session
}

// Begin begins a request for a consumer; empty: nobody is known, and nothing is remembered.
// Ids that the message itself carries win over remembered ones. The caller calls Refresh
// before each attempt, and End once.
func (s *Store) Begin(consumer, visitorID, sessionID string) *Visit {
	return &Visit{store: s, consumer: consumer, VisitorID: visitorID, SessionID: sessionID, own: visitorID != "" || sessionID != ""}
}

// Refresh looks up which ids to send now: another component or instance may have made the
// consumer a session meanwhile. If another visit of this process is making one, the
// result waits for it; call Refresh again afterwards. If nobody has made a session, this
// visit does, and others wait for it until End.
func (v *Visit) Refresh(ctx context.Context) (wait func(context.Context) error) {
	if v.consumer == "" || v.dropped {
		return nil
	}
	known := v.store.Known(ctx, v.consumer)
	if v.own {
		if known.VisitorID == v.VisitorID && known.SessionID == v.SessionID {
			v.known = known
		}
		return nil
	}
	if known.SessionID == "" && v.making == nil {
		mine, other := v.store.make(v.consumer)
		if other != nil {
			return func(ctx context.Context) error { return await(ctx, other) }
		}
		v.making = mine
	}
	v.use(known)
	return nil
}

func (v *Visit) use(known Session) {
	v.known = known
	v.VisitorID, v.SessionID = known.VisitorID, known.SessionID
	if v.SessionID == "" && v.handed != "" {
		v.VisitorID = v.handed
	}
}

// RefreshNow is Refresh without waiting for a session that somebody else is making.
func (v *Visit) RefreshNow(ctx context.Context) {
	if v.Refresh(ctx) != nil {
		v.use(v.store.Known(ctx, v.consumer))
	}
}

// End lets other visits make the consumer's session, if this one was doing it.
func (v *Visit) End() {
	if v.making != nil {
		v.store.release(v.consumer, v.making)
		v.making = nil
	}
}

// PageID is that of the session's last answer; empty if it is not known.
func (v *Visit) PageID() string { return v.known.PageID }

// Accepted remembers the ids of the answer.
func (v *Visit) Accepted(ctx context.Context, answer liveperson.Session) {
	if answer.SessionID != "" && v.consumer != "" {
		v.store.Keep(ctx, v.consumer, v.known, answer.VisitorID, answer.SessionID, answer.PageID)
	}
}

// Refused learns from a failure which ids to send next, and tells whether that makes the
// request a different one: without the ids that LivePerson does not know.
func (v *Visit) Refused(ctx context.Context, e *liveperson.Error) (different bool) {
	if e.StaleIDs() && !v.own && v.consumer != "" {
		known := v.store.Known(ctx, v.consumer)
		if known.SessionID != "" && known.SessionID != v.SessionID {
			return true // another request has begun a session meanwhile
		}
		v.store.Forget(ctx, v.consumer)
	}
	if e.StaleIDs() && (v.VisitorID != "" || v.SessionID != "") {
		v.VisitorID, v.SessionID, v.dropped = "", "", v.own
		return true
	}
	if e.VisitorID != "" { // an account that is being loaded hands one out
		v.VisitorID, v.handed = e.VisitorID, e.VisitorID
	}
	return false
}

func await(ctx context.Context, closed <-chan struct{}) error {
	select {
	case <-closed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
