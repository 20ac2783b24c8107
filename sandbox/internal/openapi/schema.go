package openapi

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// Schema is a JSON Schema.
type Schema map[string]any

// Schemer is a type that describes itself.
type Schemer interface{ Schema() Schema }

// schemas makes schemas from Go types. Structs with a name become components, which the other schemas refer to.
type schemas struct {
	components map[string]Schema
	types      map[string]reflect.Type
	amend      map[reflect.Type]func(Schema)
}

var (
	schemerType     = reflect.TypeFor[Schemer]()
	timeType        = reflect.TypeFor[time.Time]()
	rawType         = reflect.TypeFor[json.RawMessage]()
	unmarshalerType = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// of returns the schema of a type.
func (s *schemas) of(t reflect.Type) Schema {
	switch {
	case t.Implements(schemerType):
		return reflect.Zero(t).Interface().(Schemer).Schema()
	case t == timeType:
		return Schema{"type": "string", "format": "date-time"}
	case t == rawType:
		return Schema{}
	case reflect.PointerTo(t).Implements(unmarshalerType):
		return Schema{"type": "string"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.of(t.Elem())
	case reflect.Struct:
		return s.ofStruct(t)
	case reflect.Slice:
		return Schema{"type": "array", "items": s.of(t.Elem())}
	case reflect.Map:
		return Schema{"type": "object", "additionalProperties": s.of(t.Elem())}
	case reflect.String:
		return Schema{"type": "string"}
	case reflect.Bool:
		return Schema{"type": "boolean"}
	case reflect.Int, reflect.Int64, reflect.Uint64:
		return Schema{"type": "integer"}
	case reflect.Float64:
		return Schema{"type": "number"}
	case reflect.Interface:
		return Schema{}
	}
	panic(fmt.Sprintf("openapi: no schema for %s", t))
}

// ofStruct returns a reference to the component of a struct, or the schema of a struct without a name.
func (s *schemas) ofStruct(t reflect.Type) Schema {
	name := t.Name()
	if name == "" {
		return s.object(t)
	}
	name = strings.ToUpper(name[:1]) + name[1:]
	switch known := s.types[name]; known {
	case nil:
		s.types[name] = t
		s.components[name] = s.object(t)
		if amend := s.amend[t]; amend != nil {
			amend(s.components[name])
		}
	case t:
	default:
		panic(fmt.Sprintf("openapi: %s and %s have the same name", known, t))
	}
	return Schema{"$ref": "#/components/schemas/" + name}
}

// object describes the members of a struct. Members have the names of the tag json, or else of the tag yaml. The tag doc
// describes a member, and the tag enum has its values. Members of answers are required, unless they have omitempty. Members
// of inputs have the tag yaml. They are required if they have the tag required:"true".
func (s *schemas) object(t reflect.Type) Schema {
	properties, required := Schema{}, []string{}
	s.addMembers(t, properties, &required)
	object := Schema{"type": "object", "properties": properties}
	if len(required) > 0 {
		object["required"] = required
	}
	return object
}

func (s *schemas) addMembers(t reflect.Type, properties Schema, required *[]string) {
	for i := range t.NumField() {
		field := t.Field(i)
		tag, isJSON := field.Tag.Lookup("json")
		input, isYAML := field.Tag.Lookup("yaml")
		if !isJSON {
			tag = input
		}
		name, options, _ := strings.Cut(tag, ",")
		switch {
		case field.Anonymous && name == "":
			inner := field.Type
			if inner.Kind() == reflect.Pointer {
				inner = inner.Elem()
			}
			s.addMembers(inner, properties, required)
		case name != "" && name != "-":
			mustBe := !isYAML && !strings.Contains(options, "omitempty") || field.Tag.Get("required") == "true"
			properties[name] = s.member(field, mustBe)
			if mustBe {
				*required = append(*required, name)
			}
		}
	}
}

// member describes a member. A required member may be null if it is a pointer.
func (s *schemas) member(field reflect.StructField, required bool) Schema {
	schema := s.of(field.Type)
	if required && field.Type.Kind() == reflect.Pointer {
		schema = Schema{"anyOf": []Schema{schema, {"type": "null"}}}
	}
	if doc := field.Tag.Get("doc"); doc != "" {
		schema["description"] = doc
	}
	if values := field.Tag.Get("enum"); values != "" {
		schema["enum"] = strings.Split(values, ",")
	}
	return schema
}
