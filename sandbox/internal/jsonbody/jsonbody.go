// Package jsonbody reads the JSON bodies of calls: members, engagement attributes and impressions. The handlers that take
// a call use it, and so do the pages that show the call later.
package jsonbody

import (
	"bytes"
	"encoding/json"
	"math/big"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
)

// The members that hold engagement attributes.
const (
	Attributes  = "engagementAttributes"
	Impressions = "impAttributes"
)

// Of reads the body of an accepted call: a JSON object, a bare list of engagement attributes, or nothing.
func Of(call *journal.Entry) map[string]any {
	body := Decode(call.Body)
	if call.Endpoint == chaos.EndpointEngagementAttributes {
		return map[string]any{Attributes: body}
	}
	members, _ := body.(map[string]any)
	return members
}

// Decode reads a body that is JSON or empty. Numbers keep their digits.
func Decode(raw json.RawMessage) any {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var body any
	_ = decoder.Decode(&body)
	return body
}

// Text reads a string member. It returns an empty string if the member is absent or null, and false if the member has
// another type.
func Text(object map[string]any, name string) (string, bool) {
	value, ok := object[name].(string)
	return value, ok || object[name] == nil
}

// List reads an array member. It returns nil if the member is absent or null, and false if the member has another type.
func List(object map[string]any, name string) ([]any, bool) {
	value, ok := object[name].([]any)
	return value, ok || object[name] == nil
}

// Number reads a number, which some senders write as text.
func Number(value any) (*big.Rat, bool) {
	if len(AsText(value)) > maxNumber {
		return nil, false
	}
	return new(big.Rat).SetString(AsText(value))
}

// maxNumber is the longest number in characters. A number such as 1e999999999 would take all memory.
const maxNumber = 40

// AsText returns a string or a number as it is written, and other values as JSON.
func AsText(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	text, _ := json.Marshal(value)
	return string(text)
}
