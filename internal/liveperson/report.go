package liveperson

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
)

// Report is a request to the Monitoring API's report method.
type Report struct {
	// Body is the JSON object with consumerId, identities, entryPoints,
	// engagementAttributes and pageId. It is sent unchanged.
	Body []byte
	// VisitorID and SessionID are from an earlier answer. They are empty on the first call.
	VisitorID, SessionID string
}

// Session is LivePerson's answer: the ids to send with the visitor's next report.
type Session struct {
	VisitorID, SessionID, PageID string
	// New says that LivePerson made the session for this call (201).
	New bool
}

// Report sends one report. Call it after Connect has succeeded. Only a nil error means that
// LivePerson has accepted the report. Any other answer, including 202, is an *Error. A missing
// answer is an *Error too.
//
// See https://developers.liveperson.com/monitoring-api-methods-report.html.
func (m *Monitoring) Report(ctx context.Context, r Report) (Session, error) {
	session, err := m.report(ctx, r)
	m.host.observe(ctx, err)
	return session, err
}

// Probe proves that domain, account and app installation are right. It sends a report without a
// consumer. LivePerson documents that it refuses such a report with 400, so it stores nothing.
// For an unknown account or app installation, it answers 404. An account that is being loaded
// exists too, so Probe then succeeds.
func (m *Monitoring) Probe(ctx context.Context) error {
	if err := m.Connect(ctx); err != nil {
		return err
	}
	_, err := m.report(ctx, Report{Body: []byte(`{"engagementAttributes":[]}`)})
	var e *Error
	refused := errors.As(err, &e) && e.Status == http.StatusBadRequest && e.Code == codeInvalidData
	if refused || ClassOf(err) == ClassLoading {
		return nil
	}
	return err
}

// reportHeader returns the header of a report. A further header makes a POST a PUT.
func (a *Account) reportHeader(method string) http.Header {
	header := a.jsonHeader.Clone()
	if method == http.MethodPost {
		header.Set("X-HTTP-Method-Override", http.MethodPut)
	}
	return header
}

func (m *Monitoring) report(ctx context.Context, r Report) (Session, error) {
	u, err := m.url("report", m.query(r.VisitorID, r.SessionID))
	if err != nil {
		return Session{}, err
	}
	res, err := m.host.do(ctx, m.options.Method, u, m.header, r.Body)
	if err != nil {
		return Session{}, err
	}
	fit, object := sessionForm.read(res)
	if fit == fitsNot && !(m.options.AcceptAny200 && success(res.status)) {
		e := classify(res)
		e.noIDs = r.VisitorID+r.SessionID == ""
		e.advice = monitoring.advise(e)
		return Session{}, e
	}
	return readSession(res.status, object), nil
}

// readSession reads the ids of an answer. LivePerson's table calls them vid and sid, and its
// samples call them visitorId and sessionId. If the answer could not be read as an object, the ids
// are empty, but the report still counts as accepted.
func readSession(status int, object map[string]json.RawMessage) Session {
	return Session{
		VisitorID: cmp.Or(textOf(object["visitorId"]), textOf(object["vid"])),
		SessionID: cmp.Or(textOf(object["sessionId"]), textOf(object["sid"])),
		PageID:    textOf(object["pageId"]),
		New:       status == http.StatusCreated,
	}
}
