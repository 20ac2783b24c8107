package mapping

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/redpanda-data/benthos/v4/public/bloblang"

	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
	"github.com/benthos-liveperson/benthos-liveperson/internal/text"
)

func init() {
	bloblang.MustRegisterMethodV2("liveperson_self_describing", helperSpec(
		"Reads the self-describing data of an enriched Snowplow event: of its event and of its entities. They may be as the collector sent them (`unstruct_event`, `contexts`, `derived_contexts`), or members named by vendor, name and version, in the spelling of any SDK or warehouse. Returns an object. The event's data is under its key in the table `events`, or under `own` if the table does not name its schema. The lists of the entities' data are under their keys in the table `entities`.").
		Param(bloblang.NewAnyParam("events").Description("An object of schemas of events, such as `{\"search\": \"com.snowplowanalytics.snowplow/site_search\"}`.")).
		Param(bloblang.NewAnyParam("entities").Description("An object of schemas of entities. A schema without a vendor is of any vendor.")).
		Example("", `root = this.liveperson_self_describing({"lead": "com.acme/lead"}, {"cart": "com.acme/cart"})`,
			[2]string{`{"event_vendor":"com.acme","event_name":"lead","unstruct_event_com_acme_lead_1":{"topic":"Loan"},"contexts_com_acme_cart_1":[{"id":"c1"}]}`, `{"cart":[{"id":"c1"}],"lead":{"topic":"Loan"}}`}), register.Method(selfDescribing))
}

// The members of an event in Snowplow's canonical model, and the prefixes of flat members.
const (
	ownEvent        = "own" // the key of an event that the table does not name
	unstructEvent   = "unstruct_event"
	contexts        = "contexts"
	derivedContexts = "derived_contexts"
)

// version matches the end of a flat member's name. A warehouse adds the rest of the version, and
// the word recovered to columns for broken schemas.
var version = regexp.MustCompile(`_[0-9]+(_[0-9]+_[0-9]+)?(_recovered_[0-9]+)?$`)

// schemaURI matches the URI of a schema.
var schemaURI = regexp.MustCompile(`^iglu:([^/]+)/([^/]+)/[^/]+/[0-9]+-`)

// schemas maps the vendor and name of a schema, in letters and digits alone, to its key. SDKs write
// dots, hyphens and capitals differently, and no two schemas differ only in these.
type schemas struct {
	keys  map[string]string
	named map[string]string // by name alone, for schemas of any vendor
}

func parseSchemas(args *bloblang.ParsedParams, param string) (schemas, error) {
	literal, err := args.Get(param)
	if err != nil {
		return schemas{}, err
	}
	table, err := asObject(literal)
	if err != nil {
		return schemas{}, under(param, err)
	}
	all := schemas{map[string]string{}, map[string]string{}}
	for key, schema := range table {
		name, _ := schema.(string)
		if strings.Contains(name, "/") {
			all.keys[text.Squash(name)] = key
		} else {
			all.named[text.Squash(name)] = key
		}
	}
	return all, nil
}

func (s schemas) key(squashed string) (string, bool) {
	if key, known := s.keys[squashed]; known {
		return key, true
	}
	for name, key := range s.named {
		if strings.HasSuffix(squashed, name) {
			return key, true
		}
	}
	return "", false
}

func selfDescribing(args *bloblang.ParsedParams) (bloblang.Method, error) {
	events, err := parseSchemas(args, "events")
	if err != nil {
		return nil, err
	}
	entities, err := parseSchemas(args, "entities")
	if err != nil {
		return nil, err
	}
	return func(value any) (any, error) {
		event, err := asObject(value)
		if err != nil {
			return nil, err
		}
		d := described{entities: entities, found: map[string]any{}, data: map[string]any{}}
		for _, name := range slices.Sorted(maps.Keys(event)) { // so that the order of entities is always the same
			if err := d.member(name, event[name]); err != nil {
				return nil, err
			}
		}
		d.choose(event, events)
		return d.found, nil
	}, nil
}

// described collects the self-describing data of an event.
type described struct {
	entities schemas
	found    map[string]any
	data     map[string]any // the data of events, by schema
}

func (d *described) member(name string, value any) error {
	if value == nil || value == "" {
		return nil
	}
	switch {
	case strings.EqualFold(name, unstructEvent):
		return d.objects(name, value, func(schema string, data any) error { return d.event(name, schema, data) })
	case strings.EqualFold(name, contexts), strings.EqualFold(name, derivedContexts):
		return d.objects(name, value, func(schema string, data any) error { return d.entity(name, schema, data) })
	case hasPrefix(name, unstructEvent+"_"):
		return d.event(name, schemaOf(name[len(unstructEvent):]), value)
	case hasPrefix(name, contexts+"_"):
		return d.entity(name, schemaOf(name[len(contexts):]), value)
	}
	return nil
}

