package monitoring

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/access"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/history"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
)

// LivePerson's internalCode values (Monitoring API, overview: error codes). codeAccount, codeUnauthorized and
// codeSessionGone are from the Visit Information API. A refusal has the code 0 if LivePerson documents no number.
const (
	codeInvalid         = 5
	codeAccount         = 6
	codeUnauthorized    = 10
	codeSessionGone     = 12
	codeAppInstallation = 18
	codeLoadingV10      = 20
	codeVersion         = 33
	codeVisitor         = 37
	codeLoadingV11      = 38
	codeSession         = 39
)

// operation describes one method of LivePerson's APIs. The journal keeps its calls.
type operation struct {
	endpoint string // its name in calls and chaos rules
	methods  []string
	versions []string
	// anyVersion says that the method ignores the version.
	anyVersion bool
	// need says how the caller must prove who it is. nil: the method is open to everybody.
	need *access.Need
	// secret says that neither the body nor the answer is kept.
	secret bool
	// noAccount is the status for an unknown account. 0: 404.
	noAccount int
	// retry says how to call a loading account again. Empty: the account need not be loaded.
	retry string
	// needsSession says that the call must name a session.
	needsSession bool
	// read reads the body. It gets the visitor id from the request, which may be the consumer.
	read func(raw []byte, visitorID string, strict bool) (content, *httpapi.Refusal)
	// prepare looks up what respond needs from outside the account. It runs without the lock. nil: nothing.
	prepare func(call *journal.Entry, sent *content)
	// respond returns the answer of a loaded account. A nil answer is an empty body. It runs with the lock held, so it
	// must not parse JSON.
	respond func(call *journal.Entry, sent content) (any, *httpapi.Refusal)
}

// readNothing is the read of methods without a body.
func readNothing([]byte, string, bool) (content, *httpapi.Refusal) {
	return content{types: []string{}}, nil
}

// serve returns the handler of an operation.
func (a *Account) serve(o operation) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		call := journal.NewEntry(r, o.endpoint)
		raw, unread := readBody(w, r)
		sent, invalid := o.read(raw, call.SentVisitorID, a.options.Strict)
		call.Consumer = cmp.Or(sent.consumer, call.SentVisitorID)
		call.Types, call.Notes = sent.types, sent.notes
		if o.secret {
			call.Target = r.URL.EscapedPath()
		} else {
			call.SetBody(raw, sent.isJSON)
		}

		fault := a.options.Chaos.Strike(chaos.Call{Endpoint: o.endpoint, Account: call.Account, Consumer: a.consumerOf(call, sent)}, a.options.Now())
		call.Fault = fault.RuleName()
		a.store(&sent, fault)
		fault.Delay(r)
		if fault.IsLost() {
			a.options.Journal.AddLost(call, fault)
		}
		fault.BreakBefore(r)
		unserved := cmp.Or(httpapi.CheckMethod(r, o.methods...), unread, a.checkAccess(r, raw, call, o), a.checkAddress(call, o), fault.Refusal(a.options.Now()))
		fault.BreakAfter(w, r, func(w http.ResponseWriter) {
			if o.prepare != nil {
				o.prepare(call, &sent)
			}
			if bad := checkIDs(call, o.needsSession); bad != nil {
				invalid, sent.why = bad, nil
			}
			answer, refused := a.decide(o, call, sent, unserved, invalid, fault.Loading)
			switch {
			case refused != nil:
				a.refuse(w, refused)
			case answer == nil:
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(call.Status)
			default:
				httpapi.WriteJSON(w, call.Status, answer)
			}
		})
	}
}

// readBody reads the body. LivePerson documents no answer for long bodies. The sandbox assumes 413, and shows the body.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, *httpapi.Refusal) {
	raw, err := httpapi.ReadLongBody(w, r)
	switch {
	case errors.Is(err, httpapi.ErrTooLong):
		return raw, &httpapi.Refusal{
			Status: http.StatusRequestEntityTooLarge, Code: codeInvalid, Message: "body",
			Advice: fmt.Sprintf("the sandbox accepts %d bytes at most; send fewer engagement attributes per report", httpapi.MaxBody),
		}
	case err != nil:
		return nil, invalidField("body", "the connection broke off before the body was complete; send it again")
	}
	return raw, nil
}

