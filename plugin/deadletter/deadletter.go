// Package deadletter is the processor liveperson_dead_letter. It makes a dead letter of a message
// that an output refused, and a message of a dead letter, to send it again.
package deadletter

import (
	"context"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/deadletter"
	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
	"github.com/benthos-liveperson/benthos-liveperson/internal/tally"
)

const (
	dlFieldOperator = "operator"

	operatorCreate  = "create"
	operatorRestore = "restore"
)

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
		return create(time.Now), nil
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
| ` + "`time`" + ` | when the message failed, RFC 3339 in UTC |
| ` + "`reason`" + ` | why the message failed: the metadata ` + "`fallback_error`" + ` that Benthos' ` + "`fallback`" + ` writes, or else the message's own error |
| ` + "`class`, `status`, `code`, `attempts`" + ` | the parts of the reason, if an output of LivePerson wrote it: see [what errors mean](../operations.md#what-errors-mean). A part that is 0 is left out |
| ` + "`metadata`" + ` | the metadata whose names begin with ` + "`liveperson_`" + `, such as the ids of the event and of the visit, and the headers of a webhook that say what its body is, such as ` + "`X-Shopify-Topic`" + ` |
| ` + "`event`" + ` | the event from which the message was made, if the pipeline kept it in the metadata ` + "`liveperson_kept_event`" + `; otherwise left out. [Dead letters](../dead-letters.md) says how |
| ` + "`content`" + ` | the message as text |

A dead letter has the personal data of its message. Protect the file as you protect the events. [Dead letters](../dead-letters.md) shows the commands that list and replay such a file.

` + "`restore`" + ` also reads dead letters of other forms: those that have only ` + "`reason`" + ` and ` + "`content`" + `, those whose content is JSON instead of text, those with ` + "`event_id`" + ` instead of metadata, and messages that are not in a dead letter. So dead letters of all earlier versions can be sent again. It restores the content, not the event, because a report has passed ` + "`liveperson_privacy`" + ` and the event has not.
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

// create returns a processor that makes letters. now is the time at which messages have failed.
func create(now func() time.Time) processor {
	return func(msg *service.Message) error {
		letter, err := deadletter.Of(msg, now())
		if err != nil {
			return err
		}
		text, err := letter.JSON()
		if err != nil {
			return err
		}
		msg.SetBytes(text)
		msg.SetError(nil)
		return nil
	}
}

// restore makes a message of a letter. A message that is no letter stays as it is.
func restore(msg *service.Message) error {
	text, err := msg.AsBytes()
	if err != nil {
		return err
	}
	letter, err := deadletter.Parse(text)
	if err != nil {
		return err
	}
	letter.Restore(msg)
	countReport(msg)
	return nil
}

// countReport counts a report as read. An event is counted by the preset that maps it, and a report
// without an event's id by the output.
func countReport(msg *service.Message) {
	id, _ := msg.MetaGet(deadletter.MetaEventID)
	value, err := msg.AsStructured()
	if members, _ := value.(map[string]any); err == nil && id != "" && members["engagementAttributes"] != nil {
		tally.Read()
	}
}