func hasPrefix(name, prefix string) bool {
	return len(name) > len(prefix) && strings.EqualFold(name[:len(prefix)], prefix)
}

// schemaOf returns vendor and name of the schema in a flat member's name, in letters and digits
// alone.
func schemaOf(name string) string {
	if at := version.FindStringIndex(name); at != nil {
		name = name[:at[0]]
	}
	return text.Squash(name)
}

// event adds the data of an event. Empty data is ignored: a warehouse has a column for each event,
// and most are empty.
func (d *described) event(at, schema string, value any) error {
	value, err := parsed(at, value)
	if err != nil {
		return err
	}
	data, err := asObject(value)
	if err != nil {
		return &memberError{at, err}
	}
	if data != nil {
		d.data[schema] = data
	}
	return nil
}

// entity adds the data of entities, if the table names their schema.
func (d *described) entity(at, schema string, value any) error {
	key, known := d.entities.key(schema)
	if !known {
		return nil
	}
	value, err := parsed(at, value)
	if err != nil || value == nil {
		return err
	}
	list, isList := value.([]any)
	if object, isObject := value.(map[string]any); isObject {
		list, isList = []any{object}, true
	}
	if !isList {
		return &memberError{at, fmt.Errorf("expected an array, got %s", typeName(value))}
	}
	all, _ := d.found[key].([]any)
	for _, item := range list {
		object, err := asObject(item)
		if err != nil {
			return &memberError{at, errors.New("expected a list of objects")}
		}
		if item == nil {
			linesLeftOut.Add(1) // only products can come several at a time
			continue
		}
		if object == nil {
			object = map[string]any{}
		}
		all = append(all, object)
	}
	if len(all) > 0 {
		d.found[key] = all
	}
	return nil
}

// objects calls add for each self-describing object in a value. The value is a self-describing
// object whose data is one or a list of them.
func (d *described) objects(at string, value any, add func(schema string, data any) error) error {
	value, err := parsed(at, value)
	if err != nil {
		return err
	}
	if object, isObject := value.(map[string]any); isObject && !isAlone(object) {
		value = object["data"]
	}
	list, isList := value.([]any)
	if !isList {
		list = []any{value}
	}
	for i, item := range list {
		object, _ := item.(map[string]any)
		uri, _ := object["schema"].(string)
		parts := schemaURI.FindStringSubmatch(uri)
		switch {
		case item == nil || item == "":
			continue
		case parts == nil:
			return &memberError{fmt.Sprintf("%s.data[%d].schema", at, i), errors.New("expected a schema, such as iglu:com.acme/cart/jsonschema/1-0-0")}
		}
		if err := add(text.Squash(parts[1]+parts[2]), object["data"]); err != nil {
			return err
		}
	}
	return nil
}

// envelope matches the URIs of the schemas in which Snowplow puts events and entities.
var envelope = regexp.MustCompile(`^iglu:com\.snowplowanalytics\.snowplow/(unstruct_event|contexts)/`)

// isAlone tells whether an object is self-describing data without its envelope.
func isAlone(object map[string]any) bool {
	uri, _ := object["schema"].(string)
	return schemaURI.MatchString(uri) && !envelope.MatchString(uri)
}

// parsed returns a value. If the value is text, parsed parses it as JSON.
func parsed(at string, value any) (any, error) {
	encoded, isText := value.(string)
	if !isText || encoded == "" {
		return value, nil
	}
	decoder := json.NewDecoder(strings.NewReader(encoded))
	decoder.UseNumber()
	var decoded any
	if decoder.Decode(&decoded) != nil {
		return nil, &memberError{at, errors.New("text that is no JSON")}
	}
	return decoded, nil
}

// choose adds the data of the event: the data of its schema, or else the only data that the event
// has.
func (d *described) choose(event map[string]any, events schemas) {
	vendor, _ := event["event_vendor"].(string)
	name, _ := event["event_name"].(string)
	schema := text.Squash(vendor + name)
	data, found := d.data[schema]
	if !found {
		if len(d.data) != 1 {
			return
		}
		for schema, data = range d.data {
		}
	}
	key, known := events.key(schema)
	if !known {
		key = ownEvent
	}
	d.found[key] = data
}
