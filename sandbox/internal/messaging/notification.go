package messaging

import "encoding/json"

// The names of notifications in an app's manifest.
const (
	typeEvents = "ms.MessagingEventNotification"
	// KeyContent and the names below are all notifications that LivePerson posts.
	KeyContent      = typeEvents + "." + eventContent
	KeyRichContent  = typeEvents + "." + eventRichContent
	KeyAcceptStatus = typeEvents + "." + eventAcceptStatus
	KeyChatState    = typeEvents + "." + eventChatState
	KeyConversation = "cqm.ExConversationChangeNotification"
)

// Keys has the names of all notifications.
var Keys = []string{KeyContent, KeyRichContent, KeyAcceptStatus, KeyChatState, KeyConversation}

// The types of events.
const (
	eventContent      = "ContentEvent"
	eventRichContent  = "RichContentEvent"
	eventAcceptStatus = "AcceptStatusEvent"
	eventChatState    = "ChatStateEvent"
)

// Who may see a message.
const (
	audienceAll    = "ALL"
	audienceAgents = "AGENTS_AND_MANAGERS"
)

const (
	plainText  = "text/plain"
	hostedFile = "hosted/file"
	// secureInvitation invites to a form that LivePerson hosts.
	secureInvitation = "forms/secure-invitation"
)

// notification is the envelope of a notification. The members here and below are in the order of LivePerson's samples.
type notification struct {
	Kind string           `json:"kind"`
	Body notificationBody `json:"body"`
	Type string           `json:"type"`
}

type notificationBody struct {
	Changes any `json:"changes"`
}

type participant struct {
	ID    string `json:"id"`
	Role  string `json:"role"`
	State string `json:"state,omitempty"`
}

// change is one event in a dialog.
type change struct {
	Sequence           *int              `json:"sequence,omitempty"`
	OriginatorID       string            `json:"originatorId"`
	OriginatorMetadata participant       `json:"originatorMetadata"`
	ServerTimestamp    int64             `json:"serverTimestamp,omitempty"`
	Event              event             `json:"event"`
	ConversationID     string            `json:"conversationId,omitempty"`
	DialogID           string            `json:"dialogId"`
	Audience           string            `json:"messageAudience,omitempty"`
	Metadata           []json.RawMessage `json:"metadata,omitempty"`
}

// event is an event of any type. Each type has some of the members.
type event struct {
	Type         string          `json:"type"`
	Message      json.RawMessage `json:"message,omitempty"`
	ContentType  string          `json:"contentType,omitempty"`
	Status       string          `json:"status,omitempty"`
	SequenceList []int           `json:"sequenceList,omitempty"`
	ChatState    string          `json:"chatState,omitempty"`
	Content      json.RawMessage `json:"content,omitempty"`
	QuickReplies json.RawMessage `json:"quickReplies,omitempty"`
}

func textEvent(text string) event {
	message, err := encode(text)
	if err != nil {
		panic(err) // a text can always be encoded
	}
	return event{Type: eventContent, Message: message, ContentType: plainText}
}

// contentEvent returns a message with an object as its content.
func contentEvent(contentType string, message any) event {
	content, err := encode(message)
	if err != nil {
		panic(err) // a struct of texts can always be encoded
	}
	return event{Type: eventContent, Message: content, ContentType: contentType}
}

// text returns the text of a content event. It returns an empty string for other events.
func (e event) text() (text string) {
	_ = json.Unmarshal(e.Message, &text)
	return text
}

// upsert has the whole state of a conversation.
type upsert struct {
	Type   string       `json:"type"`
	Result upsertResult `json:"result"`
}

type upsertResult struct {
	ConvID       string  `json:"convId"`
	EffectiveTTR int64   `json:"effectiveTTR"`
	Details      details `json:"conversationDetails"`
}

type details struct {
	SkillID      string        `json:"skillId"`
	Participants []participant `json:"participants"`
	Dialogs      []dialogState `json:"dialogs"`
	BrandID      string        `json:"brandId"`
	State        string        `json:"state"`
	Stage        string        `json:"stage"`
	CloseReason  string        `json:"closeReason,omitempty"`
	StartTs      int64         `json:"startTs"`
	EndTs        int64         `json:"endTs,omitempty"`
	Updated      int64         `json:"metaDataLastUpdateTs"`
	TTR          ttr           `json:"ttr"`
	Handler      handler       `json:"conversationHandlerDetails"`
	CSAT         *csat         `json:"csat,omitempty"`
}

type handler struct {
	AccountID string `json:"accountId"`
	SkillID   string `json:"skillId"`
}

type dialogState struct {
	DialogID     string        `json:"dialogId"`
	Participants []participant `json:"participantsDetails"`
	DialogType   string        `json:"dialogType"`
	ChannelType  string        `json:"channelType"`
	State        string        `json:"state"`
	CreationTs   int64         `json:"creationTs"`
	EndTs        int64         `json:"endTs,omitempty"`
	Updated      int64         `json:"metaDataLastUpdateTs"`
	ClosedBy     string        `json:"closedBy,omitempty"`
	ClosedCause  string        `json:"closedCause,omitempty"`
}

// snapshot returns the conversation in the form of a notification.
func (c *conversation) snapshot(account string) upsert {
	var dialogs []dialogState
	for _, d := range c.dialogs {
		present := c.participantsOf(d)
		for i := range present {
			present[i].State = "ACTIVE"
		}
		dialogs = append(dialogs, dialogState{
			DialogID: d.id, Participants: present, DialogType: d.kind, ChannelType: "MESSAGING", State: d.state,
			CreationTs: d.created, EndTs: d.ended, Updated: d.updated, ClosedBy: d.closedBy, ClosedCause: d.closedCause,
		})
	}
	due := int64(-1)
	if c.state == stateOpen {
		due = c.updated + int64(c.ttr.Value)*1000
	}
	return upsert{Type: "UPSERT", Result: upsertResult{ConvID: c.id, EffectiveTTR: due, Details: details{
		SkillID: c.skillID, Participants: c.participants(), Dialogs: dialogs, BrandID: account,
		State: c.state, Stage: c.stage, CloseReason: c.closeReason, StartTs: c.start, EndTs: c.end, Updated: c.updated,
		TTR: c.ttr, Handler: handler{account, c.skillID}, CSAT: c.csat,
	}}}
}

// touch returns the time of a change of the conversation. Each change has another time, because receivers order notifications
// by it. The caller holds the lock.
func (s *Service) touch(c *conversation) int64 {
	c.updated = max(c.updated+1, s.millis())
	return c.updated
}

// notifyChange posts the state of the conversation. The caller holds the lock.
func (s *Service) notifyChange(c *conversation) {
	s.post(KeyConversation, c.id, notification{"notification", notificationBody{[]upsert{c.snapshot(s.options.Account)}}, KeyConversation})
}

// notifyEvents posts events of one type. The caller holds the lock.
func (s *Service) notifyEvents(c *conversation, changes []change) {
	s.post(typeEvents+"."+changes[0].Event.Type, c.id, notification{"notification", notificationBody{changes}, typeEvents})
}
