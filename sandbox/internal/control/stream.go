package control

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/openapi"
)

// headerLastEvent names the last event that a client received. A client sends it to continue a stream.
const headerLastEvent = "Last-Event-ID"

const (
	// heartbeat is the longest silence of a stream. Proxies close connections that are silent for longer.
	heartbeat = 15 * time.Second
	// retryMS is how long a browser waits before it connects again.
	retryMS = 1000
	// gather is how long a stream waits for more calls before it sends the next ones together.
	gather = 50 * time.Millisecond
	// maxWrite is about how many bytes a stream writes at once.
	maxWrite = 64 << 10
)

// streamQuery picks the calls of a stream.
type streamQuery struct {
	filter
	form
}

// eventID returns the id of an event: the epoch and the id of the call. Numbers start at 1 again in another epoch.
func eventID(epoch string, id int) string { return epoch + "-" + strconv.Itoa(id) }

// readEventID reads the id of an event. A plain number has no epoch.
func readEventID(text string) (epoch string, id int, err error) {
	number := text
	if before, after, found := strings.Cut(text, "-"); found {
		epoch, number = before, after
	}
	id, err = strconv.Atoi(number)
	return epoch, id, err
}

// stream sends each call as it comes in, as server-sent events
// (https://html.spec.whatwg.org/multipage/server-sent-events.html). It starts with the next call, or after since or
// Last-Event-ID. The event reset says that the numbers of calls start at 1 again. The event gap says how many calls the
// client missed.
func (p *Pages) stream(w http.ResponseWriter, call *openapi.Call[streamQuery]) error {
	ctx, f := call.Context(), call.Query.filter
	seen := p.start(call)
	f.Since.id = 0 // the follower starts there, and since has no meaning in another epoch
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	out := &eventWriter{Writer: w, appendCall: call.Query.appender()}
	fmt.Fprintf(w, "retry: %d\n\n", retryMS)
	controller := http.NewResponseController(w)
	for {
		news := p.Journal.Follow(&seen)
		if out.send(ctx, news, f) != nil || controller.Flush() != nil {
			return nil // the client has gone, or the sandbox stops
		}
		for waiting := true; waiting; {
			select {
			case <-news.Changed:
				waiting = false
			case <-time.After(heartbeat):
				fmt.Fprint(w, ":\n\n")
				if controller.Flush() != nil {
					return nil
				}
			case <-ctx.Done():
				return nil
			}
		}
		select {
		case <-time.After(gather):
		case <-ctx.Done():
			return nil
		}
	}
}

// start returns where a stream starts: after the call that Last-Event-ID names, with the first call that since allows, or
// with the next call.
func (p *Pages) start(call *openapi.Call[streamQuery]) journal.Follower {
	if epoch, last, err := readEventID(call.Header.Get(headerLastEvent)); err == nil {
		return p.Journal.After(epoch, last)
	}
	switch since := call.Query.Since; {
	case since.epoch != "" || since.id > 0:
		return p.Journal.After(since.epoch, since.id)
	case since.given:
		return journal.Follower{} // the filter skips the calls before since
	}
	return p.Journal.FromNow()
}

// eventWriter writes server-sent events.
type eventWriter struct {
	io.Writer
	appendCall func([]byte, *journal.Entry) ([]byte, error)
	// text has the events of one write, and is used again. A write for each event would cost more than making the event.
	text []byte
}

// The data of the events reset and gap.
type (
	resetEvent struct {
		Epoch string `json:"epoch"`
	}
	gapEvent struct {
		Gone int `json:"gone"`
	}
)

// send sends the calls that match. Before them it sends the events reset and gap if they apply.
func (e *eventWriter) send(ctx context.Context, news journal.News, f filter) error {
	if news.Restarted {
		if err := e.write("reset", eventID(news.Epoch, 0), resetEvent{news.Epoch}); err != nil {
			return err
		}
	}
	if news.Gone > 0 {
		if err := e.write("gap", "", gapEvent{news.Gone}); err != nil {
			return err
		}
	}
	e.text = e.text[:0]
	for _, entry := range f.pick(ctx, news.Entries, page{}) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := e.add(news.Epoch, entry); err != nil {
			return err
		}
		if len(e.text) >= maxWrite {
			if err := e.flush(); err != nil {
				return err
			}
		}
	}
	return cmp.Or(e.flush(), ctx.Err())
}

// add adds a call to the text.
func (e *eventWriter) add(epoch string, entry *journal.Entry) (err error) {
	e.text = append(e.text, "id: "+eventID(epoch, entry.ID)+"\nevent: call\ndata: "...)
	began := len(e.text)
	if e.text, err = e.appendCall(e.text, entry); err != nil {
		return err
	}
	if data := e.text[began:]; bytes.ContainsAny(data, "\r\n") { // each line of the body is a line of data
		lines := bytes.ReplaceAll(bytes.ReplaceAll(data, []byte("\r"), nil), []byte("\n"), []byte("\ndata: "))
		e.text = append(e.text[:began], lines...)
	}
	e.text = append(e.text, "\n\n"...)
	return nil
}

// flush writes the text.
func (e *eventWriter) flush() error {
	if len(e.text) == 0 {
		return nil
	}
	_, err := e.Write(e.text)
	e.text = e.text[:0]
	return err
}

// write writes an event that is not a call. An event without an id does not change the client's last id.
func (e *eventWriter) write(name, id string, data any) error {
	text, err := json.Marshal(data)
	if err != nil {
		return err
	}
	if id != "" {
		id = "id: " + id + "\n"
	}
	_, err = fmt.Fprintf(e, "%sevent: %s\ndata: %s\n\n", id, name, text)
	return err
}
