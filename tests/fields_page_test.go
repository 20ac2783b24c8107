package tests

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/bloblang"
	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/events"
)

// fieldEvents are the events of each preset whose members the page of fields lists.
var fieldEvents = map[string][]string{
	"retail":          {"page", "search", "product_view", "product_list_view", "cart_view", "checkout_started", "order_completed", "order_refunded", "lead", "identify", "group", "error", "campaign"},
	"lead_generation": {"lead", "identify", "page"},
	"b2b_saas":        {"account_created", "trial_started", "group", "identify"},
}

// fieldPlaces are the objects of an event in which members are looked for.
var fieldPlaces = []string{"", "properties", "traits", "context", "context.traits", "context.campaign", "context.page", "traits.address", "traits.company", "properties.products.0"}

// fieldProbes are values of each kind that a member may have.
var fieldProbes = []any{"Probe", json.Number("17.25"), "2021-02-03", "probe@example.com", "+1 212 788 8877", "f", "en-GB", "XTS", map[string]any{"name": "Probe", "plan": "Probe", "employees": json.Number("17"), "country": "Probe", "state": "Probe"}}

// TestFieldsPage makes docs/fields.md. It finds out what a preset reads by trying: each
// name in the mappings, in each place of each event, with values of each kind.
func TestFieldsPage(t *testing.T) {
	t.Parallel()
	if !*update && !longTests() {
		checkFieldsPage(t)
		return
	}
	names := namesInMappings(t)
	var page strings.Builder
	page.WriteString(fieldsIntro)
	for _, preset := range []string{"retail", "lead_generation", "b2b_saas"} {
		mapping, err := bloblang.Parse(fmt.Sprintf("from %q", "bloblang/"+preset+".blobl"))
		require.NoError(t, err)
		rows := map[string]map[string]bool{} // by the member that is read: the members of attributes
		for _, eventType := range fieldEvents[preset] {
			for _, bare := range []string{`{}`, `{"products":[{"sku":"S","price":1,"quantity":1}]}`} {
				base := probe(t, mapping, fieldEvent(preset, eventType, bare), nil, nil)
				for _, place := range fieldPlaces {
					var members []string
					for _, name := range names {
						if member := strings.TrimPrefix(place+"."+name, "."); !slices.Contains(notFields, member) {
							members = append(members, member)
						}
					}
					for _, value := range fieldProbes {
						search(members, func(members []string) bool {
							found := probe(t, mapping, fieldEvent(preset, eventType, bare), members, value)
							if len(members) > 1 {
								return !maps.Equal(base, found)
							}
							for path := range found {
								if !base[path] {
									member := strings.ReplaceAll(members[0], ".products.0.", ".products[].")
									if rows[member] == nil {
										rows[member] = map[string]bool{}
									}
									rows[member][strings.Split(path, "=")[0]] = true
								}
							}
							return false
						})
					}
				}
			}
		}
		require.Contains(t, rows, "traits.email", preset)
		fmt.Fprintf(&page, "\n## The preset %s\n\n| member of the event | member of the attribute |\n|---|---|\n", preset)
		for _, member := range slices.Sorted(maps.Keys(rows)) {
			fmt.Fprintf(&page, "| `%s` | %s |\n", member, "`"+strings.Join(slices.Sorted(maps.Keys(rows[member])), "`, `")+"`")
		}
	}
	if *update {
		require.NoError(t, os.WriteFile("docs/fields.md", []byte(page.String()), 0o644))
	}
	have, err := os.ReadFile("docs/fields.md")
	require.NoError(t, err)
	assert.Equal(t, page.String(), string(have), "run: go test ./tests -run FieldsPage -update")

}

// checkFieldsPage tries each row of the page. Trying each name takes 20 s, so only long tests do that.
func checkFieldsPage(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile("docs/fields.md")
	require.NoError(t, err)
	require.Contains(t, string(text), "| `traits.loyalty_tier` | `ctmrinfo.ctype` |")
	rows := 0
	for _, section := range strings.Split(string(text), "\n## The preset ")[1:] {
		preset, table, _ := strings.Cut(section, "\n")
		mapping, err := bloblang.Parse(fmt.Sprintf("from %q", "bloblang/"+preset+".blobl"))
		require.NoError(t, err)
		for _, row := range regexp.MustCompile("(?m)^\\| `(.*?)` \\| `(.*?)`").FindAllStringSubmatch(table, -1) {
			rows++
			assert.True(t, goesTo(t, preset, mapping, strings.ReplaceAll(row[1], "[]", ".0"), row[2]), "%s: %s no longer goes to %s", preset, row[1], row[2])
		}
	}
	assert.Greater(t, rows, 300)
}

// goesTo says whether the value of a member goes to a member of an attribute, in one of the events.
func goesTo(t *testing.T, preset string, mapping *bloblang.Executor, member, want string) bool {
	t.Helper()
	for _, eventType := range fieldEvents[preset] {
		for _, bare := range []string{`{}`, `{"products":[{"sku":"S","price":1,"quantity":1}]}`} {
			base := probe(t, mapping, fieldEvent(preset, eventType, bare), nil, nil)
			for _, value := range fieldProbes {
				for path := range probe(t, mapping, fieldEvent(preset, eventType, bare), []string{member}, value) {
					if !base[path] && strings.Split(path, "=")[0] == want {
						return true
					}
				}
			}
		}
	}
	return false
}

