// Package deadletter is the processor liveperson_dead_letter. It makes a dead letter of a message
// that an output refused, and a message of a dead letter, to send it again.
package deadletter

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"strconv"
	"strings"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/events"
	"github.com/benthos-liveperson/benthos-liveperson/internal/receipt"
	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
	"github.com/benthos-liveperson/benthos-liveperson/internal/tally"
)

const (
	dlFieldOperator = "operator"

	operatorCreate  = "create"
	operatorRestore = "restore"
)

// metaReason is where Benthos' fallback output writes why the output before it failed.
const metaReason = "fallback_error"

func init() {
	service.MustRegisterProcessor("liveperson_dead_letter", spec(), register.Processor(func(conf *service.ParsedConfig, _ *service.Resources) (service.Processor, error) {
		operator, err := settings.Enum(conf, dlFieldOperator, operatorCreate, operatorRestore)
		if err != nil {
			return nil, err
		}
		if operator == operatorRestore {
			tally.UsePresets()
			return processor(restore), nil
		}
		return processor(create), nil
	}))
}

func spec() *service.ConfigSpec {
	return service.NewConfigSpec().
		Beta().
		Categories("Utility").
		Summary("Makes a dead letter of a message that could not be sent, or restores the message of a dead letter.").
		Description(description).
		Field(settings.EnumField(dlFieldOperator, map[string]string{
			operatorCreate:  "Make a dead letter of the message. Use it in the processors of a `fallback`'s second output.",
			operatorRestore: "Restore the message of a dead letter: its content and its metadata.",
		}).
			Description("What to do.").
			Default(operatorCreate)).
		Example("Write dead letters to a file", "What LivePerson refused, and what failed before, goes to a file with one letter a line.", `
output:
  fallback:
    - liveperson_report:
        account_id: "12345678"
        app_installation_id: a1b2c3d4-1234-5678-90ab-cdef12345678
    - file:
        path: ./dead-letters.jsonl
        codec: lines
      processors:
        - liveperson_dead_letter: {}
`).
		Example("Send dead letters again", "A letter that LivePerson refused holds a report. Another letter holds an event, which is mapped again. `config/replay.yaml` is the whole pipeline.", `
pipeline:
  threads: 1
  processors:
    - liveperson_dead_letter:
        operator: restore
    - switch:
        - check: '(json() | {}).engagementAttributes.type() != "array"'
          processors:
            - liveperson_retail: {}
`)
}

const description = `
A dead letter is a JSON object:

| member | value |
|---|---|
| ` + "`reason`" + ` | why the message failed: the metadata ` + "`fallback_error`" + ` that Benthos' ` + "`fallback`" + ` writes, or else the message's own error |
| ` + "`class`, `status`, `code`, `attempts`" + ` | the parts of the reason, if an output of LivePerson wrote it: see "Why a message failed" in docs/operations.md. A part that is 0 is left out |
| ` + "`metadata`" + ` | the metadata whose names begin with ` + "`liveperson_`" + `, such as the ids of the event and of the visit, and the headers of a webhook that say what its body is, such as ` + "`X-Shopify-Topic`" + ` |
| ` + "`content`" + ` | the message as text |

A letter has personal data if the message has. Keep the file as you keep the events.

` + "`restore`" + ` also takes letters of other forms: those that have only ` + "`reason`" + ` and ` + "`content`" + `, those whose content is JSON instead of text, those with ` + "`event_id`" + ` instead of metadata, and messages without a letter around them. So letters of all earlier versions can be sent again.
`

// processor is a function that processes a message.
type processor func(msg *service.Message) error

// Process changes the message. A message that fails is unchanged.
func (p processor) Process(_ context.Context, msg *service.Message) (service.MessageBatch, error) {
	out := msg.Copy()
	if err := p(out); err != nil {
		return nil, err
	}
	return service.MessageBatch{out}, nil
}

// Close does nothing: the processor holds no resources.
func (p processor) Close(context.Context) error { return nil }

// letter is a dead letter.
type letter struct {
	Class    string         `json:"class,omitempty"`
	Status   string         `json:"status,omitempty"`
	Code     string         `json:"code,omitempty"`
	Attempts string         `json:"attempts,omitempty"`
	Reason   string         `json:"reason"`
	Metadata map[string]any `json:"metadata"`
	Content  string         `json:"content"`
}

// parts matches the beginning of a reason that an output of LivePerson wrote.
var parts = regexp.MustCompile(`^class=([a-z_]+) status=([0-9]+) code=([0-9]+) attempts=([0-9]+)`)

const metaPrefix = "liveperson_"

// signature matches the names of headers that sign a webhook. The body was checked before.
var signature = regexp.MustCompile(`(?i)hmac|signature`)

// passing is metadata that belongs to one way through the output.
var passing = map[string]bool{"liveperson_turn": true, "liveperson_call": true, "liveperson_headers": true, receipt.MetaSource: true}

func create(msg *service.Message) error {
	content, err := msg.AsBytes()
	if err != nil {
		return err
	}
	l := letter{Content: string(content), Metadata: map[string]any{}}
	l.Reason, _ = msg.MetaGet(metaReason)
	if failed := msg.GetError(); l.Reason == "" && failed != nil {
		l.Reason = failed.Error()
	}
	if found := parts.FindStringSubmatch(l.Reason); found != nil {
		l.Class, l.Status, l.Code, l.Attempts = found[1], notZero(found[2]), notZero(found[3]), notZero(found[4])
	}
	err = msg.MetaWalkMut(func(name string, value any) error {
		if strings.HasPrefix(name, metaPrefix) && !passing[name] || events.IsHeader(name) && !signature.MatchString(name) {
			l.Metadata[name] = value
		}
		return nil
	})
	if err != nil {
		return err
	}
	text, err := json.Marshal(l)
	if err != nil {
		return errors.New("the message's metadata can't be written as JSON")
	}
	msg.SetBytes(text)
	msg.SetError(nil)
	return nil
}

func notZero(number string) string {
	if n, _ := strconv.Atoi(number); n == 0 {
		return ""
	}
	return number
}

// restore makes a message of a letter. A message that is no letter stays as it is.
func restore(msg *service.Message) error {
	value, err := msg.AsStructured()
	if err != nil {
		return errors.New("the dead letter is not JSON")
	}
	members, _ := value.(map[string]any)
	content, hasContent := members["content"]
	if _, hasReason := members["reason"]; !hasContent || !hasReason {
		return nil
	}
	metadata, _ := members["metadata"].(map[string]any)
	for name, value := range metadata {
		if !passing[name] {
			msg.MetaSetMut(name, value)
		}
	}
	if id, isText := members["event_id"].(string); isText && id != "" {
		msg.MetaSetMut("liveperson_event_id", id)
	}
	if text, isText := content.(string); isText {
		msg.SetBytes([]byte(text))
	} else {
		msg.SetStructured(content)
	}
	countReport(msg)
	return nil
}

// countReport counts a report as read. An event is counted by the preset that maps it, and a report
// without an event's id by the output.
func countReport(msg *service.Message) {
	id, _ := msg.MetaGet("liveperson_event_id")
	value, err := msg.AsStructured()
	if members, _ := value.(map[string]any); err == nil && id != "" && members["engagementAttributes"] != nil {
		tally.Read()
	}
}
