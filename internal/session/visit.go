package session

import (
	"context"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

// Visit is one request in a consumer's session. It has the ids to send with each attempt, and
// updates the session from the answers. It is not safe for concurrent use.
type Visit struct {
	// VisitorID and SessionID are the ids to send with the next attempt. Refresh sets them.
	VisitorID, SessionID string

	store    *Store
	consumer string
	own      bool   // the message itself carries ids
	dropped  bool   // LivePerson does not know the message's own ids
	handed   string // the visitor id that LivePerson gave while it loaded the account
	known    Session
	making   chan struct{} // nil: this visit makes no session
}

// Begin begins a request for a consumer. If consumer is empty, nothing is remembered. Ids of the
// message itself replace remembered ones. The caller calls Refresh before each attempt, and End
// once.
func (s *Store) Begin(consumer, visitorID, sessionID string) *Visit {
	return &Visit{store: s, consumer: consumer, VisitorID: visitorID, SessionID: sessionID, own: visitorID != "" || sessionID != ""}
}

// Refresh looks up the ids to send now: another component or instance may have started a session
// for the consumer meanwhile. If another visit of this process is starting one, Refresh returns
// a function that waits for it; then call Refresh again. If there is no session, this visit
// starts one, and other visits wait until End.
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

// RefreshNow is Refresh, but it does not wait for another visit.
func (v *Visit) RefreshNow(ctx context.Context) {
	if v.Refresh(ctx) != nil {
		v.use(v.store.Known(ctx, v.consumer))
	}
}

// End lets other visits start the consumer's session, if this visit was starting it.
func (v *Visit) End() {
	if v.making != nil {
		v.store.release(v.consumer, v.making)
		v.making = nil
	}
}

// PageID returns the page id of the session's last answer, or "".
func (v *Visit) PageID() string { return v.known.PageID }

// Accepted stores the ids of the answer.
func (v *Visit) Accepted(ctx context.Context, answer liveperson.Session) {
	if answer.SessionID != "" && v.consumer != "" {
		v.store.Keep(ctx, v.consumer, v.known, answer.VisitorID, answer.SessionID, answer.PageID)
	}
}

// Refused sets the ids for the next attempt after a failure. different says that the next request
// goes without ids that LivePerson does not know, or with those of a newer session.
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
