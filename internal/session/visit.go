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
	own      ids    // the ids that the message carries
	dropped  bool   // LivePerson does not know the ids that the message carries
	handed   string // the visitor id of an answer that came while LivePerson loaded the account
	known    Session
	foundAs  string    // the name under which known was found
	creation *creation // nil: this visit creates no session
}

// Begin begins a request for a consumer. consumer may be empty. visitorID and sessionID are the ids
// that the message carries, or empty. They win over stored ids. If only one is set, the store adds
// the other if it knows the pair. The caller calls Refresh before each attempt, and End once.
func (s *Store) Begin(consumer, visitorID, sessionID string) *Visit {
	return &Visit{store: s, consumer: consumer, VisitorID: visitorID, SessionID: sessionID, own: ids{visitorID, sessionID}}
}

// Refresh looks up the ids to send now, because another component or instance may have started a
// session meanwhile. If another visit of this process is starting one, Refresh returns a function
// that waits for it. The caller then calls Refresh again. If there is no session, this visit starts
// one, and other visits wait until End.
func (v *Visit) Refresh(ctx context.Context) (wait func(context.Context) error) {
	if v.dropped {
		return nil
	}
	v.find(ctx)
	if v.SessionID != "" || v.creation != nil {
		return nil
	}
	mine, other := v.store.begin(v.consumer, v.VisitorID)
	if other != nil {
		return func(ctx context.Context) error { return await(ctx, other.ended) }
	}
	v.creation = mine
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
	if v.creation != nil {
		v.store.release(v.creation)
		v.creation = nil
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
		after.CarriedID = v.known.CarriedID
	}
	if !v.own.fit(after) {
		after.CarriedID = v.own.one()
	}
	v.store.keep(ctx, v.consumer, v.foundAs, v.known, after)
}

// Refused sets the ids for the next attempt after a failure. different is true if the next request
// has other ids: those of a newer session, or fewer because LivePerson does not know the sent ones.
func (v *Visit) Refused(ctx context.Context, e *liveperson.Error) (different bool) {
	if e.StaleIDs() {
		return v.refusedIDs(ctx)
	}
	if e.VisitorID != "" { // a loading account returns a visitor id
		v.VisitorID, v.handed = e.VisitorID, e.VisitorID
	}
	return false
}

// refusedIDs forgets the ids of the last attempt. The next attempt has the ids of a newer session,
// or else those that the message carries. If LivePerson refused the latter, the next attempt has
// none.
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
		v.store.forget(ctx, sent, v.consumer, sent.VisitorID, sent.SessionID, v.known.CarriedID)
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
