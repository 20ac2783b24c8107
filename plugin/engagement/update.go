package engagement

import (
	"context"
	"errors"

	"github.com/benthos-liveperson/benthos-liveperson/plugin/client"
)

var (
	errNoSession = errors.New("there is no session to say more of: ask for an engagement first, or give its ids as the metadata " + metaVisitorID + " and " + metaSessionID)
	errNoPage    = errors.New(memberPageID + ": missing; write the page_id of the answer that began the session")
)

// update says more of a consumer's session, which must be there. The result has its ids.
func (a *asker) update(ctx context.Context, q question) (result, error) {
	visit, release := a.begin(ctx, q)
	defer release()
	if visit.VisitorID == "" || visit.SessionID == "" {
		return result{}, client.NotSent(errNoSession)
	}
	if q.said[memberPageID] == nil {
		if visit.PageID() == "" {
			return result{}, client.NotSent(errNoPage)
		}
		q.said[memberPageID] = visit.PageID()
	}
	body, err := q.body()
	if err != nil {
		return result{}, client.NotSent(err)
	}
	r := result{SessionID: visit.SessionID, VisitorID: visit.VisitorID, PageID: q.said[memberPageID].(string)} // as the reader has seen to
	return r, a.dispatcher.Do(ctx,
		func(ctx context.Context) error {
			if err := a.connect(ctx); err != nil {
				return err
			}
			err := a.livePerson.update(ctx, client.Question{Body: body, VisitorID: visit.VisitorID, SessionID: visit.SessionID})
			if err == nil { // the answer is empty: the session is in use, as it was
				visit.Accepted(ctx, client.Session{VisitorID: r.VisitorID, SessionID: r.SessionID, PageID: r.PageID})
			}
			return err
		},
		func(e *client.Error) (different bool) {
			visit.Refused(ctx, e)
			return false // in another session it would say nothing
		},
	)
}
