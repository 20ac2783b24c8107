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
}

// callList describes a list of calls. writeCalls writes it.
type callList struct {
	Calls     []journal.Call `json:"calls"`
	Total     int            `json:"total" doc:"All calls since the start."`
	Forgotten int            `json:"forgotten" doc:"The calls that the sandbox no longer keeps."`
}

// listing lists the calls that match, oldest first. The verdict replaces that of the query.
func (p *Pages) listing(verdict verdict) func(http.ResponseWriter, *openapi.Call[listQuery]) error {
	return func(w http.ResponseWriter, call *openapi.Call[listQuery]) error {
		ctx, f := call.Context(), call.Query.filter
		f.Verdict = verdict
		calls, total, forgotten := p.Journal.Snapshot()
		calls = f.pick(ctx, calls, call.Query.page)
		if err := checkRunning(ctx); err != nil {
			return err
		}
		w.Header().Set("Content-Type", "application/json")
		if err := writeCalls(ctx, w, calls, total, forgotten); err != nil {
			panic(http.ErrAbortHandler) // the status 200 has been sent, so only a broken connection can tell of the error
		}
		return nil
	}
}

func writeCalls(ctx context.Context, w io.Writer, calls []*journal.Entry, total, forgotten int) error {
	out := bufio.NewWriter(w)
	fmt.Fprint(out, `{"calls":[`)
	for i, call := range calls {
		if i > 0 {
			fmt.Fprint(out, ",\n")
		}
		if err := cmp.Or(ctx.Err(), writeCall(out, call)); err != nil {
			return fmt.Errorf("writing a call: %w", err)
		}
	}
	fmt.Fprintf(out, `],"total":%d,"forgotten":%d}`+"\n", total, forgotten)
	return out.Flush()
}

// writeCall writes the body itself, because encoding/json would remove its white space and escape < and >.
func writeCall(out io.Writer, call *journal.Entry) error {
	head := call.Call
	head.Body = nil
	encoded, err := json.Marshal(head)
	if err != nil {
		return err
	}
	body := call.Body
	if len(body) == 0 {
		body = json.RawMessage("null")
	}
	_, err = fmt.Fprintf(out, `%s,"body":%s}`, encoded[:len(encoded)-1], body)
	return err
}
