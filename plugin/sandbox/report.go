package sandbox

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/benthos-liveperson/benthos-liveperson/plugin/sandbox/chaos"
)

const (
	reportPath = "/api/account/{account}/app/{app}/report"

	// maxBody is the longest body taken, in bytes. LivePerson publishes no limit; this one is an assumption, far above
	// any report of its samples.
	maxBody = 1 << 20
)

// reportAnswer is the body of a 200 or 201. The page's table calls two of the members vid and sid; its samples, and what
// clients in the field read, are these (Monitoring API, report).
type reportAnswer struct {
	SessionID string `json:"sessionId"`
	VisitorID string `json:"visitorId"`
	PageID    string `json:"pageId"`
}

// report takes a report (Monitoring API, report). The page's table says PUT, its curl samples say POST with
// X-HTTP-Method-Override: PUT; that a bare POST passes too is an assumption.
func (s *Sandbox) report(w http.ResponseWriter, r *http.Request) {
	call := newCall(r)
	raw, unread := readBody(w, r)
	sent, invalid := readContent(raw, call.SentVisitorID, s.options.Strict)
	call.take(raw, sent)

	fault := s.strike(r, chaos.Call{Endpoint: chaos.EndpointReport, Account: call.Account, Consumer: call.Consumer})
	if fault.Connection == chaos.BeforeReset || fault.Connection == chaos.BeforeTimeout {
		s.lose(call, fault)
	}
	breakBefore(r, fault)
	unserved := cmp.Or(checkMethod(r, http.MethodPut, http.MethodPost), unread, s.checkAddress(call), s.chaosRefusal(fault))
	breakAfter(w, r, fault, func(w http.ResponseWriter) {
		answer, refused := s.decide(call, sent, unserved, cmp.Or(checkIDs(call), invalid), fault.Loading)
		if refused != nil {
			s.refuse(w, refused)
			return
		}
		writeJSON(w, call.Status, answer)
	})
}

// lose keeps a call that a chaos rule lets come to nothing. It has no status.
func (s *Sandbox) lose(call *Call, fault chaos.Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	call.Time = s.now()
	call.Reason = "a chaos rule has let the call come to nothing: " + fault.Connection
	s.calls.add(call)
	s.totals.count(call)
}

// decide settles what the call gets, and keeps it. unserved is why the call never reaches the account, invalid why the
// account, once loaded, does not take it; loading says that it is not loaded, whatever the count. Nothing but this part of a report holds the lock, so no JSON is read in here.
func (s *Sandbox) decide(call *Call, sent content, unserved, invalid *refusal, loading bool) (reportAnswer, *refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	call.Time = s.now()
	refused := unserved
	if refused == nil {
		refused = cmp.Or(s.checkLoading(call, loading), invalid)
	}
	var answer reportAnswer
	if refused != nil {
		call.Status, call.InternalCode, call.Reason, call.message = refused.status, refused.code, refused.reason(), refused.message
	} else {
		answer = s.accept(call, sent)
	}
	s.calls.add(call)
	s.totals.count(call)
	return answer, refused
}

// accept finds or makes the call's session: 200 for a valid pair of ids, 201 for anything else.
func (s *Sandbox) accept(call *Call, sent content) reportAnswer {
	visitor, session, created := s.visits.resume(call.SentVisitorID, call.SentSessionID, call.Time)
	call.VisitorID, call.SessionID, call.Status = visitor, session, http.StatusOK
	if created {
		call.Status = http.StatusCreated
	}
	call.PageID = sent.pageID
	if call.PageID == "" {
		call.PageID = s.visits.newPageID()
	}
	return reportAnswer{SessionID: session, VisitorID: visitor, PageID: call.PageID}
}

