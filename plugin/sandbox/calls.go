package sandbox

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

// Call is one request to report and what became of it, whether it was accepted or not.
type Call struct {
	// ID numbers the calls in the order in which they were decided, from 1 on.
	ID int `json:"id"`
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
	// PageID is that of the answer; empty unless the call was accepted.
	PageID string `json:"page_id"`
	// Types are the engagement attributes' types as written, as far as the body could be read.
	Types []string `json:"types"`
	// Body is byte for byte what was sent; a JSON string of it if it was not JSON, null if it was empty or too long.
	Body json.RawMessage `json:"body,omitempty"`

	message string // of the error that was answered
}

// Good tells whether the call was accepted.
func (c *Call) Good() bool { return c.Status == http.StatusOK || c.Status == http.StatusCreated }

// size is about how many bytes the call takes.
func (c *Call) size() int {
	size := callSize + len(c.Body) + len(c.Reason) + len(c.Consumer)
	for _, kind := range c.Types {
		size += stringSize + len(kind)
	}
	return size
}

const (
	callSize   = 512 // without the texts that may be long
	stringSize = 16
)

// callLog keeps the latest calls: no more than keep, nor than bytes, and none older than age. Its methods want the
// sandbox's lock.
type callLog struct {
	kept    []*Call // oldest first, numbered without gaps
	keep    int
	bytes   int
	age     time.Duration
	size    int // of those that are kept
	total   int
	changed chan struct{} // closed by the next call; nil while nobody waits for it
}

func newCallLog(keep, bytes int, age time.Duration) *callLog {
	return &callLog{keep: keep, bytes: bytes, age: age}
}

// add keeps the call, which must not change from now on.
func (l *callLog) add(call *Call) {
	l.total++
	call.ID = l.total
	l.kept = append(l.kept, call)
	l.size += call.size()
	l.forget(call.Time)
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
}

// forget lets go of calls that are too many, too large or too old.
func (l *callLog) forget(now time.Time) {
	for len(l.kept) > 0 && (len(l.kept) > l.keep || l.size > l.bytes || now.Sub(l.kept[0].Time) > l.age) {
		l.size -= l.kept[0].size()
		l.kept[0] = nil // the array lives on until it is outgrown
		l.kept = l.kept[1:]
	}
}

// since returns the kept calls after the one with this id, oldest first.
func (l *callLog) since(id int, now time.Time) []*Call {
	l.forget(now)
	forgotten := l.total - len(l.kept)
	return slices.Clone(l.kept[min(max(0, id-forgotten), len(l.kept)):])
}

// next gives a channel that the next call closes.
func (l *callLog) next() <-chan struct{} {
	if l.changed == nil {
		l.changed = make(chan struct{})
	}
	return l.changed
}
