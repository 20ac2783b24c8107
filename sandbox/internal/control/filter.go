package control

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/openapi"
)

// filter picks calls. Its fields are query parameters. The zero value picks all calls.
type filter struct {
	Verdict  verdict      `query:"verdict" doc:"Which calls: all, good (accepted) or bad (refused)."`
	Types    typeList     `query:"type" doc:"A type of engagement attribute; in messaging, of a request or an event. Several types are separated by commas."`
	Consumer string       `query:"consumer" doc:"The consumer: the sub of the first identity, or else consumerId, or else the visitor id. In messaging, the ext_consumer_id."`
	Account  string       `query:"account" doc:"The account."`
	Session  string       `query:"session" doc:"A session id, from the request or the answer."`
	Endpoint endpoint     `query:"endpoint" doc:"The endpoint that was called."`
	Since    since        `query:"since" doc:"The id of a call, the id of an event of /sandbox/events, or a time (RFC 3339). Only later calls match."`
	Text     text         `query:"q" doc:"A text that is somewhere in the call: in its body, ids, address, reason or notes. Upper and lower case are equal."`
	Result   result       `query:"result" doc:"What became of the call: accepted, noted (accepted, with notes) or refused; of a receipt also dropped, withheld, duplicate or unknown."`
	Receipts openapi.Flag `query:"receipts" doc:"true also picks receipts."`

	// withoutAccess skips calls that only give a sender access: tokens, logins and domains.
	withoutAccess bool
}

// verdict is the sandbox's decision on a call.
type verdict string

const (
	verdictAll  verdict = "all"
	verdictGood verdict = "good" // accepted
	verdictBad  verdict = "bad"  // refused; a loading account refuses too
)

func (v *verdict) UnmarshalText(text []byte) error {
	*v = verdict(text)
	if !slices.Contains([]verdict{verdictAll, verdictGood, verdictBad}, *v) {
		return fmt.Errorf("must be %s, %s or %s", verdictAll, verdictGood, verdictBad)
	}
	return nil
}

// Schema describes the values.
func (verdict) Schema() openapi.Schema {
	return openapi.Schema{"enum": []verdict{verdictAll, verdictGood, verdictBad}}
}

// endpoints are the endpoints whose calls the journal keeps.
var endpoints = slices.Concat([]string{
	chaos.EndpointReport, chaos.EndpointEngagement, chaos.EndpointAppEngagement, chaos.EndpointVisitInformation,
	chaos.EndpointEngagementAttributes, chaos.EndpointExternalEngagement, chaos.EndpointInteractions,
}, journal.MessagingEndpoints, []string{chaos.EndpointDomain, chaos.EndpointLogin, journal.EndpointUnknown})

// accessEndpoints give a sender access. Their calls say nothing about a consumer.
var accessEndpoints = append([]string{chaos.EndpointDomain, chaos.EndpointLogin}, journal.TokenEndpoints...)

// endpoint is one of endpoints.
type endpoint string

func (e *endpoint) UnmarshalText(text []byte) error {
	*e = endpoint(text)
	if !slices.Contains(endpoints, string(text)) {
		return fmt.Errorf("must be one of %s", strings.Join(endpoints, ", "))
	}
	return nil
}

// Schema describes the values.
func (endpoint) Schema() openapi.Schema { return openapi.Schema{"enum": endpoints} }

// maxTypes is the maximum number of types in a filter. The filter compares each call with all of them.
const maxTypes = 100

// typeList is a list of types, separated by commas.
type typeList []string

func (t *typeList) UnmarshalText(text []byte) error {
	*t = strings.Split(string(text), ",")
	return t.check()
}

func (t typeList) check() error {
	if len(t) > maxTypes {
		return fmt.Errorf("must have %d types at most, has %d", maxTypes, len(t))
	}
	return nil
}

// since is the id of a call, the id of an event, or a time.
type since struct {
	given bool
	epoch string // the epoch in the id of an event
	id    int
	time  time.Time
}

func (s *since) UnmarshalText(text []byte) (err error) {
	s.given = true
	if s.time, err = time.Parse(time.RFC3339, string(text)); err == nil {
		return nil
	}
	if s.epoch, s.id, err = readEventID(string(text)); err == nil {
		return nil
	}
	return errors.New("must be the id of a call, or a time such as 2026-03-02T09:00:00Z, or the id of an event")
}

// in returns the filter for calls of an epoch. The id of an event of another epoch allows all calls.
func (f filter) in(epoch string) filter {
	if f.Since.epoch != "" && f.Since.epoch != epoch {
		f.Since.id = 0
	}
	return f
}

// page picks the newest calls, or those before a call.
type page struct {
	Limit  openapi.Count `query:"limit" doc:"The maximum number of calls. The newest calls are picked."`
	Before openapi.Count `query:"before" doc:"The id of a call. Only earlier calls match. With limit, it pages backwards through the calls."`
}

// counting returns a filter for counting. Without a verdict, the filter picks accepted calls. It then skips tokens and
// domains, unless the endpoint names one of them, because a sender may ask for tokens and domains as often as it
// likes.
func (f filter) counting() filter {
	f.Verdict = cmp.Or(f.Verdict, verdictGood)
	f.withoutAccess = f.Verdict == verdictGood && f.Endpoint == ""
	return f
}

// pick returns the calls that match, oldest first. It stops when the context ends.
func (f filter) pick(ctx context.Context, calls []*journal.Entry, of page) []*journal.Entry {
	picked := []*journal.Entry{}
	for _, call := range slices.Backward(calls) {
		if of.Limit > 0 && len(picked) == int(of.Limit) || ctx.Err() != nil {
			break
		}
		if f.matches(call) && (of.Before == 0 || call.ID < int(of.Before)) {
			picked = append(picked, call)
		}
	}
	slices.Reverse(picked)
	return picked
}

func (f filter) matches(call *journal.Entry) bool {
	switch {
	case call.Receipt != "" && !bool(f.Receipts),
		f.Result != "" && string(f.Result) != call.Result(),
		f.Verdict == verdictGood && !call.Good(),
		f.Verdict == verdictBad && call.Good(),
		f.Consumer != "" && f.Consumer != call.Consumer,
		f.Endpoint != "" && string(f.Endpoint) != call.Endpoint,
		f.Account != "" && f.Account != call.Account,
		f.withoutAccess && slices.Contains(accessEndpoints, call.Endpoint),
		f.Session != "" && f.Session != call.SessionID && f.Session != call.SentSessionID,
		call.ID <= f.Since.id,
		call.Time.Before(f.Since.time):
		return false
	}
	if f.Types != nil && !slices.ContainsFunc(call.Types, func(name string) bool { return slices.Contains(f.Types, name) }) {
		return false
	}
	return f.Text == "" || f.Text.in(call)
}
