package messaging

import (
	"cmp"
	"net/http"
)

// The endpoints that the service answers, with their names in chaos rules and in the journal.
const (
	EndpointAppToken      = "app_token"
	EndpointConsumerToken = "consumer_token"
	EndpointConversation  = "conversation"
	EndpointSend          = "send"
)

// Call is one call to LivePerson's APIs. Options.Around gets it before it is decided, and Options.Log afterwards. It has no
// secret and no token.
type Call struct {
	Endpoint string
	// Consumer is the ext_consumer_id. Empty: an app token, or the call did not name a consumer.
	Consumer string
	// RequestID is the id of the last request in the body.
	RequestID string
	// Types are the types of the requests, and of the events that they publish.
	Types []string
	// Body is the body as sent. nil: it was too long, or it was the form for an app token, which has the app's secret.
	Body []byte

	// The fields below are set when the call was decided.

	Status int
	// Code is LivePerson's errorCode. 0: success, or LivePerson has no code.
	Code int
	// Reason says what was wrong. Empty: success.
	Reason string
	// Note says what the service accepted although LivePerson's pages do not show it. Empty: nothing.
	Note string
	// Answer is the answer, which is sent as JSON. nil: a token.
	Answer any
}

// Refusal is an error in LivePerson's form that replaces the answer to a call.
type Refusal struct {
	Status int
	// Code is LivePerson's errorCode. 0: the status times 100, as in LivePerson's sample.
	Code int
	// Message has the details of the error. Empty: LivePerson's text for the code.
	Message string
	// Reason says what was wrong. It is for people, and only Call has it.
	Reason string
}

func (r *Refusal) reply(requestID string) *reply {
	code := cmp.Or(r.Code, r.Status*codesPerStatus)
	body := documented[code]
	if body.Title == "" {
		body.Title, body.Details = http.StatusText(r.Status), http.StatusText(r.Status)
	}
	details := cmp.Or(r.Message, body.Details)
	return &reply{status: r.Status, code: code, answer: errorOf(requestID, r.Status, code, body.Title, details), reason: r.Reason}
}
