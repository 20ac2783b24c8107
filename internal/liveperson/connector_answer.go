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

// item is the answer to one request, or the whole answer where it is no list. Its
// members are read from any of the forms in which the services answer:
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

// readItems decodes an answer. What is no JSON, or of no such form, has no items.
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

// scalar gives a text or a number as a text; empty for anything else.
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

// failed gives the first item that is no success; nil: all are.
func (list items) failed() *item {
	for i := range list {
		if list[i].status() >= http.StatusMultipleChoices {
			return &list[i]
		}
	}
	return nil
}

// answered tells whether the answer has the form of messaging's: an object or a list of
// them, each of which says by its code what became of its request. An answer that broke
// off is told by its status, unless what came of it is a refusal.
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

// first reads the first item as it was answered.
func (list items) first(into any) bool {
	return len(list) > 0 && json.Unmarshal(list[0].raw, into) == nil
}

// status is the HTTP status that an item's code stands for, which is its number or
// its name. No code is a success, as the HTTP status is there too.
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

// classifyItems reads an answer that is not a success. It always gives an error. The
// HTTP status decides; an item does where that is a success.
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
			e.Code = 0 // none of LivePerson's; it may be an id
		}
		e.say(failed.message)
		e.trouble = troubleOf(failed)
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

// codesPerStatus is how many errorCodes there are for an HTTP status, with whose three
// digits they begin.
const codesPerStatus = 100

// notTheAnswer is the error of a success that has nothing of what it should.
func notTheAnswer(detail string, s service) *Error {
	e := &Error{Class: ClassNotFound, Status: http.StatusOK, detail: detail}
	e.advice = s.advise(e)
	return e
}

// encodeJSON writes JSON as it is meant to be read: < and > as they are, no line
// break at the end.
func encodeJSON(v any) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), nil
}
