package preset

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A place is where a value may stand in an object: a member's name, or a path of
// names with dots between them. A number is the position in a list.
type place struct {
	name  string
	steps []string // nil when the name is the object's own member's
}

func placeOf(name string) place {
	if !strings.Contains(name, ".") {
		return place{name: name}
	}
	return place{name: name, steps: strings.Split(name, ".")}
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
			value = v[step]
		case []any:
			at, err := strconv.Atoi(step)
			if err != nil || at < 0 || at >= len(v) {
				return nil, nil
			}
			value = v[at]
		default:
			if value == nil || value == "" {
				return nil, nil
			}
			return nil, &memberError{pathOf(p.steps[:i]), fmt.Errorf("expected an object, got %s", typeName(value))}
		}
	}
	return value, nil
}

func (p place) String() string {
	if p.steps == nil {
		return p.name
	}
	return pathOf(p.steps)
}

// pathOf writes a path as errors do: products[0].price.
func pathOf(steps []string) string {
	var path strings.Builder
	for i, step := range steps {
		if _, err := strconv.Atoi(step); err == nil {
			path.WriteString("[" + step + "]")
			continue
		}
		if i > 0 {
			path.WriteByte('.')
		}
		path.WriteString(step)
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
