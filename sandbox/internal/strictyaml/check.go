package strictyaml

import (
	"encoding"
	"fmt"
	"math"
	"reflect"
	"strings"

	"github.com/xrash/smetrics"
	"go.yaml.in/yaml/v3"
)

// checker compares a document with the Go type into which it is decoded. Its errors use the names
// in the file.
type checker struct {
	errs  []string
	nodes int
	ended bool // a limit was reached, so the checker skips the rest
}

func (c *checker) wrong(node *yaml.Node, path, format string, args ...any) {
	if len(c.errs) == maxErrors {
		c.ended = true
		return
	}
	if path != "" {
		path += ": "
	}
	c.errs = append(c.errs, fmt.Sprintf("line %d: %s", node.Line, path)+fmt.Sprintf(format, args...))
}

// textOrList is a type that reads one text or a list of texts.
type textOrList interface{ UnmarshalYAML(func(any) error) error }

// check checks a value. The path has the names of members and the numbers of items that lead to the value.
func (c *checker) check(node *yaml.Node, t reflect.Type, path string) {
	for node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	if c.nodes++; c.nodes > maxNodes && !c.ended {
		c.wrong(node, "", "has more than %d values: write fewer", maxNodes)
		c.ended = true
	}
	if c.ended || node.Tag == "!!null" {
		return
	}
	if t.Kind() == reflect.Pointer {
		c.check(node, t.Elem(), path)
		return
	}
	switch into := reflect.New(t).Interface().(type) {
	case encoding.TextUnmarshaler:
		if node.Kind != yaml.ScalarNode {
			c.wrong(node, path, "expected text, got %s", kindOf(node))
		} else if err := into.UnmarshalText([]byte(node.Value)); err != nil {
			c.wrong(node, path, "%v", err)
		}
		return
	case textOrList:
		if into.UnmarshalYAML(node.Decode) != nil {
			c.wrong(node, path, "expected text or a list of texts, got %s", kindOf(node))
		}
		if node.Kind == yaml.SequenceNode {
			c.checkLength(node, len(node.Content), "items", path)
		}
		return
	}
	switch t.Kind() {
	case reflect.Struct:
		c.checkObject(node, t, path)
	case reflect.Map:
		c.checkMap(node, t.Elem(), path)
	case reflect.Slice:
		c.checkList(node, t.Elem(), path)
	case reflect.Interface:
		c.checkAny(node, t, path)
	default:
		if node.Decode(reflect.New(t).Interface()) != nil || !isNumberFor(node, t.Kind()) {
			c.wrong(node, path, "expected %s, got %s", wanted(t.Kind()), kindOf(node))
		}
	}
}

// checkObject finds members that a struct does not have. It also checks members that YAML merges (<<).
func (c *checker) checkObject(node *yaml.Node, t reflect.Type, path string) {
	names, types := membersOf(t)
	if node.Kind != yaml.MappingNode {
		c.wrong(node, path, "expected an object with %s; got %s", strings.Join(names, ", "), kindOf(node))
		return
	}
	if !c.checkLength(node, len(node.Content)/2, "members", path) {
		return
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		member, known := types[key.Value]
		switch {
		case key.Tag == "!!merge":
			c.checkMerged(value, t, path)
		case known:
			c.check(value, member, join(path, key.Value))
		default:
			c.wrong(key, path, "there is no member %q%s; there are %s", shorten(key.Value), suggestion(key.Value, names), strings.Join(names, ", "))
		}
	}
}

// checkMerged checks the value of a merge: an object or a list of objects.
func (c *checker) checkMerged(value *yaml.Node, t reflect.Type, path string) {
	for value.Kind == yaml.AliasNode {
		value = value.Alias
	}
	if value.Kind != yaml.SequenceNode {
		c.check(value, t, path)
		return
	}
	for _, item := range value.Content {
		c.check(item, t, path)
	}
}

func (c *checker) checkMap(node *yaml.Node, t reflect.Type, path string) {
	if node.Kind != yaml.MappingNode {
		c.wrong(node, path, "expected an object, got %s", kindOf(node))
		return
	}
	if !c.checkLength(node, len(node.Content)/2, "members", path) {
		return
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		c.check(node.Content[i+1], t, join(path, shorten(node.Content[i].Value)))
	}
}

func (c *checker) checkList(node *yaml.Node, t reflect.Type, path string) {
	if node.Kind != yaml.SequenceNode {
		c.wrong(node, path, "expected a list, got %s", kindOf(node))
		return
	}
	if !c.checkLength(node, len(node.Content), "items", path) {
		return
	}
	for i, item := range node.Content {
		c.check(item, t, fmt.Sprintf("%s[%d]", path, i))
	}
}

// checkAny checks only the number of values in a value of any type.
func (c *checker) checkAny(node *yaml.Node, t reflect.Type, path string) {
	switch node.Kind {
	case yaml.MappingNode:
		c.checkMap(node, t, path)
	case yaml.SequenceNode:
		c.checkList(node, t, path)
	}
}

func (c *checker) checkLength(node *yaml.Node, length int, what, path string) bool {
	if length > MaxItems {
		c.wrong(node, path, "has %d %s: write %d at most", length, what, MaxItems)
		return false
	}
	return true
}

// membersOf returns the names of a struct's members in the file, in order, and their types.
func membersOf(t reflect.Type) (names []string, types map[string]reflect.Type) {
	types = map[string]reflect.Type{}
	for i := range t.NumField() {
		field := t.Field(i)
		name, options, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		switch {
		case options == "inline":
			inner, innerTypes := membersOf(field.Type)
			names = append(names, inner...)
			for name, member := range innerTypes {
				types[name] = member
			}
		case name != "" && name != "-":
			names = append(names, name)
			types[name] = field.Type
		}
	}
	return names, types
}

// similar is the lowest Jaro-Winkler similarity of a name and its misspelling. 1 means equal.
const similar = 0.84

// suggestion returns the known name that the author probably meant.
func suggestion(name string, names []string) string {
	if best := Nearest(name, names); best != "" {
		return ": write " + best
	}
	return ""
}

// Nearest returns the known name that the author probably meant, or "".
func Nearest(name string, names []string) string {
	best, highest := "", similar
	for _, other := range names {
		if likeness := smetrics.JaroWinkler(strings.ToLower(shorten(name)), strings.ToLower(other), 0.7, 4); likeness >= highest {
			best, highest = other, likeness
		}
	}
	return best
}

const maxName = 40

func shorten(name string) string {
	if len(name) > maxName {
		return strings.ToValidUTF8(name[:maxName], "") + "…"
	}
	return name
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func kindOf(node *yaml.Node) string {
	switch {
	case node.Kind == yaml.MappingNode:
		return "an object"
	case node.Kind == yaml.SequenceNode:
		return "a list"
	case node.Tag == "!!int" || node.Tag == "!!float":
		return "another number"
	case node.Tag == "!!bool":
		return "true or false"
	}
	return "text"
}

// isNumberFor reports whether the decoder keeps a number as it is: it cuts off fractions. It returns true for other values.
func isNumberFor(node *yaml.Node, kind reflect.Kind) bool {
	if node.Tag != "!!float" || kind == reflect.String {
		return true
	}
	var number float64
	return kind == reflect.Float64 || node.Decode(&number) == nil && number == math.Trunc(number) && !math.IsInf(number, 0)
}

func wanted(kind reflect.Kind) string {
	switch kind {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "text"
	case reflect.Float64:
		return "a number"
	case reflect.Uint64:
		return "a whole number that is not negative"
	}
	return "a whole number"
}
