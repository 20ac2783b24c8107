package monitoring

import (
	"cmp"
	"net/http"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/access"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
)

// VisitPath is the path that shows a visit.
const VisitPath = "/api/account/{account}/monitoring/visitors/{visitor}/visits/current/state"

// visitInformation shows a session as LivePerson stores it (Visit Information API). LivePerson requires a login or an API key.
// The sandbox requires one if Options.Closed is set.
func (a *Account) visitInformation() operation {
	return operation{
		endpoint:     chaos.EndpointVisitInformation,
		methods:      []string{http.MethodGet},
		versions:     []string{"1"},
		need:         &access.Need{Ways: access.ByAPIKey | access.ByLogin, Optional: !a.options.Closed, Verify: a.options.Verify},
		needsSession: true,
		read:         readNothing,
		respond:      a.respondVisitInformation,
	}
}

func (a *Account) respondVisitInformation(call *journal.Entry, _ content) (any, *httpapi.Refusal) {
	session, refused := a.findSession(call)
	if refused != nil {
		return nil, refused
	}
	call.Status = http.StatusOK
	call.VisitorID, call.SessionID, call.Consumer = session.visitorID, session.sessionID, cmp.Or(session.consumer, session.visitorID)
	shown := readVisit{session, time.Duration(a.storage.Delay)}
	call.Read = shown
	return shown.State(a.options.Journal.CallsOf(&session.trail, 0), call.Time), nil
}

// readVisit is a session that a call read, with the delay at that time.
type readVisit struct {
	*visit
	delay time.Duration
}

// Calls returns the trail with the session's calls.
func (v readVisit) Calls() *journal.Trail { return &v.trail }

// State returns the session after some of its calls, as it is shown at a time.
func (v readVisit) State(calls []*journal.Entry, now time.Time) any {
	return visitState{sessionID: v.sessionID, started: v.started, calls: calls, shown: now.Add(-v.delay)}
}
