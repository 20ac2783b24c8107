package history

import (
	"cmp"
	"encoding/json"
	"fmt"
	"time"
)

// Message is a message in an answer.
type Message struct {
	Type          string         `json:"type"`
	Data          map[string]any `json:"messageData"`
	ID            string         `json:"messageId"`
	Sequence      int            `json:"seq"`
	DialogID      string         `json:"dialogId"`
	ParticipantID string         `json:"participantId"`
	Source        string         `json:"source"`
	Time          string         `json:"time"`
	TimeL         int64          `json:"timeL"`
	Device        string         `json:"device"`
	SentBy        string         `json:"sentBy"`
	ContextData   map[string]any `json:"contextData,omitempty"`
}

// Status is the status of a message in an answer.
type Status struct {
	MessageID       string `json:"messageId"`
	Sequence        int    `json:"seq"`
	Time            string `json:"time"`
	TimeL           int64  `json:"timeL"`
	ParticipantID   string `json:"participantId"`
	ParticipantType string `json:"participantType"`
	Status          string `json:"messageDeliveryStatus"`
	DialogID        string `json:"dialogId"`
}

// messageTypes has the types of messages by their content types.
var messageTypes = map[string]string{
	"text/plain": "TEXT_PLAIN", "text/html": "TEXT_HTML", "hosted/file": "HOSTED_FILE",
	"forms/secure-invitation": "SECURE_FORM_INVITATION", "forms/secure-submission": "SECURE_FORM_SUBMIT",
}

// messageType returns the type of a message. It returns an empty text for events that are no messages.
func (e Event) messageType() string {
	switch e.Type {
	case "ContentEvent":
		return cmp.Or(messageTypes[e.ContentType], "LINK")
	case "RichContentEvent":
		return "RICH_CONTENT"
	}
	return ""
}

// text returns the text of a message.
func (e Event) text() (text string) {
	_ = json.Unmarshal(e.Message, &text) // other messages have no text
	return text
}

func (e Event) sentBy() string {
	if e.Role == "CONSUMER" {
		return "Consumer"
	}
	return "Agent"
}

func messageID(dialog string, sequence int) string {
	return fmt.Sprintf("ms::conv:%s::msg:%d", dialog, sequence)
}

// message returns a message. Only a search by the id of a conversation shows the preview of a file.
func (e Event) message(dialog string, preview bool) Message {
	m := Message{
		Type: e.messageType(), Data: map[string]any{}, ID: messageID(dialog, e.Sequence), Sequence: e.Sequence, DialogID: dialog,
		ParticipantID: e.SenderID, Source: sourceApp, Time: clock(e.Time), TimeL: e.Time, Device: undefined, SentBy: e.sentBy(),
	}
	var object map[string]any
	_ = json.Unmarshal(e.Message, &object) // a text is no object
	switch m.Type {
	case "TEXT_PLAIN", "TEXT_HTML":
		m.Data["msg"] = map[string]string{"text": e.text()}
	case "HOSTED_FILE":
		if !preview {
			delete(object, "preview")
		}
		m.Data["file"] = object
	case "SECURE_FORM_INVITATION", "SECURE_FORM_SUBMIT":
		m.Data["secureForm"] = object
	case "RICH_CONTENT":
		m.Data["richContent"] = map[string]string{"content": string(e.Content)}
	}
	if e.QuickReplies != nil {
		m.Data["quickReplies"] = map[string]string{"content": string(e.QuickReplies)}
	}
	if len(e.Metadata) > 0 {
		raw, _ := json.Marshal(e.Metadata) // it was JSON before
		m.ContextData = map[string]any{"rawMetadata": string(raw)}
	}
	return m
}

// messages returns the messages of all dialogs.
func (q *Query) messages(c Conversation) []Message {
	all := []Message{}
	for _, d := range c.Dialogs {
		for _, e := range d.Events {
			if e.messageType() != "" {
				all = append(all, e.message(d.ID, q.method == ByConversation))
			}
		}
	}
	return all
}

// statuses returns the status of messages, one for each number in an event.
func (c Conversation) statuses() []Status {
	all := []Status{}
	for _, d := range c.Dialogs {
		for _, e := range d.Events {
			for _, sequence := range e.SequenceList {
				all = append(all, Status{messageID(d.ID, sequence), sequence, clock(e.Time), e.Time, e.SenderID, e.sentBy(), e.Status, d.ID})
			}
		}
	}
	return all
}

// clock writes a time as LivePerson does, or "undefined" if there is none.
func clock(millis int64) string {
	if millis <= 0 {
		return undefined
	}
	return time.UnixMilli(millis).UTC().Format("2006-01-02 15:04:05.000-0700")
}
