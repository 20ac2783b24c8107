package control

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
)

// listing lists the kept calls that a filter lets through, oldest first; verdict picks
// the accepted or the refused ones.
func (p *Pages) listing(verdict string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		f, err := readFilter(query, paramLimit, paramBefore)
		if err = cmp.Or(err, f.readPage(query)); err != nil {
			badRequest(w, err)
			return
		}
		f.verdict = verdict
		calls, total, forgotten := p.Journal.Snapshot()
		calls = f.pick(r.Context(), calls)
		if hasEnded(w, r) {
			return
		}
		w.Header().Set("Content-Type", "application/json")
		if err := writeCalls(r.Context(), w, calls, total, forgotten); err != nil {
			panic(http.ErrAbortHandler) // 200 is on its way already: breaking off is the only honest sign left
		}
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

// writeCall puts the body in by hand: encoding/json would take the white space out of it and escape < and >.
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

// badRequest answers a request that can't be read.
func badRequest(w http.ResponseWriter, err error) {
	httpapi.WriteError(w, http.StatusBadRequest, err)
}

// hasEnded tells whether a request's context has ended. It answers that the sandbox stops, for callers who are still there.
func hasEnded(w http.ResponseWriter, r *http.Request) bool {
	if r.Context().Err() == nil {
		return false
	}
	httpapi.WriteJSON(w, http.StatusServiceUnavailable, map[string]string{"error": "the sandbox stops: start it again, and ask it then"})
	return true
}
