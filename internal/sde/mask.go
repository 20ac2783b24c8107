package sde

import (
	"fmt"
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/internal/contact"
)

// Mask is the text that Masked puts in the place of a value.
const Mask = "***"

// Masked returns a copy of a report in which Mask stands for what is personal: values that the
// schemas mark with x-personal, values that they do not know or of another type, the parameters
// of addresses, and texts and names with contacts. It takes a report as encoding/json decodes
// it. A report that is no object is masked as a whole.
func Masked(report any) any {
	return masked(reportSchema(), report)
}

func masked(s *schema, value any) any {
	if s == nil || s.personal {
		return MaskedAll(value)
	}
	switch v := value.(type) {
	case map[string]any:
		return maskedObject(s, v)
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = masked(s.items, item)
		}
		return list
	case string:
		v = withoutParameters(v)
		if s.types&kindText == 0 || contact.In(v, contact.Text) || contact.In(v, contact.ID) {
			return Mask
		}
		return v
	case bool:
		if s.types&kindBool == 0 {
			return Mask
		}
	case nil:
	default:
		if s.types&(kindNumber|kindInteger) == 0 {
			return Mask
		}
	}
	return value
}

func maskedObject(s *schema, object map[string]any) any {
	if s.variants != nil {
		name, _ := object["type"].(string)
		variant := s.variants[name]
		if variant == nil {
			return MaskedAll(object)
		}
		s = variant
	}
	copied := make(map[string]any, len(object))
	for name, value := range object {
		var of *schema
		if member := s.properties[name]; member != nil {
			of = member.schema
		}
		copied[maskedName(name)] = masked(of, value)
	}
	return copied
}

// MaskedAll returns a copy of a value with Mask for every text, number and switch in it. Nulls
// and the names of members stay.
func MaskedAll(value any) any {
	switch v := value.(type) {
	case nil:
		return nil
	case map[string]any:
		copied := make(map[string]any, len(v))
		for name, item := range v {
			copied[maskedName(name)] = MaskedAll(item)
		}
		return copied
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = MaskedAll(item)
		}
		return list
	}
	return Mask
}

// maskedName returns the name of a member, unless it has a contact.
func maskedName(name string) string {
	if contact.In(name, contact.Text) {
		return fmt.Sprintf("%s(a name of %d bytes)", Mask, len(name))
	}
	return name
}

// withoutParameters masks the query, the fragment and parameters in the path of an address, and
// removes its user.
func withoutParameters(text string) string {
	scheme, rest, isURL := strings.Cut(text, "://")
	switch {
	case isURL:
		scheme += "://"
	case strings.HasPrefix(text, "/"):
		scheme, rest = "", text
	default:
		return text
	}
	if i := strings.IndexAny(rest, "?#;"); i >= 0 {
		rest = rest[:i+1] + Mask
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		rest = rest[i+1:]
	}
	return scheme + rest
}
