package mapping

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/redpanda-data/benthos/v4/public/bloblang"
)

// A place is where a value may stand in an object: a member's name, or a path of
// names with dots between them. A number is the position in a list. A name with a
// question mark may be something else than an object, which then has no members.
type place struct {
	name  string
	steps []step // nil when the name is the object's own member's
}

type step struct {
	name  string
	index int  // -1 for a name
	may   bool // be no object
}

func placeOf(name string) place {
	if !strings.Contains(name, ".") {
		return place{name: name}
	}
	p := place{name: name}
	for _, part := range strings.Split(name, ".") {
		s := step{index: -1}
		s.name, s.may = strings.CutSuffix(part, "?")
		if index, err := strconv.Atoi(part); err == nil && index >= 0 {
			s.index = index
		}
		p.steps = append(p.steps, s)
	}
	return p
}

func placesOf(names []string) []place {
	places := make([]place, len(names))
	for i, name := range names {
		places[i] = placeOf(name)
	}
	return places
}

// find gives the value at the place, or nil.
func (p place) find(object map[string]any) (any, error) {
	if p.steps == nil {
		return object[p.name], nil
	}
	var value any = object
	for i, step := range p.steps {
		switch v := value.(type) {
		case map[string]any:
			value = v[step.name]
		case []any:
			if step.index < 0 {
				return nil, p.noObject(i, value)
			}
			if step.index >= len(v) {
				return nil, nil
			}
			value = v[step.index]
		default:
			return nil, p.noObject(i, value)
		}
	}
	return value, nil
}

// noObject is the error of a value that has no members for a step; nil where it may
// have none.
func (p place) noObject(step int, value any) error {
	if value == nil || value == "" || step > 0 && p.steps[step-1].may {
		return nil
	}
	return &memberError{pathOf(p.steps[:step]), fmt.Errorf("expected an object, got %s", typeName(value))}
}

func (p place) String() string {
	if p.steps == nil {
		return p.name
	}
	return pathOf(p.steps)
}

// pathOf writes a path as errors do: products[0].price.
func pathOf(steps []step) string {
	var path strings.Builder
	for i, step := range steps {
		switch {
		case step.index >= 0:
			path.WriteString("[" + step.name + "]")
			continue
		case i > 0:
			path.WriteByte('.')
		}
		path.WriteString(step.name)
	}
	return path.String()
}

// first gives the first value, in the order of places, that is neither null nor
// empty text, and its place.
func first(object map[string]any, places []place) (place, any, error) {
	for _, p := range places {
		value, err := p.find(object)
		if err != nil {
			return p, nil, err
		}
		if value != nil && value != "" {
			return p, value, nil
		}
	}
	return place{}, nil, nil
}

// memberError says what is wrong with a member of an event.
type memberError struct {
	path string
	err  error
}

func (e *memberError) Error() string { return e.path + ": " + e.err.Error() }

// under puts in front of an error where the object stands of which it speaks.
func under(path string, err error) error {
	if path == "" || err == nil {
		return err
	}
	if inner := (*memberError)(nil); errors.As(err, &inner) {
		return &memberError{path + "." + inner.path, inner.err}
	}
	return &memberError{path, err}
}

// places gives the places that an argument names, one or a list. Empty text is none.
func places(args *bloblang.ParsedParams, param string) ([]place, error) {
	value, err := args.Get(param)
	if err != nil {
		return nil, err
	}
	if value == "" {
		return nil, nil
	}
	if name, ok := value.(string); ok {
		value = []any{name}
	}
	names, err := texts(value)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", param, err)
	}
	return placesOf(names), nil
}

func texts(value any) ([]string, error) {
	list, ok := value.([]any)
	if !ok {
		return nil, errors.New("expected a list of text")
	}
	names := make([]string, len(list))
	for i, item := range list {
		if names[i], ok = item.(string); !ok {
			return nil, fmt.Errorf("[%d]: expected text", i)
		}
	}
	return names, nil
}
