package liveperson

import "encoding/json"

// The types of requests.
const (
	TypeSetUserProfile      = "userprofile.SetUserProfile"
	TypeRequestConversation = "cm.ConsumerRequestConversation"
	TypePublishEvent        = "ms.PublishEvent"
	TypeUpdateConversation  = "cm.UpdateConversationField"
	TypeUploadURL           = "ms.GenerateURLForUploadFile"
)

// Dialog is what requests are addressed to.
type Dialog struct {
	// ConversationID may be left out where requests do without.
	ConversationID string
	// DialogID is that of a dialog of the conversation, such as its survey. Empty: the
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
	Type        string `json:"type"`
	ContentType string `json:"contentType"`
	Message     any    `json:"message"`
}

// Text says something in plain text.
func (d Dialog) Text(message string) Request {
	return d.publish(contentEvent{"ContentEvent", "text/plain", message})
}

// ChatState is what a consumer is doing.
type ChatState string

// The chat states. Composing goes on until there is another one: LivePerson does not
// end it when a text arrives.
const (
	ChatActive    ChatState = "ACTIVE"
	ChatInactive  ChatState = "INACTIVE"
	ChatGone      ChatState = "GONE"
	ChatComposing ChatState = "COMPOSING"
	ChatPause     ChatState = "PAUSE"
)

// ChatState tells what the consumer is doing. A survey takes none.
func (d Dialog) ChatState(state ChatState) Request {
	return d.publish(struct {
		Type  string    `json:"type"`
		State ChatState `json:"chatState"`
	}{"ChatStateEvent", state})
}

// AcceptStatus is what has become of an agent's message.
type AcceptStatus string

// The statuses of messages.
const (
	Accepted AcceptStatus = "ACCEPT" // it has been delivered
	Read     AcceptStatus = "READ"
	Accessed AcceptStatus = "ACCESS" // its file has been opened
	Refused  AcceptStatus = "NACK"
	Acted    AcceptStatus = "ACTION" // its button has been pressed
)

// Receipt tells what has become of messages, by the sequence numbers of their
// notifications.
func (d Dialog) Receipt(status AcceptStatus, sequences ...int64) Request {
	return d.publish(struct {
		Type      string       `json:"type"`
		Status    AcceptStatus `json:"status"`
		Sequences []int64      `json:"sequenceList"`
	}{"AcceptStatusEvent", status, sequences})
}

// RichReply is the answer to a button of structured content: its text, and the
// external id from the button's metadata. RichAction goes with it.
func (d Dialog) RichReply(message, externalID string) Request {
	return d.Text(message).withExternalID(externalID)
}

// RichAction tells which messages' button has been pressed.
func (d Dialog) RichAction(externalID string, sequences ...int64) Request {
	return d.Receipt(Acted, sequences...).withExternalID(externalID)
}

func (r Request) withExternalID(id string) Request {
	metadata, err := encodeJSON([]struct {
		Type string `json:"type"`
		ID   string `json:"id"`
	}{{"ExternalId", id}})
	if err != nil { // texts can always be encoded
		panic(err)
	}
	r.Metadata = metadata
	return r
}

// File is a file that has been uploaded; see FileType and Connector.Upload.
type File struct {
	Caption      string `json:"caption,omitempty"`
	RelativePath string `json:"relativePath"`
	FileType     string `json:"fileType"`
	// Preview is a small picture as a data URL. LivePerson takes less than 30 KB, but
	// not in a request that is too long: see TooLong.
	Preview string `json:"preview,omitempty"`
}

// File shows a file that has been uploaded.
func (d Dialog) File(f File) Request {
	return d.publish(contentEvent{"ContentEvent", "hosted/file", f})
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

// Close ends the dialog alone. After the main dialog LivePerson may begin a survey.
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

// CSAT is how satisfied the consumer is.
type CSAT struct {
	Rate     int   // from 1 to 5; 0: not said
	Resolved *bool // whether the matter is settled; nil: not said
}

// Rate tells how satisfied the consumer is with a conversation.
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

// SetUserProfile tells LivePerson about the consumer, by engagement attributes of the
// types ctmrinfo and personal. None: nothing is told.
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
