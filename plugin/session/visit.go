package session

import (
	"context"

	"github.com/benthos-liveperson/benthos-liveperson/plugin/client"
)

// Visit is a request in a consumer's session, however often it is made: which ids to
// send with it, and what its answers mean for the session. It is for one goroutine.
type Visit struct {
	// VisitorID and SessionID are those to send with the next attempt.
	VisitorID, SessionID string

	store    *Store
	consumer string
	own      bool // ids that the message itself carries
	known    Session
}

// Begin begins a request for a consumer; empty: for somebody who is not known, of whom
// nothing is remembered. Ids that the message itself carries win over
// those that are remembered. If there is no session yet, others who begin for the same
// consumer wait until release is called, which must be done once, in any case.
func (s *Store) Begin(ctx context.Context, consumer, visitorID, sessionID string) (v *Visit, release func()) {
	v = &Visit{store: s, consumer: consumer, VisitorID: visitorID, SessionID: sessionID, own: visitorID != "" || sessionID != ""}
	if consumer == "" {
		return v, func() {}
	}
	if v.own {
		if known := s.Known(ctx, consumer); known.VisitorID == visitorID && known.SessionID == sessionID {
			v.known = known
		}
		return v, func() {}
	}
	v.known, release = s.Acquire(ctx, consumer)
	v.VisitorID, v.SessionID = v.known.VisitorID, v.known.SessionID
	return v, release
}

// PageID is that of the session's last answer; empty if it is not known.
func (v *Visit) PageID() string { return v.known.PageID }

// Accepted remembers the ids of the answer.
func (v *Visit) Accepted(ctx context.Context, answer client.Session) {
	if answer.SessionID != "" && v.consumer != "" {
		v.store.Keep(ctx, v.consumer, v.known, answer.VisitorID, answer.SessionID, answer.PageID)
	}
}

// Refused learns from a failure which ids to send next, and tells whether that makes the
// request a different one: without the ids that LivePerson does not know, or with those
// of a session that another request has begun meanwhile.
func (v *Visit) Refused(ctx context.Context, e *client.Error) (different bool) {
	if e.StaleIDs() && !v.own && v.consumer != "" {
		known := v.store.Known(ctx, v.consumer)
		if known.SessionID != "" && known.SessionID != v.SessionID {
			v.known, v.VisitorID, v.SessionID = known, known.VisitorID, known.SessionID
			return true
		}
		v.store.Forget(ctx, v.consumer)
	}
	if e.StaleIDs() && (v.VisitorID != "" || v.SessionID != "") {
		v.VisitorID, v.SessionID = "", ""
		return true
	}
	if e.VisitorID != "" { // an account that is being loaded hands one out
		v.VisitorID = e.VisitorID
	}
	return false
}
