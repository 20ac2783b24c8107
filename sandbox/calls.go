package sandbox

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
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
	// Endpoint is what was called, one of keptEndpoints.
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

	headers unique.Handle[headers]
	answer  any    // what was sent as JSON; nil for nothing, for a token, and for a session that was read
	created bool   // a session
	visit   *visit // that has accepted the call
	read    *visit // that was asked for; what it was like is put together again from its calls, as it may be long
}

// Offer is an engagement as it was handed out, or as it goes on in an open conversation.
type Offer struct {
	CampaignID         int64  `json:"campaign_id"`
	EngagementID       int64  `json:"engagement_id"`
	EngagementRevision int64  `json:"engagement_revision"`
	ContextID          string `json:"context_id,omitempty"`
	ConversationID     string `json:"conversation_id,omitempty"`
}

// paramVersion is what the Domain API calls v.
const paramVersion = "version"

// newCall reads what the request line says.
func newCall(r *http.Request, endpoint string) *Call {
	query := r.URL.Query()
	version := query.Get("v")
	if endpoint == chaos.EndpointDomain {
		version = query.Get(paramVersion)
	}
	return &Call{
		Endpoint:          endpoint,
		Method:            r.Method,
		Target:            targetOf(r),
		Account:           r.PathValue("account"),
		AppInstallationID: r.PathValue("app"),
		Version:           version,
		OnBehalfOf:        query.Get("obh") == "true",
		SentVisitorID:     cmp.Or(r.PathValue("visitor"), query.Get("vid")),
		SentSessionID:     query.Get("sid"),
		headers:           headersOf(r),
	}
}

// targetOf gives the path and query as they came. The ids of a call are parts of the same text, so that it takes no
// memory of its own.
func targetOf(r *http.Request) string {
	if strings.HasPrefix(r.RequestURI, "/") {
		return r.RequestURI
	}
	return r.URL.RequestURI() // a proxy's form has the host too
}

// take adds what the body says. A body that is not JSON is kept as a JSON string, so that it can still be read.
func (c *Call) take(raw []byte, sent content) {
	c.Consumer = cmp.Or(sent.consumer, c.SentVisitorID)
	c.Types = sent.types
	c.Notes = sent.notes
	c.Body = raw
	if len(raw) > 0 && !sent.isJSON {
		c.Body, _ = json.Marshal(string(raw)) // a string always marshals
	}
}

// ids gives those that every answer has.
func (c *Call) ids() reportAnswer {
	return reportAnswer{SessionID: c.SessionID, VisitorID: c.VisitorID, PageID: c.PageID}
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
func (c *Call) size() int {
	size := callSize + len(c.Target) + len(c.Body) + len(c.Reason) + len(c.Consumer) + len(c.RequestID) + c.headers.Value().size()
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

// callLog keeps the latest calls: no more than keep, nor than bytes, and none older than age. Its methods want the
// sandbox's lock.
type callLog struct {
	kept    []*Call // oldest first, numbered without gaps
	keep    int
	bytes   int
	age     time.Duration
	size    int // of those that are kept
	total   int
	changed chan struct{} // closed by the next call; nil while nobody waits for it
}

func newCallLog(keep, bytes int, age time.Duration) *callLog {
	return &callLog{keep: keep, bytes: bytes, age: age}
}

// add keeps the call, which must not change from now on.
func (l *callLog) add(call *Call) {
	l.total++
	call.ID = l.total
	l.kept = append(l.kept, call)
	l.size += call.size()
	l.forget(call.Time)
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
}

// forget lets go of calls that are too many, too large or too old.
func (l *callLog) forget(now time.Time) {
	for len(l.kept) > 0 && (len(l.kept) > l.keep || l.size > l.bytes || now.Sub(l.kept[0].Time) > l.age) {
		l.size -= l.kept[0].size()
		if at := l.kept[0].visit; at != nil {
			at.forget()
		}
		l.kept[0] = nil // the array lives on until it is outgrown
		l.kept = l.kept[1:]
	}
}

// since returns the kept calls after the one with this id, oldest first.
func (l *callLog) since(id int, now time.Time) []*Call {
	l.forget(now)
	forgotten := l.total - len(l.kept)
	return slices.Clone(l.kept[min(max(0, id-forgotten), len(l.kept)):])
}

// next gives a channel that the next call closes.
func (l *callLog) next() <-chan struct{} {
	if l.changed == nil {
		l.changed = make(chan struct{})
	}
	return l.changed
}
