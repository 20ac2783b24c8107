package mapping

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
)

// adapters turn the events of other tools into canonical ones, for a preset to map.
// Each is a file in the folder bloblang. It gives a list: one body may hold several
// events.
var adapters = map[string]string{
	"from_segment":     "Segment: calls and batches of its tracking API.",
	"from_rudderstack": "RudderStack: calls and batches of its HTTP API.",
	"from_ga4":         "Google Analytics 4: bodies of the Measurement Protocol, and pushes to the dataLayer, those of Universal Analytics included.",
	"from_snowplow":    "Snowplow: enriched events as JSON, with the entities of its e-commerce schemas.",
}

func init() {
	for name, summary := range adapters {
		service.MustRegisterProcessor("liveperson_"+name, adapterSpec(name, summary), register.Processor(func(conf *service.ParsedConfig, mgr *service.Resources) (service.Processor, error) {
			return fromParsed(name, conf, mgr)
		}))
	}
}

// presetsAndAdapters are the names that liveperson_map knows.
func presetsAndAdapters() map[string]string {
	all := maps.Clone(names)
	maps.Copy(all, adapters)
	return all
}

func adapterSpec(name, summary string) *service.ConfigSpec {
	return service.NewConfigSpec().
		Beta().
		Categories("Mapping").
		Summary(fmt.Sprintf("The adapter %s: turns foreign events into canonical ones, for a preset to map. %s", name, summary)).
		Description(adapterDescription).
		Field(maxEventBytes.Field().
			Description("The largest size of a body; a larger one fails. A batch counts as a whole: Segment and RudderStack send up to 500 KB.").
			Default(262144).
			Advanced()).
		Example("In front of a preset", "The adapter first, then what maps the events.", fmt.Sprintf(`
pipeline:
  processors:
    - liveperson_%s: {}
    - liveperson_retail:
        issuer: shop.example.com
`, name)).
		Example("What is no event", "What fails is logged and dropped; the rest of its batch goes on.", fmt.Sprintf(`
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

const adapterDescription = `
Input is what the tool sends: one event, a list of events, or a batch. Output is the canonical event, a message for each, in order and with the metadata of the body. A body without any events gives none.

A body that is no JSON or no event fails, unchanged. Where a body holds several events, only those fail that are none: the others go on, and each that failed becomes a message of its own that is marked as failed, with an error that names its place, and with a body that holds it alone, for the same adapter to take once it is mended. Errors never repeat an event's values.

Consent is handed on as ` + "`context.consent`" + `: ` + "`categories`" + ` has the tool's own answers by id, and ` + "`canonical`" + ` those for the purposes that an id names outright (essential, functional, analytics, marketing, personalization; advertising stands beside them). What the event does not say is left out.

A message that has failed before passes unchanged, here and in a preset.

Settings that liveperson_map has beside ` + "`preset` and `max_event_bytes`" + ` mean nothing to an adapter.
`

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

// adapter is the mapping, and a message for each event of its list.
type adapter struct {
	processor
	maxBytes int
}

// Process gives the events of a body. Those that are none come with an error each,
// unless there is no other: then it is the message that fails, unchanged.
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
		return nil, errors.New("the adapter gave no list of events")
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