// decide answers the call and adds it to the journal. unserved is the reason why the call does not reach the account.
// invalid is the reason why a loaded account refuses the call. loading says that the account is loading, independent
// of the count. decide holds the lock for as short as possible: no other part of a call holds it for long.
func (a *Account) decide(o operation, call *journal.Entry, sent content, unserved, invalid *httpapi.Refusal, loading bool) (answer any, refused *httpapi.Refusal) {
	a.mu.Lock()
	defer a.mu.Unlock()
	call.Time = a.options.Now()
	refused = unserved
	if refused == nil && o.retry != "" {
		refused = a.checkLoading(call, loading, o.retry)
	}
	refused = cmp.Or(refused, invalid)
	if refused == nil {
		answer, refused = o.respond(call, sent)
	}
	if call.Read == nil && !o.secret {
		call.Answer = answer
	}
	if long, ok := answer.(*history.Answer); ok {
		call.Answer = history.Answer{Metadata: long.Metadata, Records: []history.Record{}} // without the records, because there may be many
	}
	if refused != nil {
		call.Loading = refused.Code == codeLoadingV10 || refused.Code == codeLoadingV11
		call.Status, call.InternalCode, call.Reason = refused.Status, refused.Code, refused.Reason()
		call.Answer = refused.Entity(call.Time)
		if refused == invalid {
			call.Why = sent.why
		}
	}
	a.options.Journal.Add(call)
	return answer, refused
}

// enterSession finds the session of the call, or starts a session. It sets the status: 200 for a valid pair of ids, 201
// for anything else. The caller holds the lock.
func (a *Account) enterSession(call *journal.Entry, sent content) *visit {
	session, created := a.visits.resume(call.SentVisitorID, call.SentSessionID, call.Time)
	call.Status, call.Created = http.StatusOK, created
	if created {
		call.Status = http.StatusCreated
	}
	a.addToSession(session, call, sent)
	return session
}

// addToSession adds an accepted call to a session. The caller holds the lock.
func (a *Account) addToSession(session *visit, call *journal.Entry, sent content) {
	session.consumer = cmp.Or(sent.consumer, session.consumer)
	call.VisitorID, call.SessionID = session.visitorID, session.sessionID
	call.Consumer = cmp.Or(session.consumer, call.SentVisitorID, session.visitorID)
	call.PageID, call.Dropped = sent.pageID, sent.dropped
	for _, sub := range sent.subs {
		if sub != call.Consumer {
			call.Subs = append(call.Subs, sub)
		}
	}
	if call.PageID == "" {
		call.PageID = a.visits.newPageID()
	}
	if len(sent.met) > 0 {
		session.offered().meet(sent.met)
	}
	session.pageID = call.PageID
	call.Trail = &session.trail
}

// findSession returns the session that a call names. It refuses the call if there is no such session. The Visit
// Information API's page lists the codes. Which code belongs to which case is an assumption. The caller holds the lock.
func (a *Account) findSession(call *journal.Entry) (*visit, *httpapi.Refusal) {
	if session := a.visits.find(call.SentVisitorID, call.SentSessionID, call.Time); session != nil {
		return session, nil
	}
	if !a.visits.visitors.knows(call.SentVisitorID, call.Time) {
		return nil, badVisitor("the sandbox did not make this visitor id; send the visitorId of an earlier answer")
	}
	return nil, &httpapi.Refusal{
		Status: http.StatusNotFound, Code: codeSessionGone, Message: "Session not found",
		Advice: "the visitor has no such session, or the session has ended; start a new one",
	}
}

// sessionOf returns the consumer and the ids of the session that a call names, or empty strings if there is none.
func (a *Account) sessionOf(call *journal.Entry) (consumer, visitor, session string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if found := a.visits.find(call.SentVisitorID, call.SentSessionID, a.options.Now()); found != nil {
		return found.consumer, found.visitorID, found.sessionID
	}
	return "", "", ""
}

