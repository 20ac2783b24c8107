package openapi

import (
	"encoding"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// parameter is a query parameter: a field with the tag query, of the type string or of a type that unmarshals text. The tag
// doc describes it. The tag default has the value of a parameter that is absent or empty.
type parameter struct {
	name  string
	field reflect.StructField
}

// parametersOf returns the parameters of a query, also those of embedded structs.
func parametersOf(query reflect.Type) []parameter {
	var found []parameter
	for _, field := range reflect.VisibleFields(query) {
		if name, ok := field.Tag.Lookup("query"); ok {
			found = append(found, parameter{name, field})
		}
	}
	return found
}

// readQuery reads query parameters into a struct. It refuses unknown parameters, because a misspelt filter would let
// everything pass.
func readQuery(values url.Values, parameters []parameter, into reflect.Value) error {
	names := make([]string, len(parameters))
	for i, p := range parameters {
		names[i] = p.name
	}
	for name := range values {
		switch {
		case len(names) == 0:
			return fmt.Errorf("%s: there is no such parameter, and this page has none", name)
		case !slices.Contains(names, name):
			return fmt.Errorf("%s: there is no such parameter, only %s", name, strings.Join(names, ", "))
		}
	}
	for _, p := range parameters {
		text := values.Get(p.name)
		if text == "" {
			text = p.field.Tag.Get("default")
		}
		if text == "" {
			continue
		}
		field := into.FieldByIndex(p.field.Index)
		if reader, ok := field.Addr().Interface().(encoding.TextUnmarshaler); ok {
			if err := reader.UnmarshalText([]byte(text)); err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
			continue
		}
		field.SetString(text)
	}
	return nil
}

// Flag is true or false. Absent: false.
type Flag bool

// UnmarshalText reads true or false.
func (f *Flag) UnmarshalText(text []byte) error {
	switch string(text) {
	case "true":
		*f = true
	case "false":
		*f = false
	default:
		return errors.New("must be true or false")
	}
	return nil
}

// Schema describes the values.
func (Flag) Schema() Schema { return Schema{"type": "boolean"} }

// Count is a whole number from 1 on. 0: absent.
type Count int

// UnmarshalText reads a number from 1 on.
func (c *Count) UnmarshalText(text []byte) error {
	n, err := strconv.Atoi(string(text))
	if err != nil || n < 1 {
		return errors.New("must be a number from 1 on")
	}
	*c = Count(n)
	return nil
}

// Schema describes the number.
func (Count) Schema() Schema { return Schema{"type": "integer", "minimum": 1} }
