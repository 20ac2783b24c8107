package control

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/openapi"
)

// listQuery picks calls for a list.
type listQuery struct {
	filter
	page
	form
}

// form says how much of each call to send.
type form struct {
	Summary openapi.Flag `query:"summary" doc:"true sends a short form of each call, without its body. /sandbox/calls has the whole call."`
}

// appender returns the function that appends a call in this form to a text.
func (f form) appender() func([]byte, *journal.Entry) ([]byte, error) {
	if f.Summary {
		return appendLine
	}
	return appendCall
}

// callList describes a list of calls. writeCalls writes it.
type callList struct {
	Calls     []journal.Call `json:"calls" doc:"With summary, calls in their short form."`
	Total     int            `json:"total" doc:"All calls since the start."`
	Forgotten int            `json:"forgotten" doc:"The calls that the sandbox no longer keeps."`
	Last      string         `json:"last" doc:"The id of the latest event of /sandbox/events, which since takes. It changes its first part when the sandbox forgets its calls or starts again."`
}

// listing lists the calls that match, oldest first. The verdict replaces that of the query.
func (p *Pages) listing(verdict verdict) func(http.ResponseWriter, *openapi.Call[listQuery]) error {
	return func(w http.ResponseWriter, call *openapi.Call[listQuery]) error {
		ctx, f := call.Context(), call.Query.filter
		f.Verdict = verdict
		kept := p.Journal.Snapshot()
		kept.Entries = f.in(kept.Epoch).pick(ctx, kept.Entries, call.Query.page)
		if err := checkRunning(ctx); err != nil {
			return err
		}
		w.Header().Set("Content-Type", "application/json")
		if err := writeCalls(ctx, w, kept, call.Query.appender()); err != nil {
			panic(http.ErrAbortHandler) // the status 200 has been sent, so only a broken connection can show the error
		}
		return nil
	}
}

func writeCalls(ctx context.Context, w io.Writer, kept journal.Snapshot, appendOne func([]byte, *journal.Entry) ([]byte, error)) error {
	out := bufio.NewWriter(w)
	fmt.Fprint(out, `{"calls":[`)
	var text []byte
	for i, call := range kept.Entries {
		if i > 0 {
			fmt.Fprint(out, ",\n")
		}
		var err error
		if text, err = appendOne(text[:0], call); cmp.Or(ctx.Err(), err) != nil {
			return fmt.Errorf("writing a call: %w", cmp.Or(ctx.Err(), err))
		}
		_, _ = out.Write(text) // Flush returns the error
	}
	fmt.Fprintf(out, `],"total":%d,"forgotten":%d,"last":%q}`+"\n", kept.Total, kept.Forgotten, eventID(kept.Epoch, kept.Last))
	return out.Flush()
}

// appendCall appends the body itself, because encoding/json would remove its white space and escape < and >.
func appendCall(text []byte, call *journal.Entry) ([]byte, error) {
	head := call.Call
	head.Body = nil
	encoded, err := json.Marshal(head)
	if err != nil {
		return text, err
	}
	text = append(append(text, encoded[:len(encoded)-1]...), `,"body":`...)
	if len(call.Body) == 0 {
		text = append(text, "null"...)
	}
	return append(append(text, call.Body...), '}'), nil
}
