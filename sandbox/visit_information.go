package sandbox

import (
	"cmp"
	"net/http"
	"slices"

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

func (s *Sandbox) settleVisitInformation(call *Call, _ content) (any, *refusal) {
	at, refused := s.find(call)
	if refused != nil {
		return nil, refused
	}
	call.Status = http.StatusOK
	call.VisitorID, call.SessionID, call.Consumer = at.visitor, at.session, cmp.Or(at.consumer, at.visitor)
	call.read = at
	return at.state(at.calls), nil
}

// state gives the session as some of its calls made it. It wants the lock.
func (v *visit) state(calls []*Call) visitState {
	return visitState{session: v.session, started: v.started, calls: slices.Clone(calls)}
}

// readAgain gives what a call that has read a session was answered, from the session's calls that are still kept.
func (s *Sandbox) readAgain(call *Call) visitState {
	s.mu.Lock()
	defer s.mu.Unlock()
	before, _ := slices.BinarySearchFunc(call.read.calls, call.ID, func(c *Call, id int) int { return c.ID - id })
	return call.read.state(call.read.calls[:before])
}
