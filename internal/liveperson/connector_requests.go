package liveperson

import "encoding/json"

// The types of requests.
const (
	TypeSetUserProfile      = "userprofile.SetUserProfile"
	TypeRequestConversation = "cm.ConsumerRequestConversation"
	TypePublishEvent        = "ms.PublishEvent"
	TypeUpdateConversation  = "cm.UpdateConversationField"
	TypeUploadURL           = "ms.GenerateURLForUploadFile"
	TypeDownloadURL         = "ms.GenerateURLForDownloadFile"
)

// Dialog is the target of a request.
type Dialog struct {
	// ConversationID may be empty for requests that don't need it.
	ConversationID string
	// DialogID is the id of a dialog of the conversation, such as its survey. Empty: the
	// main dialog, which has the conversation's id.
	DialogID string
}

func (d Dialog) id() string {
	if d.DialogID == "" {
		return d.ConversationID
	}
	return d.DialogID
}

type publishBody struct {
	ConversationID string `json:"conversationId,omitempty"`
	DialogID       string `json:"dialogId"`
	Event          any    `json:"event"`
}

func (d Dialog) publish(event any) Request {
	return Request{Type: TypePublishEvent, Body: publishBody{d.ConversationID, d.id(), event}}
}

type contentEvent struct {
	Type         string `json:"type"`
	ContentType  string `json:"contentType"`
	Message      any    `json:"message"`
	QuickReplies any    `json:"quickReplies,omitempty"`
}

// Text sends plain text.
func (d Dialog) Text(message string) Request {
	return d.publish(contentEvent{Type: "ContentEvent", ContentType: "text/plain", Message: message})
}

// QuickReplies sends plain text with quick replies below it.
func (d Dialog) QuickReplies(message string, replies any) Request {
	return d.publish(contentEvent{"ContentEvent", "text/plain", message, replies})
}

// RichContent sends structured content, such as a card, perhaps with quick replies. LivePerson's
// pages show it from agents and bots only.
func (d Dialog) RichContent(content, replies any) Request {
	return d.publish(struct {
		Type         string `json:"type"`
		Content      any    `json:"content"`
		QuickReplies any    `json:"quickReplies,omitempty"`
	}{"RichContentEvent", content, replies})
}

// ChatState is the state of a consumer in a dialog.
type ChatState string

// The chat states. Composing lasts until the next state: LivePerson does not end it when a text
// arrives.
const (
	ChatActive    ChatState = "ACTIVE"
	ChatInactive  ChatState = "INACTIVE"
	ChatGone      ChatState = "GONE"
	ChatComposing ChatState = "COMPOSING"
	ChatPause     ChatState = "PAUSE"
)

// ChatState sends the consumer's state. A survey does not accept it.
func (d Dialog) ChatState(state ChatState) Request {
	return d.publish(struct {
		Type  string    `json:"type"`
		State ChatState `json:"chatState"`
	}{"ChatStateEvent", state})
}

// AcceptStatus is the status of an agent's message.
type AcceptStatus string

// The statuses of messages.
const (
	Accepted AcceptStatus = "ACCEPT" // the message was delivered
	Read     AcceptStatus = "READ"
	Accessed AcceptStatus = "ACCESS" // the consumer opened its file
	Refused  AcceptStatus = "NACK"
	Acted    AcceptStatus = "ACTION" // the consumer pressed its button
)

// Receipt sends the status of messages. Each is named by the sequence number of its
// notification.
func (d Dialog) Receipt(status AcceptStatus, sequences ...int64) Request {
	return d.publish(struct {
		Type      string       `json:"type"`
		Status    AcceptStatus `json:"status"`
		Sequences []int64      `json:"sequenceList"`
	}{"AcceptStatusEvent", status, sequences})
}

// ExternalID returns the metadata of the answer to a button with this id.
func ExternalID(id string) json.RawMessage {
	metadata, err := encodeJSON([]struct {
		Type string `json:"type"`
		ID   string `json:"id"`
	}{{"ExternalId", id}})
	if err != nil { // texts can always be encoded
		panic(err)
	}
	return metadata
}

// With returns the request with metadata, a list of objects in JSON.
func (r Request) With(metadata json.RawMessage) Request {
	r.Metadata = metadata
	return r
}

// File is an uploaded file; see FileType and Connector.Upload.
type File struct {
	Caption      string `json:"caption,omitempty"`
	RelativePath string `json:"relativePath"`
	FileType     string `json:"fileType"`
	// Preview is a small image as a data URL. LivePerson accepts less than 30 KB. The limit for
	// the whole request may be lower: see TooLong.
	Preview string `json:"preview,omitempty"`
}

// File shows an uploaded file.
func (d Dialog) File(f File) Request {
	return d.publish(contentEvent{Type: "ContentEvent", ContentType: "hosted/file", Message: f})
}

func update(conversationID string, field any) Request {
	return Request{Type: TypeUpdateConversation, Body: struct {
		ConversationID string `json:"conversationId"`
		Field          any    `json:"conversationField"`
	}{conversationID, field}}
}

// CloseConversation ends a conversation, without a survey.
func CloseConversation(conversationID string) Request {
	return update(conversationID, struct {
		Field string `json:"field"`
		State string `json:"conversationState"`
	}{"ConversationStateField", "CLOSE"})
}

// Close ends only the dialog. After the main dialog, LivePerson may begin a survey.
func (d Dialog) Close() Request {
	type dialog struct {
		ID    string `json:"dialogId"`
		State string `json:"state"`
		Cause string `json:"closedCause"`
	}
	return update(d.ConversationID, struct {
		Field  string `json:"field"`
		Type   string `json:"type"`
		Dialog dialog `json:"dialog"`
	}{"DialogChange", "UPDATE", dialog{d.id(), "CLOSE", "Closed by consumer"}})
}

// TTR changes how soon an agent should answer the consumer (time to respond). LivePerson's schema
// requires the kind, such as URGENT, and the seconds.
func TTR(conversationID, kind string, seconds int64) Request {
	return update(conversationID, struct {
		Field string `json:"field"`
		Type  string `json:"ttrType"`
		Value int64  `json:"value"`
	}{"TTRField", kind, seconds})
}

// CSAT is the consumer's rating of a conversation.
type CSAT struct {
	Rate     int   // from 1 to 5; 0: no rate
	Resolved *bool // whether the problem is solved; nil: no answer
}

// Rate sends the consumer's rating of a conversation.
func Rate(conversationID string, c CSAT) Request {
	status := "PARTIALLY_FILLED"
	switch {
	case c.Rate == 0 && c.Resolved == nil:
		status = "SKIPPED"
	case c.Rate != 0 && c.Resolved != nil:
		status = "FILLED"
	}
	return update(conversationID, struct {
		Field    string `json:"field"`
		Rate     int    `json:"csatRate,omitempty"`
		Resolved *bool  `json:"csatResolutionConfirmation,omitempty"`
		Status   string `json:"status"`
	}{"CSATRate", c.Rate, c.Resolved, status})
}

// SetUserProfile sets the consumer's profile: engagement attributes of the types ctmrinfo and
// personal. Without attributes, the request has an empty body.
func SetUserProfile(sdes ...any) Request {
	if len(sdes) == 0 {
		return Request{Type: TypeSetUserProfile, Body: json.RawMessage("{}")}
	}
	type data struct {
		SDEs []any `json:"lp_sdes"`
	}
	return Request{Type: TypeSetUserProfile, Body: struct {
		Data data `json:"authenticatedData"`
	}{data{sdes}}}
}
