package control

import (
	"net/http"
	"slices"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
)

// consumerLine is a consumer in the list of them.
type consumerLine struct {
	Consumer string    `json:"consumer"`
	Calls    int       `json:"calls"`
	Bad      int       `json:"bad"` // of them
	First    time.Time `json:"first"`
	Last     time.Time `json:"last"`
}

// consumers lists whom the kept calls are about, those of the latest calls first.
func (p *Pages) consumers(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	f, err := readFilter(query, paramLimit)
	if err == nil {
		err = f.readPage(query)
	}
	if err != nil {
		badRequest(w, err)
		return
	}
	limit := f.limit
	f.limit = 0 // of consumers, not of calls
	calls, _, _ := p.Journal.Snapshot()
	calls = f.pick(r.Context(), calls)
	if hasEnded(w, r) {
		return
	}
	lines := linesOf(calls)
	total := len(lines)
	if limit > 0 {
		lines = lines[:min(limit, total)]
	}
	httpapi.WriteJSON(w, http.StatusOK, map[string]any{"consumers": lines, "total": total})
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
