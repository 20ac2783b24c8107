package control

import (
	"bytes"
	"cmp"
	"fmt"
	"net/http"
	"strconv"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/openapi"
)

// headerLastEvent names the last event that a client received. A client sends it to continue a stream.
const headerLastEvent = "Last-Event-ID"

// stream sends each call as it comes in, as server-sent events
// (https://html.spec.whatwg.org/multipage/server-sent-events.html). It starts with the next call, or after since or
// Last-Event-ID.
func (p *Pages) stream(w http.ResponseWriter, call *openapi.Call[filter]) error {
	ctx := call.Context()
	seen := p.start(call)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	controller := http.NewResponseController(w)
	for {
		calls, changed, _ := p.Journal.Follow(&seen)
		for _, entry := range call.Query.pick(ctx, calls, page{}) {
			if err := cmp.Or(ctx.Err(), writeEvent(w, entry)); err != nil {
				return nil // the client has gone, or the sandbox stops
			}
		}
		if err := controller.Flush(); err != nil {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil
		}
	}
}

// start returns where a stream starts: after the call that Last-Event-ID names, with the first call that since allows, or
// with the next call.
func (p *Pages) start(call *openapi.Call[filter]) journal.Follower {
	if last, err := strconv.Atoi(call.Header.Get(headerLastEvent)); err == nil {
		return journal.Follower{Last: last}
	}
	if call.Query.Since.given {
		return journal.Follower{} // the filter skips the calls before since
	}
	return p.Journal.FromNow()
}

// writeEvent writes a call as one event. Each line of the body is a line of data.
func writeEvent(w http.ResponseWriter, call *journal.Entry) error {
	var text bytes.Buffer
	if err := writeCall(&text, call); err != nil {
		return err
	}
	data := bytes.ReplaceAll(bytes.ReplaceAll(text.Bytes(), []byte("\r"), nil), []byte("\n"), []byte("\ndata: "))
	_, err := fmt.Fprintf(w, "id: %d\nevent: call\ndata: %s\n\n", call.ID, data)
	return err
}
