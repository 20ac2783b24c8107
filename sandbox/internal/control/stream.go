package control

import (
	"bytes"
	"cmp"
	"fmt"
	"net/http"
	"strconv"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
)

// headerLastEvent is sent by a client that takes up a stream where it broke off.
const headerLastEvent = "Last-Event-ID"

// stream sends each call as it comes, as server-sent events
// (https://html.spec.whatwg.org/multipage/server-sent-events.html): those to come, or
// those after since or Last-Event-ID.
func (p *Pages) stream(w http.ResponseWriter, r *http.Request) {
	f, err := readFilter(r.URL.Query())
	if err != nil {
		badRequest(w, err)
		return
	}
	seen := p.position(r, f)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	controller := http.NewResponseController(w)
	for {
		calls, changed, _ := p.Journal.Follow(&seen)
		for _, call := range f.pick(r.Context(), calls) {
			if err := cmp.Or(r.Context().Err(), writeEvent(w, call)); err != nil {
				return // the client has gone, or the sandbox stops
			}
		}
		if err := controller.Flush(); err != nil {
			return
		}
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		}
	}
}

// position is where a stream begins: after the call that Last-Event-ID names, with the first that since lets through,
// or with the next.
func (p *Pages) position(r *http.Request, f filter) journal.Follower {
	if last, err := strconv.Atoi(r.Header.Get(headerLastEvent)); err == nil {
		return journal.Follower{Last: last}
	}
	if r.URL.Query().Has(paramSince) {
		return journal.Follower{} // the filter passes over those before
	}
	return p.Journal.FromNow()
}

// writeEvent writes a call in one event; a line of it for each line of the body.
func writeEvent(w http.ResponseWriter, call *journal.Entry) error {
	var text bytes.Buffer
	if err := writeCall(&text, call); err != nil {
		return err
	}
	data := bytes.ReplaceAll(bytes.ReplaceAll(text.Bytes(), []byte("\r"), nil), []byte("\n"), []byte("\ndata: "))
	_, err := fmt.Fprintf(w, "id: %d\nevent: call\ndata: %s\n\n", call.ID, data)
	return err
}
