package sde

import (
	"embed"
	"encoding/json"
	"fmt"
	"math"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Schemas are the files schema/*.json, JSON Schema 2020-12: one for each engagement
// attribute, one for a whole report, and two for shared parts. They are the only place that says
// what LivePerson accepts. Checks and reference pages are made from them.
//
//go:embed schema/*.json
var Schemas embed.FS

// schema is a compiled JSON Schema. It knows the keywords that our files use. Any other keyword
// that restricts values makes compiling fail.
type schema struct {
	types      kinds // 0: any
	properties map[string]*property
	names      []string // of the properties, in order
	required   uint64   // the bits of the properties that must be there
	items      *schema
	variants   map[string]*schema // by the member type of what is described
	enum       []string
	minimum    float64
	maximum    float64
	pattern    *regexp.Regexp
	format     string
	expects    string // what a value must be, for errors
	otherName  string // that a table of LivePerson's has for the member
	otherType  string // of LivePerson's pages, in words
	example    string // one value, as JSON
	personal   bool   // the value says who somebody is, or how to reach somebody
}

// property is a member of an object. Each member of an object has a bit. A set of bits tells
// which members an object has.
type property struct {
	*schema
	bit uint64
}

// kinds is a set of JSON types.
type kinds uint8

const (
	kindObject kinds = 1 << iota
	kindArray
	kindText
	kindNumber
	kindInteger
	kindBool
)

var kindsByName = map[string]kinds{
	"object": kindObject, "array": kindArray, "string": kindText,
	"number": kindNumber, "integer": kindInteger, "boolean": kindBool,
}

func newSchema() *schema { return &schema{minimum: math.Inf(-1), maximum: math.Inf(1)} }

// reportSchema is compiled when first used.
var reportSchema = sync.OnceValue(func() *schema { return mustCompile("report.json") })

func mustCompile(file string) *schema {
	c := compiler{files: map[string]map[string]any{}}
	s, err := c.ref(file, "")
	if err != nil { // the files are part of the program
		panic(fmt.Sprintf("sde: schema/%s: %v", file, err))
	}
	return s
}

type compiler struct{ files map[string]map[string]any }

// ref compiles what a $ref in a file points to.
func (c compiler) ref(ref, from string) (*schema, error) {
	file, pointer, _ := strings.Cut(ref, "#")
	if file == "" {
		file = from
	}
	if c.files[file] == nil {
		text, err := Schemas.ReadFile(path.Join("schema", file))
		if err != nil {
			return nil, err
		}
		var parsed map[string]any
		if err := json.Unmarshal(text, &parsed); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		c.files[file] = parsed
	}
	found := c.files[file]
	for name := range strings.SplitSeq(strings.Trim(pointer, "/"), "/") {
		if name == "" {
			continue
		}
		next, ok := found[name].(map[string]any)
		if !ok {
			return nil, fmt.Errorf("%s: %s points nowhere", file, ref)
		}
		found = next
	}
	return c.compile(found, file)
}

func (c compiler) compile(from map[string]any, file string) (*schema, error) {
	s := newSchema()
	var err error
	for keyword, value := range from {
		switch keyword {
		case "$schema", "$comment", "$defs", "title", "description":
		case "$ref":
			return c.ref(value.(string), file)
		case "type":
			for _, name := range listOf(value) {
				s.types |= kindsByName[name.(string)]
			}
		case "properties", "required": // below, together
		case "items":
			if s.items, err = c.compile(value.(map[string]any), file); err != nil {
				return nil, err
			}
		case "oneOf":
			if s.variants, err = c.variants(value.([]any), file); err != nil {
				return nil, err
			}
			s.types = kindObject
		case "const", "enum":
			for _, one := range listOf(value) {
				s.enum = append(s.enum, one.(string))
			}
			s.types = kindText
		case "minimum":
			s.minimum = value.(float64)
		case "maximum":
			s.maximum = value.(float64)
		case "pattern":
			s.pattern = regexp.MustCompile(value.(string))
		case "format":
			s.format = value.(string)
		case "x-personal":
			s.personal = value.(bool)
		case "x-expects":
			s.expects = value.(string)
		case "x-other-name":
			s.otherName = value.(string)
		case "x-other-type":
			s.otherType = value.(string)
		case "examples":
			text, err := json.Marshal(value.([]any)[0])
			if err != nil {
				return nil, err
			}
			s.example = string(text)
		default:
			return nil, fmt.Errorf("%s: the keyword %s is not compiled", file, keyword)
		}
	}
	return s, c.properties(s, from, file)
}

func (c compiler) properties(s *schema, from map[string]any, file string) error {
	members, _ := from["properties"].(map[string]any)
	for name, value := range members {
		compiled, err := c.compile(value.(map[string]any), file)
		if err != nil {
			return err
		}
		if s.properties == nil {
			s.properties = make(map[string]*property, len(members))
		}
		s.properties[name] = &property{schema: compiled}
		s.names = append(s.names, name)
	}
	slices.Sort(s.names)
	for i, name := range s.names {
		s.properties[name].bit = 1 << i
	}
	required, _ := from["required"].([]any)
	for _, name := range required {
		s.required |= s.properties[name.(string)].bit
	}
	return nil
}

// variants compiles the schemas of a list by the value of the member type that each allows.
func (c compiler) variants(list []any, file string) (map[string]*schema, error) {
	variants := map[string]*schema{}
	for _, item := range list {
		s, err := c.compile(item.(map[string]any), file)
		if err != nil {
			return nil, err
		}
		for _, name := range s.properties["type"].enum {
			variants[name] = s
		}
	}
	return variants, nil
}

// listOf returns the values of a keyword that has one value or a list of them.
func listOf(value any) []any {
	if list, ok := value.([]any); ok {
		return list
	}
	return []any{value}
}
