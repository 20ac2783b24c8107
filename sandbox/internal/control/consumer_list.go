package control

import (
	"slices"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/openapi"
)

// consumerLine is one consumer in the list.
type consumerLine struct {
	Consumer string    `json:"consumer"`
	Calls    int       `json:"calls" doc:"The calls that the sandbox keeps."`
	Bad      int       `json:"bad" doc:"The refused calls among them."`
	First    time.Time `json:"first"`
	Last     time.Time `json:"last"`
}

// consumerList has the consumers of the calls, the latest first.
type consumerList struct {
	Consumers []*consumerLine `json:"consumers"`
	Total     int             `json:"total" doc:"All consumers. The list may have fewer."`
}

type consumerListQuery struct {
	filter
	Limit openapi.Count `query:"limit" doc:"The maximum number of consumers. The latest are picked."`
}

func (p *Pages) consumers(call *openapi.Call[consumerListQuery]) (consumerList, error) {
	calls := p.Journal.Snapshot().Entries
	lines := linesOf(call.Query.pick(call.Context(), calls, page{}))
	total := len(lines)
	if limit := int(call.Query.Limit); limit > 0 {
		lines = lines[:min(limit, total)]
	}
	return consumerList{lines, total}, checkRunning(call.Context())
}

func linesOf(calls []*journal.Entry) []*consumerLine {
	lines := []*consumerLine{}
	known := map[string]*consumerLine{}
	for _, call := range slices.Backward(calls) {
		if call.Consumer == "" {
			continue
		}
		line := known[call.Consumer]
		if line == nil {
			line = &consumerLine{Consumer: call.Consumer, Last: call.Time}
			known[call.Consumer] = line
			lines = append(lines, line)
		}
		line.Calls++
		line.First = call.Time
		if !call.Good() {
			line.Bad++
		}
	}
	return lines
}
