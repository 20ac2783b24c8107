package history

import (
	"encoding/json"
	"maps"
	"strconv"
	"strings"
	"unicode"
)

// events are attributes in an answer.
type events struct {
	Events []map[string]any `json:"events"`
}

// events returns the attributes of a conversation. A search by the id of a conversation returns all. Other searches return the
// last one of each type.
func (q *Query) events(attributes []Attribute, authenticated bool) *events {
	shown := &events{[]map[string]any{}}
	last := map[string]int{}
	for _, a := range attributes {
		if a.Authenticated != authenticated {
			continue
		}
		event := q.event(a)
		at, seen := last[a.Key]
		switch {
		case q.method == ByConversation || !seen:
			last[a.Key] = len(shown.Events)
			shown.Events = append(shown.Events, event)
		default:
			shown.Events[at] = event
		}
	}
	return shown
}

// event returns an attribute. Its values are text in version 1. In version 2 they have the types of engagement attributes.
func (q *Query) event(a Attribute) map[string]any {
	members, _ := present(a.Members).(map[string]any)
	members = maps.Clone(members)
	wrapContacts(members)
	var stamp any = a.Time.UnixMilli()
	if q.version == 1 {
		members, _ = asTexts(members).(map[string]any)
		stamp = strconv.FormatInt(a.Time.UnixMilli(), 10)
	}
	inner := members
	if a.Nested {
		inner = map[string]any{a.Key: members}
	}
	inner["serverTimeStamp"], inner["originalTimeStamp"] = stamp, stamp
	return map[string]any{a.Key: inner, "sdeType": sdeType(a.Key), "serverTimeStamp": stamp}
}

// sdeType writes cartStatus as CART_STATUS.
func sdeType(key string) string {
	var name strings.Builder
	for _, r := range key {
		if unicode.IsUpper(r) {
			name.WriteByte('_')
		}
		name.WriteRune(unicode.ToUpper(r))
	}
	return name.String()
}

// present returns a value without the members that are null.
func present(value any) any {
	switch v := value.(type) {
	case map[string]any:
		kept := map[string]any{}
		for name, inner := range v {
			if inner != nil {
				kept[name] = present(inner)
			}
		}
		return kept
	case []any:
		kept := make([]any, len(v))
		for i, inner := range v {
			kept[i] = present(inner)
		}
		return kept
	}
	return value
}

// wrapContacts writes each contact in a member personalContact.
func wrapContacts(members map[string]any) {
	contacts, ok := members["contacts"].([]any)
	if !ok {
		return
	}
	wrapped := make([]any, len(contacts))
	for i, contact := range contacts {
		wrapped[i] = map[string]any{"personalContact": contact}
	}
	members["contacts"] = wrapped
}

// asTexts writes all values as text.
func asTexts(value any) any {
	switch v := value.(type) {
	case map[string]any:
		all := map[string]any{}
		for name, inner := range v {
			all[name] = asTexts(inner)
		}
		return all
	case []any:
		all := make([]any, len(v))
		for i, inner := range v {
			all[i] = asTexts(inner)
		}
		return all
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return value
}
