package mapping

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/redpanda-data/benthos/v4/public/bloblang"

	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
)

const methodRead = "liveperson_read"

func init() {
	bloblang.MustRegisterMethodV2(methodRead, readTableSpec(), register.Method(readTableWith(readers)))
}

func readTableSpec() *bloblang.PluginSpec {
	return methodSpec(
		"Reads an object by a table. Each member of the table says how to read one member of the result:\n\n"+
			"- A list, such as `[\"number\", \"revenue\", \"total\"]`: first a reader, then the members or paths to read. The result is the first value that is neither null nor empty text. The readers are `"+strings.Join(readerNames(), "`, `")+"`; each is documented as the method of that name, such as `liveperson_text`. With a question mark, as in `number?`, the method skips what the reader can't read.\n"+
			"- A list that begins with `levels`, such as `[\"levels\", [\"category\"], [\"category2\"]]`: the texts found in each of the lists, joined by `/`.\n"+
			"- A list that begins with `items`, such as `[\"items\", [\"line_items\"], {\"price\": [\"number\", \"price\"]}]`: the list in the first of the members, each item read by the table. A fourth element names members. An item with an id in one of them is left out, such as a part of a set. The list may be an object with an item at each index, as PHP writes some lists. Items that are nothing are left out.\n"+
			"- A table.\n"+
			"- Text, which the result takes as it is.\n\n"+
			"Members without a value are absent. The result is null if no member has a value. Errors name the member and never repeat its value.").
		Param(bloblang.NewAnyParam("table").Description("The table.")).
		Param(bloblang.NewAnyParam("in").Description("A member or path of an inner object, or a list of them. Each member of the table is read in the first of these that has a value for it. Empty: the object itself.").Default("")).
		Example("", `root = this.liveperson_read({"type": "lead", "lead": {"topic": ["text", "topic", "form_name"], "value": ["number", "value"]}}, "properties")`,
			[2]string{`{"properties":{"form_name":"Test drive"}}`, `{"lead":{"topic":"Test drive"},"type":"lead"}`})
}

// readTableWith returns the method liveperson_read with its readers.
func readTableWith(readers map[string]reader) bloblang.MethodConstructorV2 {
	return func(args *bloblang.ParsedParams) (bloblang.Method, error) { return readTable(readers, args) }
}

func readTable(readers map[string]reader, args *bloblang.ParsedParams) (bloblang.Method, error) {
	literal, err := args.Get("table")
	if err != nil {
		return nil, err
	}
	table, err := parseTable(readers, literal)
	if err != nil {
		return nil, err
	}
	in, err := pathsArg(args, "in")
	if err != nil {
		return nil, err
	}
	return func(value any) (any, error) {
		object, err := asObject(value)
		if err != nil {
			return nil, err
		}
		objects := make([]located, 0, 4)
		if len(in) == 0 {
			objects = append(objects, located{object: object})
		}
		for _, path := range in {
			inner, err := path.findObject(object)
			if err != nil {
				return nil, err
			}
			objects = append(objects, located{path.String(), inner})
		}
		result, err := table.read(objects)
		if result == nil || err != nil {
			return nil, err
		}
		return result, nil
	}, nil
}

// located is an object of an event, with its path in the event.
type located struct {
	path   string
	object map[string]any
}

// A table says how to read each member of an object.
type table []member

// A member is a fixed text, a table, or a read function with paths.
type member struct {
	name   string
	text   any
	table  table
	read   read
	levels [][]memberPath // one list of paths, except for levels
}

const (
	// levels is the keyword for a member whose text is joined from several members.
	levels = "levels"
	// items is the keyword for a list whose items are read by a table.
	items = "items"
)

func parseTable(readers map[string]reader, literal any) (table, error) {
	object, ok := literal.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("expected a table as an object, got %s", typeName(literal))
	}
	members := make(table, 0, len(object))
	// The names are sorted, so that an object with several errors always gives the same one.
	for _, name := range slices.Sorted(maps.Keys(object)) {
		m, err := parseMember(readers, name, object[name])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		m.name = name
		members = append(members, m)
	}
	return members, nil
}

func parseMember(readers map[string]reader, name string, literal any) (member, error) {
	switch v := literal.(type) {
	case string:
		return member{text: v}, nil
	case map[string]any:
		inner, err := parseTable(readers, v)
		return member{table: inner}, err
	case []any:
		if len(v) < 2 {
			return member{}, errors.New("expected a reader and at least one name")
		}
		switch v[0] {
		case levels:
			return parseLevels(v[1:])
		case items:
			return parseItems(readers, name, v[1:])
		}
		word, _ := v[0].(string)
		word, optional := strings.CutSuffix(word, "?")
		reader, ok := readers[word]
		if !ok {
			return member{}, fmt.Errorf("expected first one of %s", strings.Join(readerNames(), ", "))
		}
		names, err := texts(v[1:])
		if optional {
			reader.read = skipErrors(reader.read)
		}
		return member{read: reader.read, levels: [][]memberPath{parsePaths(names)}}, err
	}
	return member{}, fmt.Errorf("expected text, a list or a table, got %s", typeName(literal))
}

// skipErrors returns a read function that skips values that read can't read.
func skipErrors(read read) read {
	return func(value any) (any, error) {
		result, err := read(value)
		if err != nil {
			return nil, nil
		}
		return result, nil
	}
}

func parseLevels(lists []any) (member, error) {
	m := member{read: asText}
	for _, item := range lists {
		names, err := texts(item)
		if err != nil {
			return member{}, err
		}
		m.levels = append(m.levels, parsePaths(names))
	}
	return m, nil
}

// read reads the table's members from the objects. It returns nil if none has a value.
func (t table) read(objects []located) (map[string]any, error) {
	var result map[string]any
	for i := range t {
		if t[i].text != nil {
			continue
		}
		value, err := t[i].find(objects)
		if err != nil {
			return nil, err
		}
		if value == nil {
			continue
		}
		if result == nil {
			result = make(map[string]any, len(t))
		}
		result[t[i].name] = value
	}
	if result == nil {
		return nil, nil
	}
	for i := range t {
		if t[i].text != nil {
			result[t[i].name] = t[i].text
		}
	}
	return result, nil
}

func (m *member) find(objects []located) (any, error) {
	if m.table != nil {
		result, err := m.table.read(objects)
		if result == nil || err != nil {
			return nil, err
		}
		return result, nil
	}
	var joined any
	for _, paths := range m.levels {
		value, err := readFirstObject(objects, paths, m.read)
		switch {
		case err != nil:
			return nil, err
		case value == nil:
		case joined == nil:
			joined = value
		default:
			joined = fmt.Sprint(joined, "/", value)
		}
	}
	return joined, nil
}

// readFirstObject reads the paths in the first object that has a value for them.
func readFirstObject(objects []located, paths []memberPath, read read) (any, error) {
	for i := range objects {
		result, err := readFirst(objects[i].object, paths, read)
		if result != nil || err != nil {
			return result, under(objects[i].path, err)
		}
	}
	return nil, nil
}
