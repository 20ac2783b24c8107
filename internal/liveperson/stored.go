package liveperson

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// Stored is what LivePerson has of a visit or of a conversation.
type Stored struct {
	Attributes []StoredAttribute
	// At is LivePerson's time when it answered.
	At time.Time
}

// StoredAttribute is an engagement attribute that LivePerson has.
type StoredAttribute struct {
	// Type is the type as it is sent, such as cart.
	Type string
	// ShownAs is the name with which LivePerson shows it, such as cartStatus.
	ShownAs string
	// Time is when LivePerson received the attribute, by LivePerson's clock. It is zero if
	// LivePerson does not say it.
	Time time.Time
	// Members are the members with their names when they are sent, without type.
	Members map[string]any
}

// storedForm is how LivePerson shows a type of attributes. Names of types and members differ from
// those that are sent.
//
// See https://developers.liveperson.com/visit-information-api-methods-visit-information.html and
// https://developers.liveperson.com/engagement-attributes-types-of-engagement-attributes.html.
type storedForm struct {
	written string            // the type when it is sent
	payload string            // the member that has all other members when it is sent; empty: none
	renamed map[string]string // members, by the name when they are shown
}

// storedForms has the types by the name with which LivePerson shows them.
var storedForms = map[string]storedForm{
	"customerInfo": {"ctmrinfo", "info", map[string]string{"customerStatus": "cstatus", "customerType": "ctype"}},
	"personalInfo": {"personal", "personal", map[string]string{
		"name": "firstname", "surname": "lastname", "customerAge": "age",
		"customerAgeInYears": "age", "customerYearOfBirth": "year", "customerMonthOfBirth": "month", "customerDateOfBirth": "day",
	}},
	"marketingCampaignInfo": {"mrktInfo", "info", map[string]string{"originatingChannel": "channel"}},
	"cartStatus":            {written: "cart"},
	"purchase":              {written: "purchase"},
	"viewedProduct":         {written: "prodView"},
	"lead":                  {"lead", "lead", nil},
	"serviceActivity":       {"service", "service", nil},
	"visitorError":          {"error", "error", nil},
	"searchContent":         {written: "searchInfo"},
}

// ShownAs returns the name with which LivePerson shows a type of attributes, or "" if it shows none.
func ShownAs(written string) string {
	for name, form := range storedForms {
		if form.written == written {
			return name
		}
	}
	return ""
}

// add reads events. It skips events that are no engagement attributes.
func (s *Stored) add(events []map[string]json.RawMessage) {
	for _, event := range events {
		for name, form := range storedForms {
			if raw, found := event[name]; found {
				if a, ok := form.read(name, raw, event); ok {
					s.Attributes = append(s.Attributes, a)
				}
			}
		}
	}
}

// besideMembers are the members beside an attribute's own.
var besideMembers = []string{"serverTimeStamp", "originalTimeStamp", "contexts", "isAuthenticated", "sdeType"}

// read reads one attribute. Visit Information has the time inside the attribute, Messaging
// Interactions beside it. The attribute may have its members in a member of its own name.
func (f storedForm) read(name string, raw json.RawMessage, event map[string]json.RawMessage) (a StoredAttribute, ok bool) {
	var object map[string]any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if decoder.Decode(&object) != nil || object == nil {
		return a, false
	}
	a = StoredAttribute{Type: f.written, ShownAs: name, Time: storedTime(object["serverTimeStamp"])}
	if a.Time.IsZero() {
		a.Time = storedTime(string(event["serverTimeStamp"]))
	}
	if inner, nested := object[name].(map[string]any); nested {
		object = inner
	} else {
		for _, other := range besideMembers {
			delete(object, other)
		}
	}
	members, _ := f.value(object).(map[string]any)
	if f.payload != "" {
		members = map[string]any{f.payload: members}
	}
	a.Members = members
	return a, true
}

// value returns a value with the names of members when they are sent. Members without a value are
// left out: null, and the texts with which Messaging Interactions means the same.
func (f storedForm) value(value any) any {
	switch v := value.(type) {
	case map[string]any:
		if contact, only := v["personalContact"]; only && len(v) == 1 {
			return f.value(contact)
		}
		object := make(map[string]any, len(v))
		for name, member := range v {
			if IsAbsent(member) {
				continue
			}
			if other, found := f.renamed[name]; found {
				name = other
			}
			object[name] = f.value(member)
		}
		return object
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = f.value(item)
		}
		return list
	}
	return value
}

// IsAbsent tells whether a value is one that LivePerson shows for members without a value.
func IsAbsent(value any) bool { return value == nil || value == "undefined" || value == "null" }

// storedTime reads milliseconds since 1970, as a number or as a text.
func storedTime(value any) time.Time {
	var digits string
	switch v := value.(type) {
	case json.Number:
		digits = v.String()
	case string:
		digits = strings.Trim(v, `"`)
	}
	ms, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || ms <= 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}
