// Package deadletter is the form of dead letters, files of them, and how their messages are sent again. A dead letter is a message
// that could not be sent, with the reason.
package deadletter

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/events"
	"github.com/benthos-liveperson/benthos-liveperson/internal/receipt"
)

// Letter is a dead letter, as it is written. Parse also reads older forms.
type Letter struct {
	// Time is when the message failed, in UTC as RFC 3339 has it. Older letters have none.
	Time string `json:"time,omitempty"`
	// Class, Status, Code and Attempts are the parts of a reason that an output of LivePerson wrote.
	Class    string         `json:"class,omitempty"`
	Status   string         `json:"status,omitempty"`
	Code     string         `json:"code,omitempty"`
	Attempts string         `json:"attempts,omitempty"`
	Reason   string         `json:"reason"`
	Metadata map[string]any `json:"metadata"`
	// Event is the event from which Content was made, if the pipeline kept it in the metadata MetaKept.
	Event string `json:"event,omitempty"`
	// Content is the message.
	Content string `json:"content"`
}

const (
	// MetaKept is the metadata in which a pipeline keeps the event before it is mapped.
	MetaKept = "liveperson_kept_event"
	// MetaEventID is the metadata with the id of the event, and MetaEventTime that with the time when it happened.
	MetaEventID   = "liveperson_event_id"
	MetaEventTime = "liveperson_event_time"

	// metaReason is where Benthos' fallback output writes why the output before it failed.
	metaReason = "fallback_error"
	metaPrefix = "liveperson_"
)

// parts matches the beginning of a reason that an output of LivePerson wrote.
var parts = regexp.MustCompile(`^class=([a-z_]+) status=([0-9]+) code=([0-9]+) attempts=([0-9]+)`)

// signature matches the names of headers that sign a webhook. The body was checked before.
var signature = regexp.MustCompile(`(?i)hmac|signature`)

// passing is metadata that belongs to one way through the output.
var passing = map[string]bool{"liveperson_turn": true, "liveperson_call": true, "liveperson_headers": true, receipt.MetaSource: true}

// Of makes the letter of a message that failed at a time.
func Of(msg *service.Message, at time.Time) (l Letter, err error) {
	content, err := msg.AsBytes()
	if err != nil {
		return l, err
	}
	l = Letter{Content: string(content), Metadata: map[string]any{}}
	reason, _ := msg.MetaGet(metaReason)
	if failed := msg.GetError(); reason == "" && failed != nil {
		reason = failed.Error()
	}
	l.fail(reason, at)
	if l.Event, _ = msg.MetaGet(MetaKept); l.Event == l.Content {
		l.Event = ""
	}
	err = msg.MetaWalkMut(func(name string, value any) error {
		if strings.HasPrefix(name, metaPrefix) && !passing[name] && name != MetaKept || events.IsHeader(name) && !signature.MatchString(name) {
			l.Metadata[name] = value
		}
		return nil
	})
	return l, err
}

// fail sets why and when the message failed.
func (l *Letter) fail(reason string, at time.Time) {
	l.Time, l.Reason = at.UTC().Format(time.RFC3339), reason
	l.Class, l.Status, l.Code, l.Attempts = "", "", "", ""
	if found := parts.FindStringSubmatch(reason); found != nil {
		l.Class, l.Status, l.Code, l.Attempts = found[1], notZero(found[2]), notZero(found[3]), notZero(found[4])
	}
}

func notZero(number string) string {
	if n, _ := strconv.Atoi(number); n == 0 {
		return ""
	}
	return number
}

// JSON returns the letter as it is written, without a line break.
func (l Letter) JSON() ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(l); err != nil {
		return nil, errors.New("the message's metadata can't be written as JSON")
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), nil
}

// Parse reads a letter of any version. Older letters have only reason and content, or JSON content instead of text, or event_id
// instead of metadata. Other JSON counts as a message without a letter around it.
func Parse(text []byte) (l Letter, err error) {
	if !json.Valid(text) {
		return l, errors.New("the dead letter is not JSON")
	}
	var members map[string]json.RawMessage
	_ = json.Unmarshal(text, &members) // a list has no members
	content, hasContent := members["content"]
	if _, hasReason := members["reason"]; !hasContent || !hasReason {
		return Letter{Content: string(text), Metadata: map[string]any{}}, nil
	}
	for name, part := range map[string]*string{
		"time": &l.Time, "class": &l.Class, "status": &l.Status, "code": &l.Code, "attempts": &l.Attempts,
		"reason": &l.Reason, "event": &l.Event,
	} {
		*part = textOf(members[name])
	}
	l.Content = textOf(content)
	_ = json.Unmarshal(members["metadata"], &l.Metadata) // metadata of another form are none
	if l.Metadata == nil {
		l.Metadata = map[string]any{}
	}
	if id := textOf(members["event_id"]); id != "" {
		l.Metadata[MetaEventID] = id
	}
	return l, nil
}

// textOf returns a text, or other JSON as it is written. Null is no text.
func textOf(value json.RawMessage) (text string) {
	if value == nil || json.Unmarshal(value, &text) == nil {
		return text
	}
	return string(value)
}

// Restore makes a message the one that failed: its content and its metadata.
func (l Letter) Restore(msg *service.Message) {
	for name, value := range l.Metadata {
		if !passing[name] {
			msg.MetaSetMut(name, value)
		}
	}
	msg.SetBytes([]byte(l.Content))
}

// RestoreEvent makes a message the event from which the content was made. What the pipeline found in it is found again.
func (l Letter) RestoreEvent(msg *service.Message) {
	for name, value := range l.Metadata {
		if !strings.HasPrefix(name, metaPrefix) {
			msg.MetaSetMut(name, value)
		}
	}
	msg.MetaSetMut(MetaKept, l.Event)
	msg.SetBytes([]byte(l.Event))
}
