package liveperson

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// form is the form of a successful answer of LivePerson's. An answer of another form is not
// LivePerson's, even if its status is 200: it may be a proxy's page, another service or an error.
// The content type does not help: LivePerson has been seen to send application/octet-stream.
type form struct {
	// members are the names in an answer's object. They identify an answer that broke off.
	members []string
	// needs are the members that an answer must have: one of each group, with a text.
	needs [][]string
}

// The forms of the answers.
var (
	// LivePerson's table calls the ids vid and sid, its samples visitorId and sessionId.
	sessionForm = form{
		members: []string{"sessionId", "visitorId", "pageId", "sid", "vid"},
		needs:   [][]string{{"sessionId", "sid"}, {"visitorId", "vid"}},
	}
	offerForm = form{
		members: append([]string{"status", "engagementDetails"}, sessionForm.members...),
		needs:   sessionForm.needs,
	}
	itemForm = form{members: []string{"code", "body", "reqId", "kind"}}
)

// errorMembers stand in LivePerson's error entity and never in a success.
var errorMembers = []string{"internalCode", "error", "message"}

// fit says how well an answer fits a form.
type fit int

const (
	fitsNot    fit = iota
	fitsBroken     // nothing came, or only the beginning: the status decides
	fitsWhole
)

// success says whether a status is a success. 202 means that the account is being loaded, and
// LivePerson documents no other 2xx.
func success(status int) bool { return status == http.StatusOK || status == http.StatusCreated }

// fit compares an answer with the form.
func (f form) fit(res *answer) fit {
	fit, _ := f.read(res)
	return fit
}

// read compares an answer with the form. object has the members of the answer, unless the answer
// is no whole JSON object.
func (f form) read(res *answer) (fit fit, object map[string]json.RawMessage) {
	text := trimmed(res.body)
	if !success(res.status) || res.garbled && len(text) == 0 {
		return fitsNot, nil
	}
	if len(text) == 0 {
		return fitsBroken, nil
	}
	if object, is := objectOf(text); is {
		if f.holds(object) {
			return fitsWhole, object
		}
		return fitsNot, object
	}
	if begun, is := objectOf(completed(text)); is && f.begins(begun) {
		return fitsBroken, nil
	}
	return fitsNot, nil
}

// holds says whether an object is a whole answer.
func (f form) holds(object map[string]json.RawMessage) bool {
	for _, names := range f.needs {
		if !slices.ContainsFunc(names, func(name string) bool { return textOf(object[name]) != "" }) {
			return false
		}
	}
	return !isError(object)
}

// begins says whether an object may be the beginning of an answer. The name of its last member
// may be cut off.
func (f form) begins(object map[string]json.RawMessage) bool {
	for name := range object {
		if !slices.ContainsFunc(f.members, func(member string) bool { return strings.HasPrefix(member, name) }) {
			return false
		}
	}
	return !isError(object)
}

func isError(object map[string]json.RawMessage) bool {
	return slices.ContainsFunc(errorMembers, func(name string) bool {
		value, found := object[name]
		return found && string(value) != "null"
	})
}

// objectOf reads a JSON object.
func objectOf(text []byte) (object map[string]json.RawMessage, is bool) {
	is = bytes.HasPrefix(text, []byte("{")) && json.Unmarshal(text, &object) == nil
	return object, is
}

// textOf returns a text, or "" for another value. Ids need no decoding.
func textOf(raw json.RawMessage) (text string) {
	if len(raw) == 0 {
		return ""
	}
	if isPlainText(raw) {
		return string(raw[1 : len(raw)-1])
	}
	_ = json.Unmarshal(raw, &text)
	return text
}

// isPlainText tells whether a JSON value is a text of ASCII characters without escapes.
func isPlainText(raw json.RawMessage) bool {
	if len(raw) < 2 || raw[0] != '"' {
		return false
	}
	for _, b := range raw[1 : len(raw)-1] {
		if b == '\\' || b >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// trimmed removes white space, and the byte order mark that some servers send.
func trimmed(body []byte) []byte {
	return bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
}

// completed closes the open strings, arrays and objects of a JSON text that broke off. If that
// is not possible, the result is not JSON.
func completed(text []byte) []byte {
	var open []byte // the closing brackets that are missing
	inText, escaped := false, 0
	for i, b := range text {
		switch {
		case inText && b == '\\' && escaped == 0:
			escaped = i
		case inText && escaped > 0:
			// Four more characters belong to \u.
			if text[escaped+1] != 'u' || i == escaped+5 {
				escaped = 0
			}
		case b == '"':
			inText = !inText
		case inText:
		case b == '{':
			open = append(open, '}')
		case b == '[':
			open = append(open, ']')
		case (b == '}' || b == ']') && len(open) > 0:
			open = open[:len(open)-1]
		}
	}
	slices.Reverse(open)
	switch {
	case escaped > 0:
		text = slices.Concat(text[:escaped], []byte(`"`))
	case inText:
		text = slices.Concat(text, []byte(`"`))
	default:
		text = bytes.TrimRight(text, "truefalsn0123456789+-.E \t\r\n,")
	}
	// After a name, ":null" is missing, and after a colon, "null". After a value, nothing is.
	for _, missing := range []string{"", ":null", "null"} {
		if whole := slices.Concat(text, []byte(missing), open); json.Valid(whole) {
			return whole
		}
	}
	return text
}

// described returns words for an answer that is not LivePerson's. They repeat no part of it.
func described(res *answer) string {
	text := trimmed(res.body)
	object, is := objectOf(text)
	switch {
	case res.garbled:
		return "a body that can't be unpacked"
	case len(text) == 0:
		return "no body"
	case bytes.HasPrefix(text, []byte("<")):
		return "a web page"
	case is && isError(object):
		return "an error instead of an answer"
	case is, json.Valid(text):
		return "JSON of another form"
	case bytes.IndexByte(text, 0) >= 0:
		return "UTF-16 or binary data"
	}
	return "a text that is not JSON"
}
