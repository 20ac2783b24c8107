package liveperson

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"unicode/utf8"
)

// MaxRequestCharacters is the largest length of a request in JSON. LivePerson refuses a longer
// request with 400 and the text "Bad Request".
const MaxRequestCharacters = 5000

// maxRequestID is the largest number of characters in a request's id.
const maxRequestID = 64

// Request is one request to the messaging service. The functions that make requests, including
// the methods of Dialog, leave ID empty.
type Request struct {
	// ID comes back in the answer. LivePerson does not recognise a repeated request by it. It
	// has at most 64 characters. Empty: "1".
	ID string
	// Type is LivePerson's name for the request, such as TypePublishEvent.
	Type string
	// Body is a value that encoding/json writes as an object. Nil: an object without members.
	Body any
	// Metadata is a list of objects in JSON. Nil: no metadata.
	Metadata json.RawMessage
}

// Answer is LivePerson's answer to a request that it accepted.
type Answer struct {
	// Sequence is the number of the published event within its conversation, if HasSequence is
	// true. Numbers grow but may have gaps.
	Sequence    int64
	HasSequence bool
	// Message is LivePerson's text, such as "OK Conversation resolved successfully".
	Message string
	// Body is the whole body of the answer. It is nil if it can't be read.
	Body json.RawMessage
}

// envelope is the JSON form of all requests.
type envelope struct {
	Kind     string          `json:"kind"`
	ID       string          `json:"id"`
	Type     string          `json:"type"`
	Body     any             `json:"body"`
	Metadata json.RawMessage `json:"metadata,omitempty"`
}

// envelope checks a request and puts it into its envelope.
func (r Request) envelope() (envelope, error) {
	e := envelope{Kind: "req", ID: r.ID, Type: r.Type, Body: r.Body, Metadata: r.Metadata}
	if e.ID == "" {
		e.ID = "1"
	}
	if e.Body == nil {
		e.Body = struct{}{}
	}
	switch {
	case e.Type == "":
		return e, errors.New("the request has no type")
	case utf8.RuneCountInString(e.ID) > maxRequestID:
		return e, errors.New("the request's id has more than 64 characters")
	}
	return e, nil
}

// MarshalJSON returns the request in the form in which it is sent.
func (r Request) MarshalJSON() ([]byte, error) {
	e, err := r.envelope()
	if err != nil {
		return nil, err
	}
	return encodeJSON(e)
}

// TooLong returns whether LivePerson may refuse a request for its length. LivePerson does not say
// what it counts. TooLong counts bytes, because a text never has more characters or UTF-16 units
// than bytes. So LivePerson accepts the length of every request that is not too long here.
// LivePerson may also accept a longer request, if its text is not in Latin letters.
func TooLong(r Request) bool {
	text, err := r.MarshalJSON()
	return err == nil && len(text) > MaxRequestCharacters
}

// Send makes one request for a consumer. A nil error means that LivePerson has accepted it. If
// Error.MayHaveArrived is true and the caller sends the request again, the consumer may see it
// twice.
//
// See https://developers.liveperson.com/connector-api-send-api-send-request.html.
func (c *Connector) Send(ctx context.Context, consumer string, r Request) (Answer, error) {
	body, err := r.MarshalJSON()
	if err != nil {
		return Answer{}, NotSent(err)
	}
	items, err := c.onBehalf(ctx, consumer, c.sendPath, body)
	if err != nil || len(items) == 0 {
		// As for reports, the status 200 counts even if the body is missing or cut off.
		return Answer{}, err
	}
	return readAnswer(items[0]), nil
}

func readAnswer(i item) Answer {
	a := Answer{Message: i.message, Body: i.body}
	var body struct {
		Sequence json.RawMessage `json:"sequence"`
	}
	if json.Unmarshal(i.body, &body) == nil {
		sequence, err := strconv.ParseInt(scalar(body.Sequence), 10, 64)
		a.Sequence, a.HasSequence = sequence, err == nil
	}
	return a
}
