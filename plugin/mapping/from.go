package mapping

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/redpanda-data/benthos/v4/public/bloblang"
	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/events"
	"github.com/benthos-liveperson/benthos-liveperson/internal/receipt"
	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
	"github.com/benthos-liveperson/benthos-liveperson/internal/tally"
)

const (
	lfFieldSource            = "source"
	lfFieldTopic             = "topic"
	lfFieldVisitorAttributes = "visitor_attributes"
)

// A source is a tool whose events an adapter reads. The adapter is the file
// bloblang/from_<name>.blobl. It returns a list, because one body may hold several events.
type source struct {
	summary string
	// envelope says that the adapter returns bodies of any source, which are then read too. Each item
	// of its list is an object {"body", "beside"}.
	envelope bool
	// tombstones says that an empty body means that something was deleted.
	tombstones bool
}

var sources = map[string]source{
	"segment":        {summary: "Segment: calls and batches of its tracking API."},
	"rudderstack":    {summary: "RudderStack: calls and batches of its HTTP API."},
	"ga4":            {summary: "Google Analytics 4: bodies of the Measurement Protocol, and pushes to the dataLayer, also those of Universal Analytics."},
	"ga4_bigquery":   {summary: "Google Analytics 4: rows of its export to BigQuery."},
	"gtag":           {summary: "Google's tag: gtag() calls and pushes to the data layer, alone or in lists of both, as a page's data layer has them."},
	"gtm":            {summary: "Google Tag Manager: the event data of a server container."},
	"snowplow":       {summary: "Snowplow: enriched events as JSON, as lines of tab-separated values, and as rows of a warehouse, with the entities of its e-commerce schemas and plugins."},
	"shopify":        {summary: "Shopify: webhooks of orders, carts, checkouts, customers and refunds. Needs the webhook's header `X-Shopify-Topic` as metadata, or the field `topic`."},
	"shopify_pixel":  {summary: "Shopify: customer events that a pixel sends."},
	"woocommerce":    {summary: "WooCommerce: webhooks of orders and customers."},
	"adobe_commerce": {summary: "Adobe Commerce (Magento 2): events, webhooks, and orders as the REST API has them."},
	"cloudevents":    {summary: "CloudEvents around events of any other source, in structured, binary and batch mode. The binary mode needs the headers `ce-…` or `ce_…` as metadata.", envelope: true, tombstones: true},
	"kafka_connect":  {summary: "Kafka Connect: records with `schema` and `payload` around events of any other source.", envelope: true, tombstones: true},
	"debezium":       {summary: "Debezium: changes of a database's rows. The field `tables` says what they mean.", tombstones: true},
	"amplitude":      {summary: "Amplitude: events of its HTTP API and rows of its exports."},
	"jitsu":          {summary: "Jitsu: calls and batches, and the events of its classic version."},
	"mparticle":      {summary: "mParticle: batches of its Events API and of its webhook."},
	"posthog":        {summary: "PostHog: events and batches of its capture API, webhook destinations and batch exports."},
	"tealium":        {summary: "Tealium: events of EventStream, as its webhook connector sends them, and the flat data layer."},
	"xdm":            {summary: "Adobe Experience Platform: events in the Experience Data Model, alone or in requests of the Web SDK."},
}

// auto is the value for which the adapter recognises the source by the shape of the body.
const auto = "auto"

// adapterAliases are the sources that also have a processor, such as liveperson_from_segment, and
// are presets of liveperson_map.
var adapterAliases = []string{"segment", "rudderstack", "ga4", "snowplow"}

func init() {
	service.MustRegisterProcessor("liveperson_from", fromSpec(), register.Processor(func(conf *service.ParsedConfig, mgr *service.Resources) (service.Processor, error) {
		name, err := settings.Enum(conf, lfFieldSource, slices.Collect(maps.Keys(sourceOptions()))...)
		if err != nil {
			return nil, err
		}
		return adapterFromParsed(name, conf, mgr)
	}))
	for _, name := range adapterAliases {
		service.MustRegisterProcessor("liveperson_from_"+name, aliasSpec(name), register.Processor(func(conf *service.ParsedConfig, mgr *service.Resources) (service.Processor, error) {
			return adapterFromParsed(name, conf, mgr)
		}))
	}
}

