package sandbox

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Call is one request to report and what became of it, whether it was accepted or not.
type Call struct {
	// Time is when the sandbox decided, in UTC.
	Time time.Time `json:"time"`
	// Method is as sent: POST also where X-HTTP-Method-Override said PUT.
	Method            string `json:"method"`
	Account           string `json:"account"`
	AppInstallationID string `json:"app_installation_id"`
	Version           string `json:"version"`
	OnBehalfOf        bool   `json:"on_behalf_of"`
	// VisitorID and SessionID are those of the answer; empty unless the call was accepted.
	VisitorID     string `json:"visitor_id"`
	SessionID     string `json:"session_id"`
	SentVisitorID string `json:"sent_visitor_id"`
	SentSessionID string `json:"sent_session_id"`
	Status        int    `json:"status"`
	// InternalCode is LivePerson's number for the reason; 0 if accepted, or where LivePerson has none.
	InternalCode int `json:"internal_code"`
	// Reason is the answer's message and what to do about it; empty if accepted.
	Reason string `json:"reason"`
	// Consumer is identities[0].sub, else consumerId, else the vid sent.
	Consumer string `json:"consumer"`
	// Types are the engagement attributes' types as written, as far as the body could be read.
	Types []string `json:"types"`
	// Body is byte for byte what was sent; a JSON string of it if it was not JSON, null if it was empty or too long.
	Body json.RawMessage `json:"body,omitempty"`
}

// callLog keeps the latest calls. Its methods want the sandbox's lock.
type callLog struct {
	kept  []*Call // a ring once it is full
	keep  int
	total int
}

func newCallLog(keep int) *callLog { return &callLog{keep: keep} }

// add keeps the call, which must not change from now on.
func (l *callLog) add(call *Call) {
	if len(l.kept) < l.keep {
		l.kept = append(l.kept, call)
	} else {
		l.kept[l.total%l.keep] = call
	}
	l.total++
}

// all returns the kept calls, oldest first.
func (l *callLog) all() []*Call {
	oldest := 0
	if len(l.kept) == l.keep {
		oldest = l.total % l.keep
	}
	calls := make([]*Call, 0, len(l.kept))
	calls = append(calls, l.kept[oldest:]...)
	return append(calls, l.kept[:oldest]...)
}

// reports shows the kept calls, oldest first.
func (s *Sandbox) reports(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	calls, total := s.calls.all(), s.calls.total
	s.mu.Unlock()

	w.Header().Set("Content-Type", "application/json")
	if err := writeCalls(w, calls, total); err != nil {
		panic(http.ErrAbortHandler) // 200 is on its way already: breaking off is the only honest sign left
	}
}

func writeCalls(w io.Writer, calls []*Call, total int) error {
	out := bufio.NewWriter(w)
	fmt.Fprint(out, `{"reports":[`)
	for i, call := range calls {
		if i > 0 {
			fmt.Fprint(out, ",\n")
		}
		if err := writeCall(out, call); err != nil {
			return fmt.Errorf("writing a call: %w", err)
		}
	}
	fmt.Fprintf(out, `],"total":%d,"forgotten":%d}`+"\n", total, total-len(calls))
	return out.Flush()
}

// writeCall puts the body in by hand: encoding/json would take the white space out of it and escape < and >.
func writeCall(out *bufio.Writer, call *Call) error {
	head := *call
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
