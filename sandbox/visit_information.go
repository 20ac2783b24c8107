package sandbox

import (
	"cmp"
	"net/http"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
)

const visitPath = "/api/account/{account}/monitoring/visitors/{visitor}/visits/current/state"

// visitInformation shows a session as LivePerson stores it (Visit Information API). LivePerson wants OAuth 1.0, a sandbox
// only if it is strict, and has no password, which would be in the same header.
func (s *Sandbox) visitInformation() operation {
	return operation{
		endpoint: chaos.EndpointVisitInformation,
		methods:  []string{http.MethodGet},
		versions: []string{"1"},
		oauth:    s.options.Strict && s.options.Password == "",
		session:  true,
		read:     readNothing,
		settle:   s.settleVisitInformation,
	}
}

func (s *Sandbox) settleVisitInformation(call *journal.Entry, _ content) (any, *refusal) {
	at, refused := s.find(call)
	if refused != nil {
		return nil, refused
	}
	call.Status = http.StatusOK
	call.VisitorID, call.SessionID, call.Consumer = at.visitor, at.session, cmp.Or(at.consumer, at.visitor)
	call.Read = at
	return at.State(s.journal.CallsOf(&at.trail, 0)), nil
}

// Calls returns the trail with the session's calls.
func (v *visit) Calls() *journal.Trail { return &v.trail }

// State returns the session as some of its calls made it.
func (v *visit) State(calls []*journal.Entry) any {
	return visitState{session: v.session, started: v.started, calls: calls}
}

// readAgain returns what a call that read a session was answered, from the session's calls that are still kept.
func (s *control) readAgain(call *journal.Entry) any {
	return call.Read.State(s.journal.CallsOf(call.Read.Calls(), call.ID))
}
