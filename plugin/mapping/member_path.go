package mapping

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/redpanda-data/benthos/v4/public/bloblang"
)

// A memberPath is the name of a member of an object, or a path of names with dots between them. A
// number in a path is an index of a list. If a single object stands in the place of the list, index
// 0 is that object. If the value of a name that ends with a question mark is not an object, the
// path finds nothing; otherwise this is an error. A dot within a name is written ~1, as in Benthos'
// own paths.
type memberPath struct {
	name  string
	steps []step // nil if the path is one name
}

type step struct {
	name     string
	index    int  // -1 for a name
	optional bool // no error if the value is not an object
}

var withDots = strings.NewReplacer("~1", ".", "~0", "~")

func parsePath(name string) memberPath {
	if !strings.Contains(name, ".") {
		return memberPath{name: withDots.Replace(name)}
	}
	p := memberPath{name: name}
	for _, part := range strings.Split(name, ".") {
		s := step{index: -1}
		s.name, s.optional = strings.CutSuffix(withDots.Replace(part), "?")
		if index, err := strconv.Atoi(s.name); err == nil && index >= 0 {
			s.index = index
		}
		p.steps = append(p.steps, s)
	}
	return p
}

func parsePaths(names []string) []memberPath {
	paths := make([]memberPath, len(names))
	for i, name := range names {
		paths[i] = parsePath(name)
	}
	return paths
}

// find returns the value at the path, or nil if there is none.
func (p memberPath) find(object map[string]any) (any, error) {
	if p.steps == nil {
		return object[p.name], nil
	}
	var value any = object
	for i, step := range p.steps {
		switch v := value.(type) {
		case map[string]any:
			item, exists := v[step.name]
			if exists || step.index != 0 {
				value = item
			} // otherwise: one object in the place of a list
		case []any:
			if len(v) == 0 {
				return nil, nil // an empty list counts as an empty object, because PHP writes it so
			}
			if step.index < 0 {
				return nil, p.notAnObject(i, value)
			}
			if step.index >= len(v) {
				return nil, nil
			}
			value = v[step.index]
		default:
			return nil, p.notAnObject(i, value)
		}
	}
	return value, nil
}

// findObject returns the object at the path, or nil if there is none.
func (p memberPath) findObject(object map[string]any) (map[string]any, error) {
	value, err := p.find(object)
	if err != nil {
		return nil, err
	}
	found, err := asObject(value)
	return found, under(p.String(), err)
}

// notAnObject returns the error for a value that is not an object but has to be one. It returns nil
// if the value is empty or the step before is optional.
func (p memberPath) notAnObject(step int, value any) error {
	if value == nil || value == "" || step > 0 && p.steps[step-1].optional {
		return nil
	}
	return &memberError{joinSteps(p.steps[:step]), fmt.Errorf("expected an object, got %s", typeName(value))}
}

func (p memberPath) String() string {
	if p.steps == nil {
		return p.name
	}
	return joinSteps(p.steps)
}

// joinSteps returns a path as errors show it, such as products[0].price.
func joinSteps(steps []step) string {
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

// firstValue returns the first value that is neither null nor empty text, and its
// path. It returns nil if there is none.
func firstValue(object map[string]any, paths []memberPath) (memberPath, any, error) {
	for _, p := range paths {
		value, err := p.find(object)
		if err != nil {
			return p, nil, err
		}
		if value != nil && value != "" {
			return p, value, nil
		}
	}
	return memberPath{}, nil, nil
}

// memberError is an error about a member of an event. Its text never has the value.
type memberError struct {
	path string
	err  error
}

func (e *memberError) Error() string { return e.path + ": " + e.err.Error() }

// under puts the path of an object before an error about the object.
func under(path string, err error) error {
	if path == "" || err == nil {
		return err
	}
	if inner := (*memberError)(nil); errors.As(err, &inner) {
		if !strings.HasPrefix(inner.path, "[") {
			path += "."
		}
		return &memberError{path + inner.path, inner.err}
	}
	return &memberError{path, err}
}

// pathsArg reads an argument that is one path or a list of paths. Empty text means no paths.
func pathsArg(args *bloblang.ParsedParams, param string) ([]memberPath, error) {
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
	return parsePaths(names), nil
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
