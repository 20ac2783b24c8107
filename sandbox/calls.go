package sandbox

import (
	"slices"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
)

// What a sandbox received.
type (
	// Call is one request to an API of LivePerson, accepted or refused, with the sandbox's decision.
	Call = journal.Call
	// Why is one thing that is wrong with a report.
	Why = journal.Why
	// Summary has the totals. They include the calls that are no longer kept.
	Summary = journal.Summary
	// Reject is one reason for which calls were refused, with the number of such calls.
	Reject = journal.Reject
)

// EndpointReport is the name of the report call in chaos rules and in Summary.Calls.
const EndpointReport = chaos.EndpointReport

// Calls returns the calls to LivePerson's APIs that the sandbox still keeps, oldest first, refused ones included.
// Options.Keep, KeepBytes and KeepFor limit how many calls the sandbox keeps. The caller must not change the bodies.
func (s *Sandbox) Calls() []Call {
	kept := s.journal.Snapshot().Calls()
	calls := make([]Call, len(kept))
	for i, call := range kept {
		calls[i] = call.Call
	}
	return calls
}

// Reports returns the accepted reports of the Monitoring API among Calls.
func (s *Sandbox) Reports() []Call { return s.accepted(chaos.EndpointReport) }

// Messages returns the accepted calls among Calls that sent something into a conversation.
func (s *Sandbox) Messages() []Call { return s.accepted(chaos.EndpointSend) }

func (s *Sandbox) accepted(endpoint string) []Call {
	return slices.DeleteFunc(s.Calls(), func(call Call) bool { return call.Endpoint != endpoint || !call.Good() })
}

// Summary returns the totals of what came in so far.
func (s *Sandbox) Summary() Summary { return s.journal.Summary() }