// consumerOf returns the value that Call.Consumer will have if the account accepts the call.
func (a *Account) consumerOf(call *journal.Entry, sent content) string {
	if sent.consumer != "" || call.SentSessionID == "" {
		return call.Consumer
	}
	consumer, _, _ := a.sessionOf(call)
	return cmp.Or(consumer, call.Consumer)
}

// checkAccess refuses a caller who lacks the proof that the operation needs. A lenient account notes a wrong signature.
func (a *Account) checkAccess(r *http.Request, body []byte, call *journal.Entry, o operation) *httpapi.Refusal {
	if o.need == nil {
		return nil
	}
	problem, note := a.options.Access.Check(r, body, *o.need)
	if note != "" {
		call.Notes = append(slices.Clone(call.Notes), "Authorization: "+note)
	}
	if problem == "" {
		return nil
	}
	return &httpapi.Refusal{Status: http.StatusUnauthorized, Code: codeUnauthorized, Message: "Unauthorized", Advice: problem}
}

// checkAddress checks the version, the account and the app. Three things are assumptions: the words of two messages, that
// a missing v is an illegal version, and that the Monitoring API answers an unknown account as the Visit Information API
// does.
func (a *Account) checkAddress(call *journal.Entry, o operation) *httpapi.Refusal {
	switch {
	case !o.anyVersion && !slices.Contains(o.versions, call.Version):
		return &httpapi.Refusal{
			Status: http.StatusBadRequest, Code: codeVersion, Message: "Illegal Version",
			Advice: o.versionAdvice(),
		}
	case call.Account != a.options.ID:
		return &httpapi.Refusal{
			Status: cmp.Or(o.noAccount, http.StatusNotFound), Code: codeAccount, Message: "Bad account id",
			Advice: "the account of this sandbox is " + a.options.ID,
		}
	case call.AppInstallationID != "" && call.AppInstallationID != a.options.AppInstallationID: // some paths have no app
		return &httpapi.Refusal{
			Status: http.StatusNotFound, Code: codeAppInstallation, Message: "Bad app installation id",
			Advice: "the app installation id of this sandbox is " + a.options.AppInstallationID,
		}
	}
	return nil
}

// versionAdvice says which version to send.
func (o operation) versionAdvice() string {
	name := "v"
	if o.endpoint == chaos.EndpointDomain {
		name = journal.ParamVersion
	}
	return "send " + name + "=" + strings.Join(o.versions, " or "+name+"=") + " in the query"
}

// checkIDs refuses ids that LivePerson can't have made. The Monitoring API's pages promise a new session (201) for invalid
// ids. They also list 404 with the codes 37 and 39, and do not say which ids get it. The sandbox assumes 404 for malformed
// ids, and for missing ids where they are required. The messages are assumptions too.
func checkIDs(call *journal.Entry, required bool) *httpapi.Refusal {
	if !mayBeID(call.SentVisitorID, required) {
		return badVisitor("send the visitorId of an earlier answer, URL-escaped" + orLeaveOut("vid", required))
	}
	if !mayBeID(httpapi.SessionID(call.SentSessionID), required) {
		return &httpapi.Refusal{
			Status: http.StatusNotFound, Code: codeSession, Message: "Bad session id",
			Advice: "send the sessionId of an earlier answer as sid, URL-escaped" + orLeaveOut("sid", required),
		}
	}
	return nil
}

func mayBeID(id string, required bool) bool {
	return id == "" && !required || id != "" && wellFormed(id)
}

func orLeaveOut(id string, required bool) string {
	if required {
		return ""
	}
	return ", or leave " + id + " out"
}

func badVisitor(advice string) *httpapi.Refusal {
	return &httpapi.Refusal{Status: http.StatusNotFound, Code: codeVisitor, Message: "Bad visitor id", Advice: advice}
}

// idsOf returns the ids that every answer has.
func idsOf(call *journal.Entry) reportAnswer {
	return reportAnswer{SessionID: call.SessionID, VisitorID: call.VisitorID, PageID: call.PageID}
}
