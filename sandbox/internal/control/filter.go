package control

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
)

// The verdicts on a call.
const (
	verdictAll  = "all"
	verdictGood = "good" // accepted
	verdictBad  = "bad"  // refused, answers of a loading account among them
)

// keptEndpoints are those whose calls are kept.
var keptEndpoints = slices.Concat([]string{
	chaos.EndpointReport, chaos.EndpointEngagement, chaos.EndpointAppEngagement, chaos.EndpointVisitInformation,
	chaos.EndpointEngagementAttributes, chaos.EndpointExternalEngagement,
}, journal.MessagingEndpoints, []string{chaos.EndpointDomain, journal.EndpointUnknown})

// waysIn are those at which nothing is said that a consumer has said or done.
var waysIn = append([]string{chaos.EndpointDomain}, journal.TokenEndpoints...)

func noSuchEndpoint() error {
	return fmt.Errorf("%s: must be one of %s", paramEndpoint, strings.Join(keptEndpoints, ", "))
}

// filter picks calls. Its zero value picks all.
type filter struct {
	verdict  string
	types    []string // one of them is enough
	consumer string
	account  string
	session  string
	endpoint string
	sinceID  int
	since    time.Time
	before   int // id; 0 for no bound
	limit    int // 0 for none
	// noWaysIn passes over calls by which a sender only finds its way in.
	noWaysIn bool
}

// counting picks what has arrived, if the verdict does not say otherwise: the accepted calls, and no tokens or domains that
// were given out, unless the endpoint is one of theirs. How many of these a sender needs is its own affair.
func (f filter) counting() filter {
	f.verdict = cmp.Or(f.verdict, verdictGood)
	f.noWaysIn = f.verdict == verdictGood && f.endpoint == ""
	return f
}

// The parameters of a filter.
const (
	paramVerdict  = "verdict"
	paramType     = "type"
	paramConsumer = "consumer"
	paramAccount  = "account"
	paramSession  = "session"
	paramEndpoint = "endpoint"
	paramSince    = "since"
)

// maxTypes is how many types a filter may name. Each call is compared with all of them.
const maxTypes = 100

var filterParams = []string{paramVerdict, paramType, paramConsumer, paramAccount, paramSession, paramEndpoint, paramSince}

// The parameters of a page, beside those of a filter: the newest limit calls, and those before them when before is the
// id of the first.
const (
	paramLimit  = "limit"
	paramBefore = "before"
)

// readFilter reads a filter from a query. It refuses parameters that are neither a
// filter's nor among the others: a misspelt one would let everything through.
func readFilter(query url.Values, others ...string) (filter, error) {
	for name := range query {
		if !slices.Contains(filterParams, name) && !slices.Contains(others, name) {
			return filter{}, fmt.Errorf("%s: there is no such parameter, only %s", name, strings.Join(append(slices.Clone(filterParams), others...), ", "))
		}
	}
	f := filter{
		verdict:  query.Get(paramVerdict),
		consumer: query.Get(paramConsumer),
		account:  query.Get(paramAccount),
		session:  query.Get(paramSession),
		endpoint: query.Get(paramEndpoint),
	}
	if f.verdict != "" && f.verdict != verdictAll && f.verdict != verdictGood && f.verdict != verdictBad {
		return f, fmt.Errorf("%s: must be %s, %s or %s", paramVerdict, verdictAll, verdictGood, verdictBad)
	}
	if f.endpoint != "" && !slices.Contains(keptEndpoints, f.endpoint) {
		return f, noSuchEndpoint()
	}
	if types := query.Get(paramType); types != "" {
		f.types = strings.Split(types, ",")
	}
	if len(f.types) > maxTypes {
		return f, fmt.Errorf("%s: must have %d types at most, has %d", paramType, maxTypes, len(f.types))
	}
	return f, f.readSince(query.Get(paramSince))
}

func (f *filter) readSince(since string) (err error) {
	if since == "" {
		return nil
	}
	if f.sinceID, err = strconv.Atoi(since); err == nil {
		return nil
	}
	if f.since, err = time.Parse(time.RFC3339, since); err != nil {
		return fmt.Errorf("%s: must be the id of a call, or a time such as 2026-03-02T09:00:00Z", paramSince)
	}
	return nil
}

// readPage reads the parameters of a page.
func (f *filter) readPage(query url.Values) error {
	for name, into := range map[string]*int{paramLimit: &f.limit, paramBefore: &f.before} {
		text := query.Get(name)
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return fmt.Errorf("%s: must be a number from 1 on", name)
		}
		*into = n
	}
	return nil
}

// pick gives the calls that the filter lets through, in their order: the newest, if there is a limit. It stops when the
// context ends.
func (f filter) pick(ctx context.Context, calls []*journal.Entry) []*journal.Entry {
	picked := []*journal.Entry{}
	for _, call := range slices.Backward(calls) {
		if f.limit > 0 && len(picked) == f.limit || ctx.Err() != nil {
			break
		}
		if f.lets(call) {
			picked = append(picked, call)
		}
	}
	slices.Reverse(picked)
	return picked
}

func (f filter) lets(call *journal.Entry) bool {
	switch {
	case f.verdict == verdictGood && !call.Good(),
		f.verdict == verdictBad && call.Good(),
		f.consumer != "" && f.consumer != call.Consumer,
		f.endpoint != "" && f.endpoint != call.Endpoint,
		f.account != "" && f.account != call.Account,
		f.noWaysIn && slices.Contains(waysIn, call.Endpoint),
		f.session != "" && f.session != call.SessionID && f.session != call.SentSessionID,
		call.ID <= f.sinceID,
		f.before > 0 && call.ID >= f.before,
		call.Time.Before(f.since):
		return false
	}
	return f.types == nil || slices.ContainsFunc(call.Types, func(name string) bool { return slices.Contains(f.types, name) })
}
