// Package journal keeps the calls that came in, and counts them. It has the only lock of both.
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

// Call is one request to an API of LivePerson's and what became of it, whether it was accepted or not.
type Call struct {
	// ID numbers the calls in the order in which they were decided, from 1 on.
	ID int `json:"id"`
	// Time is when the sandbox decided, in UTC.
	Time time.Time `json:"time"`
	// Endpoint is what was called, such as report, engagement or send.
	Endpoint string `json:"endpoint"`
	// Method is as sent: POST also where X-HTTP-Method-Override said PUT.
	Method string `json:"method"`
	// Target is the path and query as sent; of messaging's calls, only the parameters that LivePerson reads in it.
	Target            string `json:"target"`
	Account           string `json:"account"`
	AppInstallationID string `json:"app_installation_id"`
	Version           string `json:"version"`
	OnBehalfOf        bool   `json:"on_behalf_of"`
	// VisitorID and SessionID are those of the answer; empty unless the call was accepted.
	VisitorID     string `json:"visitor_id"`
	SessionID     string `json:"session_id"`
	SentVisitorID string `json:"sent_visitor_id"`
	SentSessionID string `json:"sent_session_id"`
	Status        int    `json:"status"`
	// InternalCode is LivePerson's number for the reason, which messaging calls errorCode; 0 if accepted, or where
	// LivePerson has none.
	InternalCode int `json:"internal_code"`
	// Reason is the answer's message and what to do about it; empty if accepted.
	Reason string `json:"reason"`
	// Why is all that is wrong with a report that a strict sandbox has refused: LivePerson's own message names the
	// first member alone.
	Why []Why `json:"why,omitempty"`
	// Notes are what was taken and should not be sent so. A strict sandbox refuses most of it.
	Notes []string `json:"notes,omitempty"`
	// Engagement is what the call was answered with, if anything.
	Engagement *Offer `json:"engagement,omitempty"`
	// Consumer is identities[0].sub, else consumerId, else who the session is about, else the visitor id; in messaging
	// the ext_consumer_id.
	Consumer string `json:"consumer"`
	// PageID is that of the answer; empty unless the call was accepted.
	PageID string `json:"page_id"`
	// RequestID is the id of messaging's (last) request in the body.
	RequestID string `json:"request_id,omitempty"`
	// Types are the engagement attributes' types as written, as far as the body could be read; in messaging those of
	// requests and of the events that they publish.
	Types []string `json:"types"`
	// Body is byte for byte what was sent; a JSON string of it if it was not JSON, null if it was empty or too long, or
	// an app's question for a token, which holds its secret.
	Body json.RawMessage `json:"body,omitempty"`
}

// Entry is a Call with what the sandbox keeps of it for its own pages. It must not change once the journal has it.
type Entry struct {
	Call
	Headers unique.Handle[Headers]
	// Answer is what was sent as JSON; nil for nothing, for a token, and for a session that was read.
	Answer any
	// Created says that the call began a session.
	Created bool
	// Loading says that the call found the account loading.
	Loading bool
	// Trail is that of the session that accepted the call; nil for none.
	Trail *Trail
	// Read is the session that the call read; nil for none. The journal has its calls, so the answer is not kept.
	Read Session
}

// Session puts together what a session was like from some of its calls.
type Session interface {
	// Calls returns the trail with the session's calls.
	Calls() *Trail
	// State returns what is answered to a caller who reads the session after these calls.
	State(calls []*Entry) any
}

// Offer is an engagement as it was handed out, or as it goes on in an open conversation.
type Offer struct {
	CampaignID         int64  `json:"campaign_id"`
	EngagementID       int64  `json:"engagement_id"`
	EngagementRevision int64  `json:"engagement_revision"`
	ContextID          string `json:"context_id,omitempty"`
	ConversationID     string `json:"conversation_id,omitempty"`
}

// ParamVersion is what the Domain API calls v.
const ParamVersion = "version"

// NewEntry reads what the request line says.
func NewEntry(r *http.Request, endpoint string) *Entry {
	query := r.URL.Query()
	version := query.Get("v")
	if endpoint == chaos.EndpointDomain {
		version = query.Get(ParamVersion)
	}
	return &Entry{Headers: HeadersOf(r), Call: Call{
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

// targetOf gives the path and query as they came. The ids of a call are parts of the same text, so that it takes no
// memory of its own.
func targetOf(r *http.Request) string {
	if strings.HasPrefix(r.RequestURI, "/") {
		return r.RequestURI
	}
	return r.URL.RequestURI() // a proxy's form has the host too
}

// SetBody keeps a body. A body that is not JSON is kept as a JSON string, so that it can still be read.
func (c *Call) SetBody(raw []byte, isJSON bool) {
	c.Body = raw
	if len(raw) > 0 && !isJSON {
		c.Body, _ = json.Marshal(string(raw)) // a string always marshals
	}
}

// Why is one thing that is wrong with a report, as sde.Finding has it.
type Why struct {
	Path    string `json:"path"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Fix     string `json:"fix"`
}

// Good tells whether the call was accepted.
func (c *Call) Good() bool { return c.Status == http.StatusOK || c.Status == http.StatusCreated }

// size is about how many bytes the call takes.
func (c *Entry) size() int {
	size := callSize + len(c.Target) + len(c.Body) + len(c.Reason) + len(c.Consumer) + len(c.RequestID) + c.Headers.Value().size()
	for _, why := range c.Why {
		size += 4*stringSize + len(why.Path) + len(why.Code) + len(why.Message) + len(why.Fix)
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
	callSize   = 512 // without the texts that may be long
	stringSize = 16
)
