// Package receipt writes down what became of each message: the components of this project hand
// a receipt of each message to an output resource of the user, in the background.
package receipt

import (
	"encoding/json"
	"time"
)

// Version is the version of the form of receipts. It grows when a member changes its meaning.
const Version = 1

// Receipt says what became of one message. The members are absent when they are empty.
type Receipt struct {
	Version int `json:"version"`
	// Time is when the result was known.
	Time Time `json:"time"`
	// Component is the label of the component, or its path in the config.
	Component string `json:"component,omitempty"`
	// Type is the name of the component, such as liveperson_report.
	Type   string `json:"type"`
	Result Result `json:"result"`
	// Reason says why the message was dropped, withheld or recognised as a duplicate. It is the
	// label of the metric liveperson_events_dropped.
	Reason string `json:"reason,omitempty"`
	// Detail is one sentence. It has no values of the message, but for short amounts that are written
	// as text.
	Detail string `json:"detail,omitempty"`

	// Event is the name of the event, if it may be shown.
	Event     string `json:"event,omitempty"`
	EventID   string `json:"event_id,omitempty"`
	EventTime string `json:"event_time,omitempty"`
	// Consumer is the consumer's id or its hash, or empty, as receipts_consumer has it.
	Consumer       string   `json:"consumer,omitempty"`
	VisitorID      string   `json:"visitor_id,omitempty"`
	SessionID      string   `json:"session_id,omitempty"`
	ConversationID string   `json:"conversation_id,omitempty"`
	Attributes     []string `json:"attributes,omitempty"` // the types of the engagement attributes

	Class    string `json:"class,omitempty"`  // of the failure
	Status   int    `json:"status,omitempty"` // the HTTP status of the last answer
	Code     int    `json:"code,omitempty"`   // LivePerson's code in it
	Attempts int    `json:"attempts,omitempty"`
	// LatenciesMS has the milliseconds from each request to its answer or failure.
	LatenciesMS []float64 `json:"latencies_ms,omitempty"`

	// Request and Answer are those of the last attempt, with personal members masked.
	Request json.RawMessage `json:"request,omitempty"`
	Answer  json.RawMessage `json:"answer,omitempty"`

	// Source is the event that the message was made of, as the first component of this project read it. Sent is the body of
	// the last request. Failure is the error of an earlier processor. They may have personal values: they are for WatchSources,
	// and no output gets them.
	Source  []byte `json:"-"`
	Sent    []byte `json:"-"`
	Failure string `json:"-"`
}

// Result is what became of a message.
type Result string

const (
	Accepted  Result = "accepted"  // LivePerson has accepted the message
	Refused   Result = "refused"   // the message failed for good, as far as the component is concerned
	Dropped   Result = "dropped"   // the mapping has nothing to report of it
	Duplicate Result = "duplicate" // LivePerson has accepted the same before
	Withheld  Result = "withheld"  // the consumer must not be reported
)

// Time is a time in UTC. Its text has milliseconds.
type Time struct{ time.Time }

// MarshalJSON returns the time as RFC 3339 has it, always with three digits behind the seconds,
// so that texts sort as times do.
func (t Time) MarshalJSON() ([]byte, error) {
	return []byte(t.UTC().Format(`"2006-01-02T15:04:05.000Z07:00"`)), nil
}