// sourceOptions are the values of the field source, with their descriptions.
func sourceOptions() map[string]string {
	all := map[string]string{auto: "The adapter recognises the source by the shape of each body and by the headers of a webhook. A body that fits no source fails. The error names the sources."}
	for name, s := range sources {
		all[name] = s.summary
	}
	return all
}

func fromSpec() *service.ConfigSpec {
	return service.NewConfigSpec().
		Beta().
		Categories("Mapping").
		Summary("Turns the events of another tool into canonical events, which a preset can map.").
		Description(adapterDescription).
		Field(settings.EnumField(lfFieldSource, sourceOptions()).
			Description("The tool that the events come from.").
			Default(auto)).
		Fields(fromFields()...).
		Field(tablesField()).
		Example("Before a preset", "The adapter goes first, then the preset.", `
pipeline:
  threads: 1
  processors:
    - liveperson_from:
        source: segment
    - liveperson_retail:
        issuer: shop.example.com
`).
		Example("Several tools on one topic", "The adapter recognises each body's tool by its shape.", `
pipeline:
  threads: 1
  processors:
    - liveperson_from: {}
    - liveperson_retail: {}
`).
		Example("Log what is not an event", "`catch` logs and drops what failed. The rest of the batch goes on.", `
pipeline:
  threads: 1
  processors:
    - liveperson_from:
        source: ga4
        max_event_bytes: 524288
    - liveperson_retail: {}
    - catch:
        - log:
            level: WARN
            message: "not mapped: ${! error() }"
        - mapping: root = deleted()
`)
}

var fromFields = sync.OnceValue(func() []*service.ConfigField {
	return append([]*service.ConfigField{
		service.NewInterpolatedStringField(lfFieldTopic).
			Description("The topic of a webhook, such as `orders/create`, for bodies that do not say what happened. Empty: the adapter takes the topic from the webhook's headers, which Benthos' inputs store as metadata.").
			Default("").
			Example(`${! @kafka_topic }`).
			Advanced(),
		service.NewStringListField(lfFieldVisitorAttributes).
			Description("A shop may store the visitor's id in attributes of its carts and orders, such as Shopify's `note_attributes`. These are the attributes' names, in order. The adapter takes the first one that has a value. Case and punctuation make no difference.").
			Default(defaultVisitorAttributes).
			Advanced(),
		placeholdersField(),
		maxEventBytes.Field().
			Description("The largest body in bytes. A larger one fails. A batch counts as a whole: Segment and RudderStack send up to 500 KB.").
			Default(262144).
			Advanced(),
	}, receipt.Fields()...)
})

// aliasSpec is the spec of a processor for one source.
func aliasSpec(name string) *service.ConfigSpec {
	return service.NewConfigSpec().
		Beta().
		Categories("Mapping").
		Summary(fmt.Sprintf("The same as `liveperson_from` with `source: %s`. %s", name, sources[name].summary)).
		Fields(fromFields()...).
		Example("Before a preset", "The adapter goes first, then the preset.", fmt.Sprintf(`
pipeline:
  threads: 1
  processors:
    - liveperson_from_%s: {}
    - liveperson_retail:
        issuer: shop.example.com
`, name)).
		Example("For larger bodies", "A body of up to a megabyte is read.", fmt.Sprintf(`
pipeline:
  threads: 1
  processors:
    - liveperson_from_%s:
        max_event_bytes: 1048576
    - liveperson_retail: {}
`, name))
}

