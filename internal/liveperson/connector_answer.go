package liveperson

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// item is the answer to one request, or the whole answer if the answer is not a list. The services
// answer in these forms:
//
//	{"code":"OK","body":{…},"reqId":"1"}                        one, or a list of them
//	{"code":"BAD_REQUEST","body":{"msg":"…"},"reqId":"1"}
//	{"code":401,"body":{"title":"…","details":"…","errorCode":40102}}
//	{"error":"invalid_client","error_description":"…"}          OAuth 2.0
type item struct {
	raw       json.RawMessage
	code      string
	requestID string
	errorCode int
	message   string
	body      json.RawMessage
}

type items []item

// readItems decodes an answer. An answer that is not JSON, or of another form, has no items.
func readItems(body []byte) items {
	var list []json.RawMessage
	if json.Unmarshal(body, &list) != nil {
		list = []json.RawMessage{body}
	}
	var read items
	for _, raw := range list {
		if one, ok := readItem(raw); ok {
			read = append(read, one)
		}
	}
	return read
}

func readItem(raw json.RawMessage) (item, bool) {
	var shape struct {
		Code        json.RawMessage `json:"code"`
		RequestID   json.RawMessage `json:"reqId"`
		Body        json.RawMessage `json:"body"`
		Error       json.RawMessage `json:"error"`
		Description json.RawMessage `json:"error_description"`
	}
	if !bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) || json.Unmarshal(raw, &shape) != nil {
		return item{}, false
	}
	var body struct {
		Message   json.RawMessage `json:"msg"`
		Title     json.RawMessage `json:"title"`
		Details   json.RawMessage `json:"details"`
		ErrorCode json.RawMessage `json:"errorCode"`
	}
	_ = json.Unmarshal(shape.Body, &body) // a body of another form has none of these
	errorCode, _ := strconv.Atoi(scalar(body.ErrorCode))
	return item{
		raw:       raw,
		code:      scalar(shape.Code),
		requestID: scalar(shape.RequestID),
		errorCode: errorCode,
		message: joined(scalar(body.Message), scalar(body.Title), scalar(body.Details), scalar(shape.Error),
			scalar(shape.Description)),
		body: shape.Body,
	}, true
}

// scalar returns a string or a number as text, and "" for other values.
func scalar(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	var number json.Number
	_ = json.Unmarshal(raw, &number)
	return number.String()
}

func joined(parts ...string) string {
	var there []string
	for _, part := range parts {
		if part != "" {
			there = append(there, part)
		}
	}
	return strings.Join(there, ": ")
}

// failed returns the first item that is not a success, or nil. If LivePerson refuses both a profile and
// a conversation, the item about the conversation decides what to do.
func (list items) failed() (first *item) {
	for i := range list {
		switch failed := list[i].status() >= http.StatusMultipleChoices; {
		case failed && alreadyOpenMessage.MatchString(list[i].message):
			return &list[i]
		case failed && first == nil:
			first = &list[i]
		}
	}
	return first
}

// answered says whether the answer has the form of the messaging API: an object or a list of
// objects, each with a code. If the answer broke off, its status counts, unless the part that
// came is a refusal.
func (list items) answered(res *answer) bool {
	text := trimmed(res.body)
	if len(text) == 0 {
		return itemForm.fit(res) == fitsBroken
	}
	whole := json.Valid(text)
	if !whole {
		text = completed(text)
		list = readItems(text)
	}
	var all []json.RawMessage
	if whole && len(list) == 0 || json.Unmarshal(text, &all) == nil && len(all) != len(list) {
		return false
	}
	return success(res.status) && json.Valid(text) && list.failed() == nil && !slices.ContainsFunc(list, func(i item) bool {
		object, is := objectOf(trimmed(i.raw))
		return !is || whole && i.code == "" || !whole && !itemForm.begins(object)
	})
}

// first decodes the first item.
func (list items) first(into any) bool {
	return len(list) > 0 && json.Unmarshal(list[0].raw, into) == nil
}

// status returns the HTTP status that an item's code means: the code is its number or its name.
// An item without a code is a success, because the HTTP status says the rest.
func (i item) status() int {
	if number, err := strconv.Atoi(i.code); err == nil && number >= http.StatusOK && number < 600 {
		return number
	}
	if i.code == "" {
		return http.StatusOK
	}
	for status := http.StatusOK; status < 600; status++ {
		if name := http.StatusText(status); name != "" && strings.EqualFold(strings.ReplaceAll(name, " ", "_"), i.code) {
			return status
		}
	}
	return http.StatusBadRequest
}

// classifyItems returns the error for an answer that is not a success. The HTTP status decides,
// or the failed item if the HTTP status is a success.
func classifyItems(res *answer, list items) *Error {
	e := &Error{Status: res.status, RetryAfter: retryAfter(res.header.Get("Retry-After"), time.Now()), codeName: "errorCode"}
	failed := list.failed()
	if failed == nil && len(list) > 0 && res.status >= http.StatusBadRequest {
		failed = &list[0]
	}
	if failed != nil {
		if success(res.status) {
			e.Status = failed.status()
		}
		e.Code = failed.errorCode
		if status := e.Code / codesPerStatus; status < http.StatusBadRequest || status >= 600 {
			e.Code = 0 // not a code of LivePerson; it may be an id
		}
		e.say(failed.message)
		e.conversation = conversationStateOf(failed)
	}
	e.Class = ClassNotFound // a success that can't be LivePerson's
	if e.Status >= http.StatusBadRequest {
		e.Class = failureOf(e.Status, e.Code, "").class
	}
	if success(res.status) && failureOf(e.Status, e.Code, "").notPassedOn {
		e.Class = ClassInvalid // an item's code is LivePerson's own
	}
	if failed == nil {
		e.describe(res)
	}
	return e
}

// codesPerStatus is the number of errorCodes for one HTTP status. An errorCode begins with the
// three digits of the status.
const codesPerStatus = 100

// notTheAnswer returns the error for a success without a required member.
func notTheAnswer(detail string, s service) *Error {
	e := &Error{Class: ClassNotFound, Status: http.StatusOK, detail: detail}
	e.advice = s.advise(e)
	return e
}

// encodeJSON returns JSON with < and > unescaped, and without a line break at the end.
func encodeJSON(v any) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), nil
}
