// Package journal keeps the calls that came in, and counts them. One lock guards both.
package journal

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strings"
	"time"
	"unique"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
)

// Call is one request to an API of LivePerson with the sandbox's decision. The tags doc describe the fields. They are also
// in the OpenAPI document.
type Call struct {
	ID                int       `json:"id" doc:"The number of the call, from 1 on, in the order in which the sandbox decided."`
	Time              time.Time `json:"time" doc:"When the sandbox decided, in UTC."`
	Endpoint          string    `json:"endpoint" doc:"The endpoint that was called, such as report, engagement or send."`
	Method            string    `json:"method" doc:"As sent. It is POST if X-HTTP-Method-Override said PUT."`
	Target            string    `json:"target" doc:"The path and the query as sent. For messaging, only the parameters v and grant_type."`
	Account           string    `json:"account"`
	AppInstallationID string    `json:"app_installation_id"`
	Version           string    `json:"version"`
	OnBehalfOf        bool      `json:"on_behalf_of"`
	VisitorID         string    `json:"visitor_id" doc:"From the answer. Empty unless the call was accepted."`
	SessionID         string    `json:"session_id" doc:"From the answer. Empty unless the call was accepted."`
	SentVisitorID     string    `json:"sent_visitor_id"`
	SentSessionID     string    `json:"sent_session_id"`
	Status            int       `json:"status" doc:"The HTTP status. 0: a chaos rule broke the connection before the sandbox took the call."`
	InternalCode      int       `json:"internal_code" doc:"LivePerson's number for the reason, which messaging calls errorCode. 0: accepted, or LivePerson has no number."`
	Reason            string    `json:"reason" doc:"The message of the answer, and what to do. Empty if accepted."`
	TookMS            float64   `json:"took_ms" doc:"How long the sandbox took to decide, in milliseconds. It includes the latency of a chaos rule."`
	Fault             string    `json:"fault,omitempty" doc:"The chaos rule that made the call fail: its name, or rule with its number."`
	Attempt           int       `json:"attempt,omitempty" doc:"2 or more: the consumer's call with this body has failed before. Absent: the first attempt."`
	SameAs            int       `json:"same_as,omitempty" doc:"The id of an earlier accepted call of the consumer with the same body."`
	Why               []Why     `json:"why,omitempty" doc:"Everything that is wrong with a report that a strict sandbox refused. LivePerson's message names the first member only."`
	Dropped           []Dropped `json:"dropped,omitempty" doc:"What the account did not store, although it accepted the call. See /sandbox/storage and the fault vanish."`
	Notes             []string  `json:"notes,omitempty" doc:"What the sandbox accepted although it should be sent differently. A strict sandbox refuses most of it."`
	Engagement        *Offer    `json:"engagement,omitempty" doc:"The engagement in the answer."`
	Consumer          string    `json:"consumer" doc:"The sub of the first identity, or else consumerId, or else the consumer of the session, or else the visitor id. In messaging, the ext_consumer_id."`
	PageID            string    `json:"page_id" doc:"From the answer. Empty unless the call was accepted."`
	RequestID         string    `json:"request_id,omitempty" doc:"The id of the last request in the body, in messaging."`
	Types             []string  `json:"types" doc:"The types of engagement attributes as written. In messaging, the types of requests and of the events that they publish."`
	// Body is null if it was empty or too long, or if the call asked for an app token, because that body has the app's secret.
	Body json.RawMessage `json:"body,omitempty" doc:"Byte for byte as sent, or a JSON string if it was not JSON. null: empty, too long, or with the app's secret."`
}

// Entry is a Call with further values for the sandbox's own pages. It must not change after it was added to the
// journal.
type Entry struct {
	Call
	Headers unique.Handle[Headers]
	// Answer is the answer, which was sent as JSON. It is nil for an empty answer, for a token, and for a session that was
	// read.
	Answer any
	// Created says that the call started a session.
	Created bool
	// Loading says that the call found the account loading.
	Loading bool
	// Receipt is the result of a receipt, such as dropped. Empty: the entry is a call. The body of a receipt is the receipt.
	Receipt string
	// Subs are the consumers that the call names besides Consumer.
	Subs []string
	// Trail has the calls of the session that accepted the call. nil: no session.
	Trail *Trail
	// Read is the session that the call read. nil: none. The answer is made again from the session's calls, so the entry
	// does not store it.
	Read Session

	began time.Time // zero: unknown
	same  sameKey   // zero: the call can't be compared
}

