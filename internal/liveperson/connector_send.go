package liveperson

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"unicode/utf8"
)

// MaxRequestCharacters is how long a request may be, as JSON. LivePerson refuses a
// longer one with 400 and the words "Bad Request".
const MaxRequestCharacters = 5000

// maxRequestID is how many characters a request's id may have.
const maxRequestID = 64

// Request is one request of the messaging service. The functions and the methods of
// Dialog that give requests leave ID to the caller.
type Request struct {
	// ID comes back in the answer and serves for nothing else: LivePerson does not
	// recognise a repeated request by it. 64 characters at most. Empty: "1".
	ID string
	// Type is LivePerson's name of the request, such as TypePublishEvent.
	Type string
	// Body is anything that encoding/json writes as an object. Nil: an object without
	// members.
	Body any
	// Metadata is a list of objects, as JSON; nil: none.
	Metadata json.RawMessage
}

// Answer is what LivePerson says to a request that it has taken.
type Answer struct {
	// Sequence is the number of the published event within its conversation, if
	// HasSequence. Numbers grow but may have gaps.
	Sequence    int64
	HasSequence bool
	// Message is LivePerson's text, such as "OK Conversation resolved successfully".
	Message string
	// Body has all of it. Nil: there was none that can be read.
	Body json.RawMessage
}

// envelope is what all requests are sent in.
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

// MarshalJSON writes the request as it is sent.
func (r Request) MarshalJSON() ([]byte, error) {
	e, err := r.envelope()
	if err != nil {
		return nil, err
	}
	return encodeJSON(e)
}

// TooLong tells whether LivePerson may refuse a request for its length. It does not
// say what it counts. Bytes are counted here, of which there are never fewer than
// there are characters or UTF-16 units: a request that is not too long is so by
// neither, but one in an alphabet other than the Latin may be said to be too long
// that LivePerson would take.
func TooLong(r Request) bool {
	text, err := r.MarshalJSON()
	return err == nil && len(text) > MaxRequestCharacters
}

// Send makes one request for a consumer. A nil error means that LivePerson has taken
// it. Before sending a request again that MayHaveArrived, think of the consumer, who
// may see it twice.
//
// See https://developers.liveperson.com/connector-api-send-api-send-request.html.
func (c *Connector) Send(ctx context.Context, consumer string, r Request) (Answer, error) {
	body, err := r.MarshalJSON()
	if err != nil {
		return Answer{}, NotSent(err)
	}
	items, err := c.onBehalf(ctx, consumer, c.sendPath, body)
	if err != nil || len(items) == 0 {
		// As with reports, a 200 is believed when its body has not come, or not whole.
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
