package control

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/openapi"
)

// wholeCall is a call with its request and its answer. The bodies are texts, because JSON readers
// round large numbers.
type wholeCall struct {
	Call   journal.Call `json:"call" doc:"Without its body."`
	Result string       `json:"result"`
	Sent   side         `json:"sent"`
	Answer side         `json:"answer"`
	// Sources are known if the pipeline runs in the process of the sandbox.
	Sources  []string `json:"sources,omitempty" doc:"The events that a pipeline made the call of, as its first component for LivePerson read them. Only run --sandbox knows them. A report may be made of several."`
	Personal []string `json:"personal,omitempty" doc:"The paths of the values in the body that say who a person is, as LivePerson's schemas have it."`
}

// side has the headers and the body of a request or an answer.
type side struct {
	Headers []harPair `json:"headers"`
	Body    string    `json:"body" doc:"As sent. Bytes that are not UTF-8 are replaced."`
	Size    int       `json:"size" doc:"In bytes."`
}

// call shows one call.
func (p *Pages) call(call *openapi.Call[openapi.None]) (shown wholeCall, err error) {
	id, err := strconv.Atoi(call.PathValue("id"))
	if err != nil {
		return shown, errors.New("id: must be the number of a call")
	}
	entry, last := p.Journal.Find(id)
	if entry == nil {
		why := fmt.Sprintf("there is no call %d yet: the latest is %d", id, last)
		if id <= last {
			why = fmt.Sprintf("call %d is forgotten: it was too old, or there were too many calls after it", id)
		}
		return shown, &httpapi.StatusError{Status: http.StatusNotFound, Err: errors.New(why)}
	}
	shown = wholeCall{Call: entry.Call, Result: entry.Result(), Sent: sideOf(bodyText(entry)), Answer: sideOf(p.answerText(entry))}
	for _, source := range p.Journal.Sources(id) {
		shown.Sources = append(shown.Sources, sideOf(string(source)).Body)
	}
	if entry.Endpoint == chaos.EndpointReport || entry.Endpoint == chaos.EndpointEngagement {
		shown.Personal = sde.PersonalPaths(entry.Body)
	}
	shown.Call.Body = nil
	shown.Call.Types = append([]string{}, entry.Types...)
	shown.Sent.Headers = pairsOf(entry.Headers.Value())
	if shown.Answer.Body != "" {
		shown.Answer.Headers = []harPair{{"Content-Type", "application/json"}}
	}
	return shown, nil
}

func sideOf(body string) side {
	s := side{Headers: []harPair{}, Body: body, Size: len(body)}
	if !utf8.ValidString(body) {
		s.Body = string([]rune(body))
	}
	return s
}

// counted has the numbers of calls by their properties.
type counted struct {
	Total     int            `json:"total" doc:"The kept calls that match."`
	Results   map[string]int `json:"results"`
	Endpoints map[string]int `json:"endpoints"`
	Types     map[string]int `json:"types" doc:"The 100 most frequent."`
	Statuses  map[string]int `json:"statuses" doc:"By HTTP status, followed by / and LivePerson's number if there is one."`
	Consumers map[string]int `json:"consumers" doc:"The 20 with the most calls."`
}

const (
	mostTypes     = 100
	mostConsumers = 20
)

// counts counts the calls that match.
func (p *Pages) counts(call *openapi.Call[filter]) (counted, error) {
	ctx, kept := call.Context(), p.Journal.Snapshot()
	calls := call.Query.in(kept.Epoch).pick(ctx, kept.Entries, page{})
	all := counted{
		Total: len(calls), Results: map[string]int{}, Endpoints: map[string]int{}, Types: map[string]int{}, Statuses: map[string]int{},
		Consumers: map[string]int{},
	}
	for _, c := range calls {
		all.Results[c.Result()]++
		all.Endpoints[c.Endpoint]++
		status := strconv.Itoa(c.Status)
		if c.InternalCode != 0 {
			status += "/" + strconv.Itoa(c.InternalCode)
		}
		if c.Receipt == "" { // the types of a receipt may be the event's name, which is not a type
			all.Statuses[status]++
			for _, name := range c.Types {
				all.Types[cut(name)]++
			}
		}
		if c.Consumer != "" {
			all.Consumers[cut(c.Consumer)]++
		}
	}
	keepMost(all.Types, mostTypes)
	keepMost(all.Consumers, mostConsumers)
	return all, checkRunning(ctx)
}

// keepMost removes all but the n highest counts.
func keepMost(counts map[string]int, n int) {
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	for _, name := range names[min(n, len(names)):] {
		delete(counts, name)
	}
}