// checkLoading answers the first calls to a low-traffic account, which LivePerson loads on first use (Monitoring API,
// overview). The message carries a visitor id that the retry is to send.
func (s *Sandbox) checkLoading(call *Call, forced bool) *refusal {
	if s.loading <= 0 && !forced {
		return nil
	}
	s.loading = max(0, s.loading-1)
	refused := &refusal{
		status:  http.StatusInternalServerError,
		code:    codeLoadingV10,
		message: fmt.Sprintf("Loading account: %s, vid: %s", call.Account, s.visits.visitor(call.SentVisitorID, call.Time)),
		advice:  "the report was not taken; send it again after 3 s, with this vid in the query",
	}
	if call.Version == "1.1" {
		refused.status, refused.code = http.StatusAccepted, codeLoadingV11
	}
	return refused
}

// checkAddress looks at what comes before the body. The wording of two messages is an assumption, and so is that a
// missing v is an illegal one and that the Monitoring API answers an unknown account as the Visit Information API does.
func (s *Sandbox) checkAddress(call *Call) *refusal {
	switch {
	case call.Version != "1.0" && call.Version != "1.1":
		return &refusal{
			status: http.StatusBadRequest, code: codeVersion, message: "Illegal Version",
			advice: "send v=1.0 or v=1.1 in the query",
		}
	case call.Account != s.options.AccountID:
		return &refusal{
			status: http.StatusNotFound, code: codeAccount, message: "Bad account id",
			advice: "the account of this sandbox is " + s.options.AccountID,
		}
	case call.AppInstallationID != s.options.AppInstallationID:
		return &refusal{
			status: http.StatusNotFound, code: codeAppInstallation, message: "Bad app installation id",
			advice: "the app installation id of this sandbox is " + s.options.AppInstallationID,
		}
	}
	return nil
}

// checkIDs refuses ids that LivePerson cannot have made. The Monitoring API's pages promise a new session (201) for
// invalid ids and list 404 with codes 37 and 39 as well, without saying which ids get which; that malformed ones get
// the 404 is an assumption, and so are the messages.
func checkIDs(call *Call) *refusal {
	if call.SentVisitorID != "" && !wellFormed(call.SentVisitorID) {
		return &refusal{
			status: http.StatusNotFound, code: codeVisitor, message: "Bad visitor id",
			advice: "send the visitorId of an earlier answer as vid, URL-escaped, or leave vid out",
		}
	}
	if call.SentSessionID != "" && !wellFormed(call.SentSessionID) {
		return &refusal{
			status: http.StatusNotFound, code: codeSession, message: "Bad session id",
			advice: "send the sessionId of an earlier answer as sid, URL-escaped, or leave sid out",
		}
	}
	return nil
}

// readBody reads up to maxBody bytes. LivePerson documents no answer for longer ones: 413 is an assumption.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, *refusal) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
		return nil, &refusal{
			status: http.StatusRequestEntityTooLarge, code: codeInvalid, message: "body",
			advice: fmt.Sprintf("the sandbox takes %d bytes at most; send fewer engagement attributes per report", maxBody),
		}
	}
	if err != nil {
		return nil, invalidField("body", "the connection broke off before the body was complete; send it again")
	}
	return raw, nil
}

// newCall reads what the request line says.
func newCall(r *http.Request) *Call {
	query := r.URL.Query()
	return &Call{
		Method:            r.Method,
		Account:           r.PathValue("account"),
		AppInstallationID: r.PathValue("app"),
		Version:           query.Get("v"),
		OnBehalfOf:        query.Get("obh") == "true",
		SentVisitorID:     query.Get("vid"),
		SentSessionID:     query.Get("sid"),
	}
}

// take adds what the body says. A body that is not JSON is kept as a JSON string, so that it can still be read.
func (c *Call) take(raw []byte, sent content) {
	c.Consumer = cmp.Or(sent.consumer, c.SentVisitorID)
	c.Types = sent.types
	c.Body = raw
	if len(raw) > 0 && !sent.isJSON {
		c.Body, _ = json.Marshal(string(raw)) // a string always marshals
	}
}
