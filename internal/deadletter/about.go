package deadletter

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/internal/contact"
	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
)

// Other is the class of a letter that no output of LivePerson has written.
const Other = "other"

// ClassName returns the class of the failure, or Other.
func (l Letter) ClassName() string { return cmp.Or(l.Class, Other) }

// When returns the time of the failure, or for older letters the time of the event.
func (l Letter) When() (at time.Time, known bool) {
	happened, _ := l.Metadata[MetaEventTime].(string)
	content, _ := decode(l.Content).(map[string]any)
	timestamp, _ := content["timestamp"].(string)
	for _, text := range []string{l.Time, happened, timestamp} {
		if at, err := time.Parse(time.RFC3339, text); err == nil {
			return at, true
		}
	}
	return at, false
}

// before are the words that an output puts before what an earlier step says.
const before = "an earlier processor failed: "

// FailedEarlier says that the message failed before the output, so it may not have passed each processor.
func (l Letter) FailedEarlier() bool { return strings.Contains(l.Reason, before) }

// ShortReason returns the reason without its parts, on one line and without contacts.
func (l Letter) ShortReason() string {
	reason := l.Reason
	if parts.MatchString(reason) {
		_, reason, _ = strings.Cut(reason, ": ")
	}
	reason = strings.TrimPrefix(strings.TrimPrefix(reason, "not sent: "), before)
	return oneLine(withoutContacts(reason))
}

func withoutContacts(text string) string {
	var out strings.Builder
	end := 0
	for _, found := range contact.Find(text, contact.Text) {
		out.WriteString(text[end:found.Start] + sde.Mask)
		end = found.End
	}
	return out.String() + text[end:]
}

// oneLine replaces characters that could steer a terminal.
func oneLine(text string) string { return strings.Join(strings.FieldsFunc(text, isControl), " ") }

func isControl(r rune) bool { return r < ' ' || r == 0x7f || 0x80 <= r && r < 0xa0 || r == '\u2028' }

// IsReport says whether the content is a report for LivePerson.
func (l Letter) IsReport() bool {
	content, _ := decode(l.Content).(map[string]any)
	_, isList := content["engagementAttributes"].([]any)
	return isList
}

// EventName returns the name of the event as it may be shown, or "".
func (l Letter) EventName() string {
	name, _ := l.Metadata["liveperson_event_name"].(string)
	for _, text := range []string{l.Event, l.Content} {
		members, _ := decode(text).(map[string]any)
		event, _ := members["event"].(string)
		kind, _ := members["type"].(string)
		name = cmp.Or(name, event, kind)
	}
	if name == "" {
		return ""
	}
	return contact.Printable(name)
}

// Consumer returns an id of the consumer, or "". It is personal.
func (l Letter) Consumer() string {
	for _, text := range []string{l.Content, l.Event} {
		members, _ := decode(text).(map[string]any)
		for _, name := range []string{"consumerId", "consumer", "anonymousId", "anonymous_id", "userId", "user_id"} {
			if id, _ := members[name].(string); id != "" {
				return id
			}
		}
		identities, _ := members["identities"].([]any)
		for _, identity := range identities {
			members, _ := identity.(map[string]any)
			if sub, _ := members["sub"].(string); sub != "" {
				return sub
			}
		}
	}
	id, _ := l.Metadata["liveperson_visitor_id"].(string)
	return id
}

// decode returns JSON with its numbers as they are written, or nil if the text is not JSON.
func decode(text string) (value any) {
	if !json.Valid([]byte(text)) {
		return nil
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	_ = decoder.Decode(&value) // it is valid
	return value
}
