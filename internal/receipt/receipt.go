// Package receipt writes receipts. A receipt says what became of one message. Components write the
// receipts of their messages to an output resource of the user, in the background.
package receipt

import (
	"encoding/json"
	"time"
)

// Version is the version of the format of receipts. It grows when the meaning of a member changes.
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
	// Detail is one sentence. It repeats no values of the message, except short amounts that are
	// written as text.
	Detail string `json:"detail,omitempty"`

	// Event is the name of the event, if it may be shown.
	Event     string `json:"event,omitempty"`
	EventID   string `json:"event_id,omitempty"`
	EventTime string `json:"event_time,omitempty"`
	// Consumer is the consumer's id, its hash, or empty, as the field receipts_consumer says.
	Consumer       string   `json:"consumer,omitempty"`
	VisitorID      string   `json:"visitor_id,omitempty"`
	SessionID      string   `json:"session_id,omitempty"`
	ConversationID string   `json:"conversation_id,omitempty"`
	Attributes     []string `json:"attributes,omitempty"` // the types of the engagement attributes

	Class    string `json:"class,omitempty"`  // of the failure
	Status   int    `json:"status,omitempty"` // the HTTP status of the last answer
	Code     int    `json:"code,omitempty"`   // LivePerson's code in the last answer
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
	Refused   Result = "refused"   // the component gave up on the message; another output may still take it
	Dropped   Result = "dropped"   // the preset does not report this event
	Duplicate Result = "duplicate" // LivePerson has accepted the same event before
	Withheld  Result = "withheld"  // the consumer must not be reported
)

// Time is a time in UTC. Its text has milliseconds.
type Time struct{ time.Time }

// MarshalJSON returns the time in RFC 3339, always with three digits behind the seconds, so that
// the texts sort like the times.
func (t Time) MarshalJSON() ([]byte, error) {
	return []byte(t.UTC().Format(`"2006-01-02T15:04:05.000Z07:00"`)), nil
}
