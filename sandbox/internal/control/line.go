package control

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
)

// callLine is the short form of a call: what a list shows.
type callLine struct {
	ID           int       `json:"id"`
	Time         time.Time `json:"time"`
	Endpoint     string    `json:"endpoint" doc:"receipt for a receipt."`
	Source       string    `json:"source" doc:"The User-Agent of a call, the component of a receipt."`
	Consumer     string    `json:"consumer"`
	SessionID    string    `json:"session_id"`
	Types        []string  `json:"types"`
	Result       string    `json:"result" doc:"accepted, noted (accepted, with notes), refused; of a receipt also dropped, withheld, duplicate and unknown."`
	Status       int       `json:"status"`
	InternalCode int       `json:"internal_code"`
	Reason       string    `json:"reason,omitempty"`
	Findings     int       `json:"findings,omitempty" doc:"How many notes and reasons the whole call has."`
	TookMS       float64   `json:"took_ms"`
	Attempt      int       `json:"attempt,omitempty"`
	SameAs       int       `json:"same_as,omitempty"`
	Fault        string    `json:"fault,omitempty"`
	Size         int       `json:"size" doc:"The length of the body in bytes."`
}

// The longest texts of a line, in bytes, and the most types. A list may have 50,000 lines.
const (
	maxLineText  = 160
	maxLineTypes = 12
)

func lineOf(c *journal.Entry) callLine {
	source := c.Headers.Value().UserAgent
	if c.Receipt != "" {
		source = c.Target
	}
	types := make([]string, 0, min(len(c.Types), maxLineTypes))
	for _, name := range c.Types[:min(len(c.Types), maxLineTypes)] {
		types = append(types, cut(name))
	}
	reason := c.Reason
	if reason == "" && len(c.Notes) > 0 {
		reason = c.Notes[0]
	}
	return callLine{
		ID: c.ID, Time: c.Time, Endpoint: c.Endpoint, Source: cut(source), Consumer: cut(c.Consumer), SessionID: cut(c.SessionID), Types: types,
		Result: c.Result(), Status: c.Status, InternalCode: c.InternalCode, Reason: cut(reason), Findings: len(c.Why) + len(c.Notes),
		TookMS: c.TookMS, Attempt: c.Attempt, SameAs: c.SameAs, Fault: c.Fault, Size: len(c.Body),
	}
}

func cut(text string) string {
	if len(text) <= maxLineText {
		return text
	}
	return strings.ToValidUTF8(text[:maxLineText], "") + "…"
}

func appendLine(text []byte, call *journal.Entry) ([]byte, error) {
	encoded, err := json.Marshal(lineOf(call))
	return append(text, encoded...), err
}