var adapterDescription = quoted.Replace(`
The input is what the tool sends: one event, a list of events, or a batch. The output is one message for each canonical event, in order, with the metadata of the body. A body without events gives no messages.

A body that is not an event fails unchanged. If a body holds several events, each item fails or succeeds alone. An item that fails becomes a message of its own, marked as failed. Its error has the path of the item. Its body holds the item alone, so that the same adapter takes it after you correct it. Errors never repeat an event's values.

Consent becomes ”context.consent”. Its ”categories” has the tool's own answers by id. Its ”canonical” has the answers for the purposes that an id names outright: essential, functional, analytics, marketing and personalization; advertising stands beside them. What the event does not say is absent.

A message that failed in an earlier processor passes unchanged, here and in a preset.
`)

// adapterFromParsed makes an adapter. liveperson_map has only some of the fields.
func adapterFromParsed(name string, conf *service.ParsedConfig, mgr *service.Resources) (service.Processor, error) {
	receipts, err := receiptsFromParsed(conf, "liveperson_from", mgr)
	if err != nil {
		return nil, err
	}
	a := &adapter{source: name, log: mgr.Logger(), dropper: tally.NewDropper(mgr, receipts)}
	if a.maxBytes, err = maxEventBytes.FromParsed(conf); err != nil {
		return nil, err
	}
	values := map[string]any{}
	if conf.Contains(lfFieldTopic) {
		if a.topic, err = conf.FieldInterpolatedString(lfFieldTopic); err != nil {
			return nil, err
		}
	}
	for _, name := range []string{lfFieldVisitorAttributes, lmFieldPlaceholders} {
		if !conf.Contains(name) {
			continue
		}
		if values[name], err = listOf(conf, name); err != nil {
			return nil, err
		}
	}
	if conf.Contains(lfFieldTables) {
		if values[lfFieldTables], err = tablesFromParsed(conf); err != nil {
			return nil, err
		}
	}
	a.mappings = map[string]func() (*bloblang.Executor, error){}
	for name := range sources {
		// Parsing a mapping takes about ten milliseconds, so a mapping is parsed when it is first used.
		a.mappings[name] = sync.OnceValues(func() (*bloblang.Executor, error) { return compiled("from_"+name, values) })
	}
	a.recognise = sync.OnceValues(func() (*bloblang.Executor, error) { return compiled("source", nil) })
	if name == auto {
		_, err = a.recognise()
	} else {
		_, err = a.mappings[name]()
	}
	return a, err
}

// adapter turns a body into canonical events, one message for each.
type adapter struct {
	source    string
	maxBytes  int
	topic     *service.InterpolatedString // nil: the topic is in the headers
	mappings  map[string]func() (*bloblang.Executor, error)
	recognise func() (*bloblang.Executor, error)
	log       *service.Logger
	dropper   *tally.Dropper
}

// Process returns a message for each event of a body. An item that is not an event becomes a
// message with an error. If it is the only item, the body fails unchanged.
func (a *adapter) Process(_ context.Context, msg *service.Message) (service.MessageBatch, error) {
	if msg.GetError() != nil {
		return service.MessageBatch{msg}, nil
	}
	content, err := msg.AsBytes()
	if err != nil {
		return nil, err
	}
	if len(content) > a.maxBytes {
		return nil, fmt.Errorf("the body has %d bytes, more than max_event_bytes allows (%d)", len(content), a.maxBytes)
	}
	in := receipt.KeepSource(msg).Copy()
	if err := a.addHeaders(in); err != nil {
		return nil, err
	}
	if len(content) == 0 && a.takesTombstones(in) {
		a.drop("(a tombstone)", "says that something was deleted", in)
		return nil, nil
	}
	if len(content) == 0 {
		return nil, errors.New("the event is empty")
	}
	if _, err := in.AsStructured(); err != nil {
		if !isText(content) {
			return nil, notJSON(content, err)
		}
		in.SetStructured(string(content))
	}
	batch, err := a.read(a.source, in, 0)
	if err != nil {
		return nil, err
	}
	if len(batch) == 0 {
		a.drop("(a body without events)", "has nothing that could be reported", in)
	}
	for _, m := range batch {
		m.MetaDelete(metaHeaders)
	}
	return batch, nil
}

