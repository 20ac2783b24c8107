package sandbox

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/strictyaml"
)

// listing lists the kept calls that a filter lets through, oldest first; verdict picks
// the accepted or the refused ones.
func (s *control) listing(verdict string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		f, err := readFilter(query, paramLimit, paramBefore)
		if err = cmp.Or(err, f.readPage(query)); err != nil {
			s.refuseQuery(w, err)
			return
		}
		f.verdict = verdict
		calls, total, forgotten := s.journal.Snapshot()
		calls = f.pick(r.Context(), calls)
		if s.hasEnded(w, r) {
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

// refuseQuery answers a request for pages of the sandbox's own that can't be read.
func (s *control) refuseQuery(w http.ResponseWriter, err error) {
	status := http.StatusBadRequest
	if errors.Is(err, strictyaml.ErrTooLong) {
		status = http.StatusRequestEntityTooLarge
	}
	writeJSON(w, status, map[string]string{"error": err.Error()})
}

// hasEnded tells whether a request's context has ended. It answers that the sandbox stops, for callers who are still there.
func (s *control) hasEnded(w http.ResponseWriter, r *http.Request) bool {
	if r.Context().Err() == nil {
		return false
	}
	writeJSON(w, http.StatusServiceUnavailable, map[string]string{"error": "the sandbox stops: start it again, and ask it then"})
	return true
}
