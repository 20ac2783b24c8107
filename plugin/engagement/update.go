package engagement

import (
	"context"
	"errors"
	"maps"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/session"
)

var (
	errNoSession = errors.New("there is no session: ask for an engagement first, or set its ids in the metadata " + session.MetaVisitorID + " and " + session.MetaSessionID)
	errNoPage    = errors.New(memberPageID + ": missing: use the page_id of the answer that started the session")
)

// update adds data to a consumer's session, which must exist. The result has the ids of the session.
func (a *asker) update(ctx context.Context, q question) (result, error) {
	visit := a.sessions.Begin(q.consumer, q.ownVisitorID, q.ownSessionID)
	defer visit.End()
	var r result
	var body []byte
	err := a.do(ctx, q, visit,
		func() (err error) {
			r, body, err = aboutSession(visit, q)
			return err
		},
		func(ctx context.Context) error {
			err := a.livePerson.update(ctx, liveperson.Question{Body: body, VisitorID: visit.VisitorID, SessionID: visit.SessionID})
			if err == nil { // the answer is empty, so the ids are those of the request
				visit.Accepted(ctx, liveperson.Session{VisitorID: r.VisitorID, SessionID: r.SessionID, PageID: r.PageID})
			}
			return err
		},
		func(e *liveperson.Error) (different bool) {
			visit.Refused(ctx, e)
			return false // no retry in another session: the data belongs to this one
		},
	)
	return r, err
}

// aboutSession adds the session's ids and page to a question that adds data to a session.
func aboutSession(visit *session.Visit, q question) (r result, body []byte, err error) {
	if visit.VisitorID == "" || visit.SessionID == "" {
		return r, nil, liveperson.NotSent(errNoSession)
	}
	q.members = maps.Clone(q.members)
	if q.members[memberPageID] == nil {
		if visit.PageID() == "" {
			return r, nil, liveperson.NotSent(errNoPage)
		}
		q.members[memberPageID] = visit.PageID()
	}
	if body, err = q.body(); err != nil {
		return r, nil, liveperson.NotSent(err)
	}
	return result{SessionID: visit.SessionID, VisitorID: visit.VisitorID, PageID: q.members[memberPageID].(string)}, body, nil // reader.read has checked the type
}
