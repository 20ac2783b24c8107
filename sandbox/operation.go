package sandbox

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/campaign"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
)

// operation is one of LivePerson's methods whose calls are kept: what sets it apart.
type operation struct {
	endpoint string // in calls and chaos rules
	methods  []string
	versions []string
	oauth    bool // the call wants an OAuth 1.0 header
	// noAccount is the status where there is no such account; 0: 404.
	noAccount int
	// again says how to come back to a loading account; empty: it need not be loaded.
	again string
	// session says that the call must name one.
	session bool
	// read gets the visitor id that was sent, which can be who it is about.
	read func(raw []byte, visitorID string, strict bool) (content, *refusal)
	// ask looks up what settle needs and can't ask for, as it has the lock; nil: nothing.
	ask func(call *journal.Entry, sent *content)
	// settle says what an account that is loaded answers; nil is an empty answer. It has the lock, so no JSON is
	// read in it.
	settle func(call *journal.Entry, sent content) (any, *refusal)
}

// readNothing is for methods without a body.
func readNothing([]byte, string, bool) (content, *refusal) { return content{types: []string{}}, nil }

// advise says at which version a method answers.
func (o operation) advise() string {
	name := "v"
	if o.endpoint == chaos.EndpointDomain {
		name = journal.ParamVersion
	}
	return "send " + name + "=" + strings.Join(o.versions, " or "+name+"=") + " in the query"
}

// serve takes calls of an operation.
func (s *Sandbox) serve(o operation) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		call := journal.NewEntry(r, o.endpoint)
		raw, unread := readBody(w, r)
		sent, invalid := o.read(raw, call.SentVisitorID, s.options.Strict)
		sent.met = campaign.Met(s.inForce(), sent.said)
		take(call, raw, sent)

		fault := s.strike(r, chaos.Call{Endpoint: o.endpoint, Account: call.Account, Consumer: s.whoCalls(call, sent)})
		if fault.IsLost() {
			s.lose(call, fault)
		}
		breakBefore(r, fault)
		unserved := cmp.Or(checkMethod(r, o.methods...), unread, o.checkOAuth(r), s.checkAddress(call, o), s.chaosRefusal(fault))
		breakAfter(w, r, fault, func(w http.ResponseWriter) {
			if o.ask != nil {
				o.ask(call, &sent)
			}
			answer, refused := s.decide(o, call, sent, unserved, cmp.Or(checkIDs(call, o.session), invalid), fault.Loading)
			switch {
			case refused != nil:
				s.refuse(w, refused)
			case answer == nil:
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(call.Status)
			default:
				writeJSON(w, call.Status, answer)
			}
		})
	}
}

// lose keeps a call that a chaos rule lets come to nothing. It has no status.
func (s *Sandbox) lose(call *journal.Entry, fault chaos.Fault) {
	call.Reason = "a chaos rule has let the call come to nothing: " + fault.Connection
	s.journal.Add(call)
}

// decide settles what the call gets, and keeps it. unserved is why the call never reaches the account, invalid why the
// account, once loaded, does not take it; loading says that it is not loaded, whatever the count. Nothing but this part
// of a call holds the lock.
func (s *Sandbox) decide(o operation, call *journal.Entry, sent content, unserved, invalid *refusal, loading bool) (answer any, refused *refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	call.Time = s.clock.Now()
	refused = unserved
	if refused == nil && o.again != "" {
		refused = s.checkLoading(call, loading, o.again)
	}
	refused = cmp.Or(refused, invalid)
	if refused == nil {
		answer, refused = o.settle(call, sent)
	}
	if call.Read == nil {
		call.Answer = answer
	}
	if refused != nil {
		call.Loading = refused.code == codeLoadingV10 || refused.code == codeLoadingV11
		call.Status, call.InternalCode, call.Reason = refused.status, refused.code, refused.reason()
		call.Why = refused.why
		call.Answer = refused.entity(call.Time)
	}
	s.journal.Add(call)
	return answer, refused
}

