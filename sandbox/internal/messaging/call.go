package messaging

import (
	"cmp"
	"net/http"
)

// The endpoints of LivePerson's that the service plays, as chaos rules and the journal name them.
const (
	EndpointAppToken      = "app_token"
	EndpointConsumerToken = "consumer_token"
	EndpointConversation  = "conversation"
	EndpointSend          = "send"
)

// Call is one call of LivePerson's APIs, in two states: Options.Around sees it before it is answered, Options.Log once it
// has been decided. It holds no secret and no token.
type Call struct {
	Endpoint string
	// Consumer is the ext_consumer_id; empty for app tokens, and where the call did not say.
	Consumer string
	// RequestID is the id of the (last) request in the body.
	RequestID string
	// Types are those of the requests, and of the events that they publish.
	Types []string
	// Body is what was sent; nil for app tokens, as their form has the app's secret, and where it was too long.
	Body []byte

	// What follows is there once the call has been decided.

	Status int
	// Code is LivePerson's errorCode; 0 for a success, and where LivePerson has none.
	Code int
	// Reason is what was wrong; empty for a success.
	Reason string
	// Note is what was let pass but LivePerson's pages do not show; empty for nothing.
	Note string
	// Answer is what is sent as JSON; nil for a token.
	Answer any
}

// Refusal is an error that a call gets in LivePerson's form, as of one of its failing servers, in place of its answer.
type Refusal struct {
	Status int
	// Code is LivePerson's errorCode. 0: the status with two noughts, as in LivePerson's sample.
	Code int
	// Message is the error's details. Empty: what LivePerson says with that code.
	Message string
	// Reason says what was wrong, for people; it stays in Call.
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