const fieldsIntro = `# Fields of events, and where they go

After this page, you can look up where each property and trait of your event goes.

Find a property or a trait by its name. The second column has the type of the engagement attribute and the
member of it that gets the value. If several members of an event go to the same member, the presets choose one. The examples in
[events](events.md) show which. The list of products may be called ` + "`items`" + ` instead of ` + "`products`" + `. An event with a single product
may also have it in the properties themselves. A test makes this page: it tries each name in the mappings.
`

// notFields are members that decide what an event is, or that every event has.
var notFields = []string{"type", "event", "anonymousId", "anonymous_id", "properties", "traits", "context", "context.traits", "context.campaign", "session"}

var quotedNames = regexp.MustCompile(`"([A-Za-z][A-Za-z0-9_]*(?:\??\.[A-Za-z][A-Za-z0-9_]*)?)\??"`)

// namesInMappings returns every text in the mappings that may be the name of a member.
func namesInMappings(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("bloblang/*.blobl")
	require.NoError(t, err)
	names := map[string]bool{}
	for _, file := range files {
		if base := filepath.Base(file); strings.HasPrefix(base, "from_") || base == "source.blobl" || base == "engagement.blobl" || base == "impression.blobl" || base == "impressions.blobl" {
			continue
		}
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for line := range strings.Lines(string(text)) {
			if strings.HasPrefix(strings.TrimSpace(line), "#") {
				continue
			}
			for _, found := range quotedNames.FindAllStringSubmatch(line, -1) {
				parts := strings.Split(strings.ReplaceAll(found[1], "?", ""), ".")
				names[parts[len(parts)-1]] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// fieldEvent returns an event of a type with these properties.
func fieldEvent(preset, eventType, properties string) map[string]any {
	event := map[string]any{"type": "track", "event": events.Of(preset).AllNames(eventType)[0], "anonymousId": "a1"}
	if slices.Contains([]string{"page", "identify", "group"}, eventType) {
		event = map[string]any{"type": eventType, "anonymousId": "a1"}
	}
	var own map[string]any
	if err := json.Unmarshal([]byte(properties), &own); err != nil {
		panic(err)
	}
	if len(own) > 0 {
		event["properties"] = own
	}
	return event
}

// search calls matters with all members, and with each half of those that matter together, down to
// single ones.
func search(members []string, matters func([]string) bool) {
	if len(members) == 0 || !matters(members) || len(members) == 1 {
		return
	}
	half := len(members) / 2
	search(members[:half], matters)
	search(members[half:], matters)
}

// probe runs a mapping on an event with a value at some paths, and returns the members of the report's
// attributes with their values, such as ctmrinfo.ctype="gold".
func probe(t *testing.T, mapping *bloblang.Executor, event map[string]any, paths []string, value any) map[string]bool {
	t.Helper()
	for _, path := range paths {
		if !put(event, strings.Split(path, "."), value) && len(paths) == 1 {
			return nil
		}
	}
	msg := service.NewMessage(nil)
	msg.SetStructuredMut(event)
	result, err := msg.BloblangQuery(mapping)
	if err != nil || result == nil {
		return nil
	}
	content, err := result.AsStructured()
	require.NoError(t, err)
	found := map[string]bool{}
	report, _ := content.(map[string]any)
	attributes, _ := report["engagementAttributes"].([]any)
	for _, item := range attributes {
		attribute, _ := item.(map[string]any)
		kind := fmt.Sprint(attribute["type"])
		for name, value := range attribute {
			if name == "type" {
				continue
			}
			if slices.Contains([]string{"info", "personal", "lead", "service", "error"}, name) {
				flatten(kind, value, found)
			} else {
				flatten(kind+"."+name, value, found)
			}
		}
	}
	return found
}

func put(object map[string]any, path []string, value any) bool {
	for i, name := range path[:len(path)-1] {
		if list, isList := object[name].([]any); isList {
			line, isObject := list[0].(map[string]any)
			return isObject && put(line, path[i+2:], value)
		}
		if object[name] == nil {
			if name == "products" {
				return false
			}
			object[name] = map[string]any{}
		}
		inner, isObject := object[name].(map[string]any)
		if !isObject {
			return false
		}
		object = inner
	}
	name := path[len(path)-1]
	if name == "products" || name == "items" {
		return false
	}
	object[name] = value
	return true
}

func flatten(path string, value any, found map[string]bool) {
	switch v := value.(type) {
	case map[string]any:
		for name, inner := range v {
			flatten(path+"."+name, inner, found)
		}
	case []any:
		for _, inner := range v {
			flatten(path+"[]", inner, found)
		}
	default:
		found[fmt.Sprintf("%s=%v", path, v)] = true
	}
}