// The results of calls. Receipts have other results.
const (
	ResultAccepted = "accepted"
	ResultNoted    = "noted" // accepted, with notes
	ResultRefused  = "refused"
)

// Result returns the result of the call in one word.
func (c *Entry) Result() string {
	switch {
	case c.Receipt != "":
		return c.Receipt
	case c.Good() && len(c.Notes) > 0:
		return ResultNoted
	case c.Good():
		return ResultAccepted
	}
	return ResultRefused
}

// Session shows a session from some of its calls.
type Session interface {
	// Calls returns the trail with the session's calls.
	Calls() *Trail
	// State returns the answer to a caller who reads the session after these calls, at this time.
	State(calls []*Entry, now time.Time) any
}

// Offer is an engagement that a call was offered, or the engagement of an open conversation.
type Offer struct {
	CampaignID         int64  `json:"campaign_id"`
	EngagementID       int64  `json:"engagement_id"`
	EngagementRevision int64  `json:"engagement_revision"`
	ContextID          string `json:"context_id,omitempty" doc:"Absent if there is an open conversation."`
	ConversationID     string `json:"conversation_id,omitempty" doc:"The id of the open conversation."`
}

// ParamVersion is the Domain API's name for the parameter v.
const ParamVersion = "version"

// NewEntry returns an entry with the values in the request line.
func NewEntry(r *http.Request, endpoint string) *Entry {
	query := r.URL.Query()
	version := query.Get("v")
	if endpoint == chaos.EndpointDomain {
		version = query.Get(ParamVersion)
	}
	arrival := arrivalOf(r)
	return &Entry{Headers: HeadersOf(r), began: arrival.time, Call: Call{
		Fault:             arrival.fault,
		Endpoint:          endpoint,
		Method:            r.Method,
		Target:            targetOf(r),
		Account:           r.PathValue("account"),
		AppInstallationID: r.PathValue("app"),
		Version:           version,
		OnBehalfOf:        query.Get("obh") == "true",
		SentVisitorID:     cmp.Or(r.PathValue("visitor"), query.Get("vid")),
		SentSessionID:     query.Get("sid"),
	}}
}

// targetOf returns the path and the query as they came in. It returns a part of the request line and no copy, so that the
// target and the ids of a call share memory.
func targetOf(r *http.Request) string {
	if strings.HasPrefix(r.RequestURI, "/") {
		return r.RequestURI
	}
	return r.URL.RequestURI() // a request to a proxy also has the host
}

// SetBody stores a body. A body that is not JSON becomes a JSON string, so that people can read it.
func (c *Call) SetBody(raw []byte, isJSON bool) {
	c.Body = raw
	if len(raw) > 0 && !isJSON {
		c.Body, _ = json.Marshal(string(raw)) // a string always marshals
	}
}

// Why is one thing that is wrong with a report. It has the fields of sde.Finding.
type Why struct {
	Path    string `json:"path"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Fix     string `json:"fix"`
}

// Dropped is a part of the body that was not stored: an engagement attribute or a member of it.
type Dropped struct {
	Path   string `json:"path" doc:"Such as engagementAttributes[0] or engagementAttributes[0].total."`
	Reason string `json:"reason"`
}

// Good reports whether the call was accepted.
func (c *Call) Good() bool { return c.Status == http.StatusOK || c.Status == http.StatusCreated }

// size returns about how many bytes the call takes.
func (c *Entry) size() int {
	size := callSize + len(c.Target) + len(c.Body) + len(c.Reason) + len(c.Consumer) + len(c.RequestID) + c.Headers.Value().size()
	for _, why := range c.Why {
		size += 4*stringSize + len(why.Path) + len(why.Code) + len(why.Message) + len(why.Fix)
	}
	for _, dropped := range c.Dropped {
		size += 2*stringSize + len(dropped.Path) + len(dropped.Reason)
	}
	for _, sub := range c.Subs {
		size += stringSize + len(sub)
	}
	for _, note := range c.Notes {
		size += stringSize + len(note)
	}
	for _, kind := range c.Types {
		size += stringSize + len(kind)
	}
	return size
}

const (
	callSize   = 512 // without the fields that may be long
	stringSize = 16
)
