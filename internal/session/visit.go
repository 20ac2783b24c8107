package session

import (
	"cmp"
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
	own      ids    // that the message itself carries
	dropped  bool   // LivePerson does not know the message's own ids
	handed   string // the visitor id that LivePerson gave while it loaded the account
	known    Session
	foundAs  string  // the name under which known was found
	making   *making // nil: this visit makes no session
}

// Begin begins a request for a consumer. consumer may be empty. Ids that the message itself
// carries win over remembered ones: one id is completed with the other, if the pair is
// remembered. The caller calls Refresh before each attempt, and End once.
func (s *Store) Begin(consumer, visitorID, sessionID string) *Visit {
	return &Visit{store: s, consumer: consumer, VisitorID: visitorID, SessionID: sessionID, own: ids{visitorID, sessionID}}
}

// Refresh looks up the ids to send now: another component or instance may have started a session
// for the consumer or the visitor meanwhile. If another visit of this process is starting one,
// Refresh returns a function that waits for it; then call Refresh again. If there is no session,
// this visit starts one, and other visits wait until End.
func (v *Visit) Refresh(ctx context.Context) (wait func(context.Context) error) {
	if v.dropped {
		return nil
	}
	v.find(ctx)
	if v.SessionID != "" || v.making != nil {
		return nil
	}
	mine, other := v.store.make(v.consumer, v.VisitorID)
	if other != nil {
		return func(ctx context.Context) error { return await(ctx, other.ended) }
	}
	v.making = mine
	return nil
}

// find sets the ids to send.
func (v *Visit) find(ctx context.Context) {
	v.known, v.foundAs = v.store.find(ctx, v.consumer, v.own)
	v.VisitorID, v.SessionID = cmp.Or(v.known.VisitorID, v.own.VisitorID), cmp.Or(v.known.SessionID, v.own.SessionID)
	if v.known.SessionID == "" && v.handed != "" {
		v.VisitorID = v.handed
	}
}

// RefreshNow is Refresh, but it does not wait for another visit.
func (v *Visit) RefreshNow(ctx context.Context) { _ = v.Refresh(ctx) }

// End lets other visits start the consumer's session, if this visit was starting it.
func (v *Visit) End() {
	if v.making != nil {
		v.store.release(v.making)
		v.making = nil
	}
}

// PageID returns the page id of the session's last answer, or "".
func (v *Visit) PageID() string { return v.known.PageID }

// Accepted stores the ids of the answer.
func (v *Visit) Accepted(ctx context.Context, answer liveperson.Session) {
	if answer.SessionID == "" {
		return
	}
	after := Session{VisitorID: answer.VisitorID, SessionID: answer.SessionID, PageID: answer.PageID}
	if after.VisitorID == v.known.VisitorID {
		after.Said = v.known.Said
	}
	if !v.own.fit(after) {
		after.Said = v.own.one()
	}
	v.store.keep(ctx, v.consumer, v.foundAs, v.known, after)
}

// Refused sets the ids for the next attempt after a failure. different says that the next request
// goes without ids that LivePerson does not know, or with those of a newer session.
func (v *Visit) Refused(ctx context.Context, e *liveperson.Error) (different bool) {
	if e.StaleIDs() {
		return v.refusedIDs(ctx)
	}
	if e.VisitorID != "" { // an account that is being loaded hands one out
		v.VisitorID, v.handed = e.VisitorID, e.VisitorID
	}
	return false
}

// refusedIDs forgets the ids of the last attempt. The next attempt has those of a newer session,
// or the message's own ids, or none if the message's own ids were refused.
func (v *Visit) refusedIDs(ctx context.Context) (different bool) {
	sent := ids{v.VisitorID, v.SessionID}
	v.handed = ""
	if sent == v.own && v.own != (ids{}) {
		v.VisitorID, v.SessionID, v.dropped = "", "", true
		return true
	}
	if !v.dropped {
		if newer, _ := v.store.find(ctx, v.consumer, v.own); newer.SessionID != "" && newer.SessionID != sent.SessionID {
			return true // another request has begun a session meanwhile
		}
		v.store.forget(ctx, sent, v.consumer, sent.VisitorID, sent.SessionID, v.known.Said)
		v.VisitorID, v.SessionID = v.own.VisitorID, v.own.SessionID
	}
	return sent != ids{v.VisitorID, v.SessionID}
}

func await(ctx context.Context, closed <-chan struct{}) error {
	select {
	case <-closed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
