package mapping

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/redpanda-data/benthos/v4/public/bloblang"

	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
)

func init() {
	bloblang.MustRegisterMethodV2("liveperson_read", bloblang.NewPluginSpec().
		Category("LivePerson").
		Description("Reads an object by a table. A member of the table is a list: how it is read, and the names of the members or paths that it is read from, of which the first that is neither null nor empty text counts. How is one of `"+strings.Join(kindNames(), "`, `")+"`, as the method `liveperson_text` and the others (with a question mark, what can't be read so is passed over), or `levels`, for lists of names whose texts are joined with `/`. A member may be a table again, and text is taken as it is. The result has what was found, and is null if nothing was. Errors name the member and never repeat its value.").
		Param(bloblang.NewAnyParam("table").Description("The table.")).
		Param(bloblang.NewAnyParam("in").Description("A member or path, or a list of them, in which the table is read: the first that has a value counts, for each by itself. Empty: the object itself.").Default("")).
		Example("", `root = this.liveperson_read({"type": "lead", "lead": {"topic": ["text", "topic", "form_name"], "value": ["number", "value"]}}, "properties")`,
			[2]string{`{"properties":{"form_name":"Test drive"}}`, `{"lead":{"topic":"Test drive"},"type":"lead"}`}), register.Method(readTable))
}

func readTable(args *bloblang.ParsedParams) (bloblang.Method, error) {
	literal, err := args.Get("table")
	if err != nil {
		return nil, err
	}
	table, err := tableOf(literal)
	if err != nil {
		return nil, err
	}
	in, err := places(args, "in")
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
		for _, p := range in {
			part, err := p.find(object)
			if err != nil {
				return nil, err
			}
			inner, err := asObject(part)
			if err != nil {
				return nil, under(p.String(), err)
			}
			objects = append(objects, located{p.String(), inner})
		}
		found, err := table.read(objects)
		if found == nil || err != nil {
			return nil, err
		}
		return found, nil
	}, nil
}

// located is an object of an event and where it stands.
type located struct {
	path   string
	object map[string]any
}

// A table says what the members of an object are read from.
type table []member

// member is one of text as it is, a table, or a reading of places.
type member struct {
	name   string
	text   any
	table  table
	want   func(any) (any, error)
	levels [][]place // one, but for levels
}

// levels is how a member is read whose text is in several.
const levels = "levels"

func tableOf(literal any) (table, error) {
	object, ok := literal.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("expected a table as an object, got %s", typeName(literal))
	}
	members := make(table, 0, len(object))
	// In order: of several errors it is always the same that is seen.
	for _, name := range slices.Sorted(maps.Keys(object)) {
		m, err := memberOf(object[name])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		m.name = name
		members = append(members, m)
	}
	return members, nil
}

func memberOf(literal any) (member, error) {
	switch v := literal.(type) {
	case string:
		return member{text: v}, nil
	case map[string]any:
		inner, err := tableOf(v)
		return member{table: inner}, err
	case []any:
		if len(v) < 2 {
			return member{}, fmt.Errorf("expected how it is read and at least one name")
		}
		if v[0] == levels {
			return levelsOf(v[1:])
		}
		how, _ := v[0].(string)
		how, passes := strings.CutSuffix(how, "?")
		want, ok := kinds[how]
		if !ok {
			return member{}, fmt.Errorf("expected first one of %s", strings.Join(kindNames(), ", "))
		}
		names, err := texts(v[1:])
		if passes {
			want.read = passing(want.read)
		}
		return member{want: want.read, levels: [][]place{placesOf(names)}}, err
	}
	return member{}, fmt.Errorf("expected text, a list or a table, got %s", typeName(literal))
}

// passing reads as want does, and passes over what it can't read.
func passing(want func(any) (any, error)) func(any) (any, error) {
	return func(value any) (any, error) {
		read, err := want(value)
		if err != nil {
			return nil, nil
		}
		return read, nil
	}
}

func levelsOf(lists []any) (member, error) {
	m := member{want: asText}
	for _, item := range lists {
		names, err := texts(item)
		if err != nil {
			return member{}, err
		}
		m.levels = append(m.levels, placesOf(names))
	}
	return m, nil
}

// read gives what a table finds in objects, or nil.
func (t table) read(objects []located) (map[string]any, error) {
	var found map[string]any
	for i := range t {
		if t[i].text != nil {
			continue
		}
		value, err := t[i].read(objects)
		if err != nil {
			return nil, err
		}
		if value == nil {
			continue
		}
		if found == nil {
			found = make(map[string]any, len(t))
		}
		found[t[i].name] = value
	}
	if found == nil {
		return nil, nil
	}
	for i := range t {
		if t[i].text != nil {
			found[t[i].name] = t[i].text
		}
	}
	return found, nil
}

func (m *member) read(objects []located) (any, error) {
	if m.table != nil {
		found, err := m.table.read(objects)
		if found == nil || err != nil {
			return nil, err
		}
		return found, nil
	}
	var joined any
	for _, level := range m.levels {
		value, err := readAny(objects, level, m.want)
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

// readAny reads the first of places that has a value, object by object.
func readAny(objects []located, places []place, want func(any) (any, error)) (any, error) {
	for i := range objects {
		read, err := readFirst(objects[i].object, places, want)
		if read != nil || err != nil {
			return read, under(objects[i].path, err)
		}
	}
	return nil, nil
}
