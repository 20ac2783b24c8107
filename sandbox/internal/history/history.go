// Package history answers LivePerson's Messaging Interactions API (service msgHist) from conversations and attributes that
// other packages store. It stores nothing.
package history

import (
	"encoding/json"
	"time"
)

// Conversation is a conversation at some time, with the names and values of LivePerson's notifications. Times are in
// milliseconds since 1970, and 0 if there is none.
type Conversation struct {
	ID            string
	ConsumerID    string // LivePerson's id
	ExtConsumerID string // the app's id
	IsFirst       bool   // the first conversation of its consumer
	Profile       json.RawMessage
	ProfileTime   int64
	SkillID       string
	AgentID       string // empty: no agent has joined
	State, Stage  string
	CloseReason   string
	Start, End    int64
	Updated       int64
	CSAT          *CSAT
	ResponseTime  int // in seconds
	Campaign      json.RawMessage
	Context       json.RawMessage
	Dialogs       []Dialog // the main one first
	Transfers     []Transfer
}

// CSAT is the answer to the question about satisfaction.
type CSAT struct {
	Rate       int
	Resolution *bool
	Status     string
}

// Transfer is a change of the skill.
type Transfer struct {
	Time     int64
	From, To string // skills
	AgentID  string // the agent who transferred the conversation; empty: none
}

// Dialog is a part of a conversation.
type Dialog struct {
	ID, Type, State       string
	Start, End            int64
	ClosedBy, ClosedCause string
	Events                []Event
}

// Event is an event in a dialog.
type Event struct {
	Sequence          int
	Time              int64
	SenderID, Role    string
	Audience          string
	Metadata          []json.RawMessage
	Type, ContentType string
	Message, Content  json.RawMessage
	QuickReplies      json.RawMessage
	Status            string
	SequenceList      []int
}

// Attribute is an engagement attribute with LivePerson's names for reading.
type Attribute struct {
	Time time.Time
	// Key is the name of the type, such as cartStatus.
	Key string
	// Nested says that the members stand in a member with the name of the type.
	Nested  bool
	Members map[string]any
	// Authenticated says that the consumer had logged in.
	Authenticated bool
}

// Source has the data that the API may show.
type Source struct {
	Account string
	Now     time.Time
	// Conversations are the conversations that the API may show, oldest first. Each is in the state
	// that the API may show.
	Conversations []Conversation
	// Attributes returns the attributes of a conversation, oldest first.
	Attributes func(Conversation) []Attribute
	// Searchable is the time of the latest attribute that can be searched for.
	Searchable time.Time
	// Unauthenticated says that the account shows attributes of consumers who have not logged in.
	Unauthenticated bool
}

// SearchDelay is how long an attribute can't be searched for (Messaging Interactions API, overview).
const SearchDelay = 2 * time.Hour

// context returns the members of the conversation's context that the API shows.
func (c Conversation) context() (context struct {
	VisitorID            string `json:"visitorId"`
	SessionID            string `json:"sessionId"`
	InteractionContextID string `json:"interactionContextId"`
	Language             string `json:"lang"`
}) {
	_ = json.Unmarshal(c.Context, &context) // other members do not matter
	return context
}

// Session returns the visitor and the session that the conversation began in, or empty texts.
func (c Conversation) Session() (visitorID, sessionID string) {
	context := c.context()
	return context.VisitorID, context.SessionID
}