// enter finds or makes the call's session: 200 for a valid pair of ids, 201 for anything else.
func (s *Sandbox) enter(call *journal.Entry, sent content) *visit {
	at, created := s.visits.resume(call.SentVisitorID, call.SentSessionID, call.Time)
	call.Status, call.Created = http.StatusOK, created
	if created {
		call.Status = http.StatusCreated
	}
	s.place(at, call, sent)
	return at
}

// place puts a call into a session.
func (s *Sandbox) place(at *visit, call *journal.Entry, sent content) {
	at.consumer = cmp.Or(sent.consumer, at.consumer)
	call.VisitorID, call.SessionID = at.visitor, at.session
	call.Consumer = cmp.Or(at.consumer, call.SentVisitorID, at.visitor)
	call.PageID = sent.pageID
	if call.PageID == "" {
		call.PageID = s.visits.newPageID()
	}
	if len(sent.met) > 0 {
		at.offered().meet(sent.met)
	}
	at.pageID = call.PageID
	call.Trail = &at.trail
}

// take adds what the body says.
func take(call *journal.Entry, raw []byte, sent content) {
	call.Consumer = cmp.Or(sent.consumer, call.SentVisitorID)
	call.Types, call.Notes = sent.types, sent.notes
	call.SetBody(raw, sent.isJSON)
}

// idsOf returns the ids that every answer has.
func idsOf(call *journal.Entry) reportAnswer {
	return reportAnswer{SessionID: call.SessionID, VisitorID: call.VisitorID, PageID: call.PageID}
}

// checkAddress looks at what comes before the body. The wording of two messages is an assumption, and so is that a
// missing v is an illegal one and that the Monitoring API answers an unknown account as the Visit Information API does.
func (s *Sandbox) checkAddress(call *journal.Entry, o operation) *refusal {
	switch {
	case !slices.Contains(o.versions, call.Version):
		return &refusal{
			status: http.StatusBadRequest, code: codeVersion, message: "Illegal Version",
			advice: o.advise(),
		}
	case call.Account != s.options.AccountID:
		return &refusal{
			status: cmp.Or(o.noAccount, http.StatusNotFound), code: codeAccount, message: "Bad account id",
			advice: "the account of this sandbox is " + s.options.AccountID,
		}
	case call.AppInstallationID != "" && call.AppInstallationID != s.options.AppInstallationID: // not all paths have one
		return &refusal{
			status: http.StatusNotFound, code: codeAppInstallation, message: "Bad app installation id",
			advice: "the app installation id of this sandbox is " + s.options.AppInstallationID,
		}
	}
	return nil
}

// checkIDs refuses ids that LivePerson cannot have made. The Monitoring API's pages promise a new session (201) for
// invalid ids and list 404 with codes 37 and 39 as well, without saying which ids get which; that malformed ones get
// the 404 is an assumption, and so are the messages, and that missing ones get it where they are required.
func checkIDs(call *journal.Entry, required bool) *refusal {
	if !mayBeID(call.SentVisitorID, required) {
		return badVisitor("send the visitorId of an earlier answer, URL-escaped" + orLeaveOut("vid", required))
	}
	if !mayBeID(call.SentSessionID, required) {
		return &refusal{
			status: http.StatusNotFound, code: codeSession, message: "Bad session id",
			advice: "send the sessionId of an earlier answer as sid, URL-escaped" + orLeaveOut("sid", required),
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

func badVisitor(advice string) *refusal {
	return &refusal{status: http.StatusNotFound, code: codeVisitor, message: "Bad visitor id", advice: advice}
}

// find gives the session that a call names, which must be there. Which code stands for what is an assumption; the
// Visit Information API's page lists them.
func (s *Sandbox) find(call *journal.Entry) (*visit, *refusal) {
	if at := s.visits.find(call.SentVisitorID, call.SentSessionID, call.Time); at != nil {
		return at, nil
	}
	if !s.visits.visitors.knows(call.SentVisitorID, call.Time) {
		return nil, badVisitor("no such visitor was made here; send the visitorId of an earlier answer")
	}
	return nil, &refusal{
		status: http.StatusNotFound, code: codeSessionGone, message: "Session not found",
		advice: "the visitor has no such session, or it has ended; begin a new one",
	}
}