// drop counts a body that has no events.
func (a *adapter) drop(name, what string, msg *service.Message) {
	tally.Read()
	a.dropper.Drop(tally.NoUse, name, what, func() receipt.Receipt { return receipt.Receipt{Event: name, Source: receipt.SourceOf(msg)} })
}

// isText tells whether a body that is not JSON may come from a source with another format: lines of
// tab-separated values, or the form that WooCommerce sends when a webhook is saved.
func isText(content []byte) bool {
	return bytes.ContainsRune(content, '\t') || bytes.HasPrefix(content, []byte("webhook_id="))
}

// read runs the adapter of a source on a body.
func (a *adapter) read(name string, msg *service.Message, envelopes int) (service.MessageBatch, error) {
	if name == auto {
		var err error
		if name, err = a.sourceOf(msg); err != nil {
			return nil, err
		}
		a.log.Debugf("liveperson_from reads the body as %s", name)
	}
	mapping, err := a.mappings[name]()
	if err != nil {
		return nil, err
	}
	result, err := msg.BloblangQuery(mapping)
	if err != nil {
		return nil, withoutLines(err)
	}
	if result == nil {
		return nil, nil
	}
	content, err := result.AsStructured()
	if err != nil {
		return nil, err
	}
	list, ok := content.([]any)
	if !ok {
		return nil, errors.New("the adapter did not return a list of events")
	}
	batch := make(service.MessageBatch, 0, len(list))
	for _, event := range list {
		item := result.Copy()
		body, failed := failure(event)
		if failed != nil && len(list) == 1 {
			return nil, failed
		}
		if failed != nil {
			item.SetStructured(body)
			item.SetError(failed)
			batch = append(batch, item)
			continue
		}
		item.SetStructured(event)
		if !sources[name].envelope {
			batch = append(batch, item)
			continue
		}
		inner, err := a.open(item, event, envelopes+1)
		if err != nil && len(list) == 1 {
			return nil, err
		}
		if err != nil {
			item.SetError(err)
			inner = service.MessageBatch{item}
		}
		batch = append(batch, inner...)
	}
	return batch, nil
}

// sourceOf returns the source of a body.
func (a *adapter) sourceOf(msg *service.Message) (string, error) {
	recognise, err := a.recognise()
	if err != nil {
		return "", err
	}
	result, err := msg.BloblangQuery(recognise)
	if err != nil {
		return "", withoutLines(err)
	}
	content, err := result.AsStructured()
	if err != nil {
		return "", err
	}
	object, _ := content.(map[string]any)
	if name, known := object["source"].(string); known {
		return name, nil
	}
	return "", fmt.Errorf("liveperson_from does not recognise the source by the shape of the body: set source to one of %s, or map the body to a canonical event", strings.Join(slices.Sorted(maps.Keys(sources)), ", "))
}

// metaHeaders is the metadata key of a webhook's headers, by their names in lower case. Only the
// adapters' mappings see it.
const metaHeaders = "liveperson_headers"

// headerTopic is the key under which the value of the field topic stands among the headers.
const headerTopic = "topic"

func (a *adapter) addHeaders(msg *service.Message) error {
	var headers map[string]any
	add := func(name, value string) {
		if headers == nil {
			headers = map[string]any{}
		}
		headers[name] = value
	}
	err := msg.MetaWalk(func(name, value string) error {
		if events.IsHeader(name) {
			add(strings.ToLower(name), value)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if a.topic != nil {
		topic, err := a.topic.TryString(msg)
		if err != nil {
			return errors.New(lfFieldTopic + ": the expression fails for this message; correct it") // the error may have values
		}
		if topic != "" {
			add(headerTopic, topic)
		}
	}
	if headers != nil {
		msg.MetaSetMut(metaHeaders, headers)
	}
	return nil
}

// Close writes the last receipts.
func (a *adapter) Close(ctx context.Context) error {
	a.dropper.Close(ctx)
	return nil
}
