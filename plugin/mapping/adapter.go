package mapping

import (
	"context"
	"errors"
	"fmt"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
)

// adapters are the adapters by name. Each is a file in the folder bloblang. It returns a
// list of events, because one body may hold several.
var adapters = map[string]string{
	"from_segment":     "Segment: calls and batches of its tracking API.",
	"from_rudderstack": "RudderStack: calls and batches of its HTTP API.",
	"from_ga4":         "Google Analytics 4: bodies of the Measurement Protocol, and pushes to the dataLayer, also those of Universal Analytics.",
	"from_snowplow":    "Snowplow: enriched events as JSON, with the entities of its e-commerce schemas.",
}

func init() {
	for name, summary := range adapters {
		service.MustRegisterProcessor("liveperson_"+name, adapterSpec(name, summary), register.Processor(func(conf *service.ParsedConfig, mgr *service.Resources) (service.Processor, error) {
			return fromParsed(name, conf, mgr)
		}))
	}
}

func adapterSpec(name, summary string) *service.ConfigSpec {
	return service.NewConfigSpec().
		Beta().
		Categories("Mapping").
		Summary(fmt.Sprintf("The adapter %s turns the events of another tool into canonical events, which a preset can map. %s", name, summary)).
		Description(adapterDescription).
		Field(maxEventBytes.Field().
			Description("The largest body in bytes. A larger one fails. A batch counts as a whole: Segment and RudderStack send up to 500 KB.").
			Default(262144).
			Advanced()).
		Example("Before a preset", "The adapter goes first, then the preset.", fmt.Sprintf(`
pipeline:
  processors:
    - liveperson_%s: {}
    - liveperson_retail:
        issuer: shop.example.com
`, name)).
		Example("Log what is not an event", "`catch` logs and drops what failed. The rest of the batch goes on.", fmt.Sprintf(`
pipeline:
  processors:
    - liveperson_%s:
        max_event_bytes: 524288
    - liveperson_retail: {}
    - catch:
        - log:
            level: WARN
            message: "not mapped: ${! error() }"
        - mapping: root = deleted()
`, name))
}

var adapterDescription = quoted.Replace(`
The input is what the tool sends: one event, a list of events, or a batch. The output is one message for each canonical event, in order, with the metadata of the body. A body without events gives no messages.

A body that is not JSON or not an event fails unchanged. If a body holds several events, each item fails or succeeds alone. An item that fails becomes a message of its own, marked as failed. Its error has the path of the item. Its body holds the item alone, so that the same adapter takes it after you correct it. Errors never repeat an event's values.

Consent becomes ”context.consent”. Its ”categories” has the tool's own answers by id. Its ”canonical” has the answers for the purposes that an id names outright: essential, functional, analytics, marketing and personalization; advertising stands beside them. What the event does not say is absent.

A message that failed in an earlier processor passes unchanged, here and in a preset.

The fields of liveperson_map other than ”preset” and ”max_event_bytes” have no effect on an adapter.
`)

func adapterFromParsed(name string, conf *service.ParsedConfig) (service.Processor, error) {
	limit, err := maxEventBytes.FromParsed(conf)
	if err != nil {
		return nil, err
	}
	mapping, err := parse(name)
	if err != nil {
		return nil, err
	}
	return &adapter{processor{mapping: mapping}, limit}, nil
}

// adapter runs a mapping and makes a message of each event in its result.
type adapter struct {
	processor
	maxBytes int
}

// Process returns a message for each item of a body. An item that is not an event
// becomes a message with an error. If it is the only item, the body itself fails,
// unchanged.
func (a *adapter) Process(ctx context.Context, msg *service.Message) (service.MessageBatch, error) {
	if msg.GetError() != nil {
		return service.MessageBatch{msg}, nil
	}
	if content, err := msg.AsBytes(); err == nil && len(content) > a.maxBytes {
		return nil, fmt.Errorf("the body has %d bytes, more than max_event_bytes allows (%d)", len(content), a.maxBytes)
	}
	mapped, err := a.processor.Process(ctx, msg)
	if err != nil {
		return nil, err
	}
	content, err := mapped[0].AsStructured()
	if err != nil {
		return nil, err
	}
	events, ok := content.([]any)
	if !ok {
		return nil, errors.New("the adapter did not return a list of events")
	}
	batch := make(service.MessageBatch, len(events))
	for i, event := range events {
		batch[i] = mapped[0].Copy()
		body, failed := failure(event)
		switch {
		case failed == nil:
			batch[i].SetStructured(event)
		case len(events) == 1:
			return nil, failed
		default:
			batch[i].SetStructured(body)
			batch[i].SetError(failed)
		}
	}
	return batch, nil
}
