package webhook

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"
)

// The two types of notifications.
const (
	messagingNotification    = "ms.MessagingEventNotification"
	conversationNotification = "cqm.ExConversationChangeNotification"
)

// The event types: those of LivePerson's events, and conversationChange for the state of a
// conversation.
const (
	contentEvent       = "ContentEvent"
	richContentEvent   = "RichContentEvent"
	acceptStatusEvent  = "AcceptStatusEvent"
	chatStateEvent     = "ChatStateEvent"
	conversationChange = "ConversationChange"
)

const (
	roleConsumer = "CONSUMER"
	audienceAll  = "ALL"
	stateOpen    = "OPEN"
	stateClose   = "CLOSE"
	dialogSurvey = "POST_SURVEY"
)

// change is one of the changes in a notification: the members that the input needs, and the
// whole change as LivePerson wrote it.
type change struct {
	raw            json.RawMessage
	eventType      string // empty: the change could not be read
	conversationID string
	dialogID       string
	sequence       string
	role           string
	audience       string
	contentType    string
	named          named
	at             time.Time // zero: the change has no time
	closed         bool      // the conversation, for good
	survey         string    // the id of the survey's dialog, if one is open
	participant    string    // LivePerson's id of the consumer, if the change names one
}

// named is what names the file of an event, or its secure form. LivePerson writes the form's id as a
// text or a number.
type named struct{ RelativePath, FileType, FormID, InvitationID, SubmissionID text }

// namedIn reads the message of an event. The message of a text is a text, and names nothing.
func namedIn(contentType string, message json.RawMessage) (n named) {
	if contentType == "hosted/file" || contentType == "HostedFile" || strings.HasPrefix(contentType, "forms/") {
		_ = decodeObject(bytes.TrimSpace(message), &n) // a message of another form names nothing
	}
	return n
}

// text is a value that LivePerson writes as a string or a number. Any other value counts as
// absent, so that the change is not lost.
type text string

func (t *text) UnmarshalJSON(value []byte) error {
	var s string
	switch {
	case json.Unmarshal(value, &s) == nil:
		*t = text(s)
	case json.Unmarshal(value, new(json.Number)) == nil:
		*t = text(value)
	}
	return nil
}

var errNoNotification = errors.New("not a notification of messaging events or of a conversation's change")

// parse returns the changes of a notification. A change that cannot be read has no event type.
func parse(body []byte) ([]change, error) {
	var envelope struct {
		Type string
		Body struct{ Changes []json.RawMessage }
	}
	if err := json.Unmarshal(body, &envelope); err != nil {
		return nil, errNoNotification
	}
	read := map[string]func(json.RawMessage) (change, error){messagingNotification: readEvent, conversationNotification: readConversation}[envelope.Type]
	if read == nil || envelope.Body.Changes == nil {
		return nil, errNoNotification
	}
	changes := make([]change, len(envelope.Body.Changes))
	for i, raw := range envelope.Body.Changes {
		c, err := read(raw)
		if err != nil {
			c = change{}
		}
		c.raw = raw
		changes[i] = c
	}
	return changes, nil
}

func readEvent(raw json.RawMessage) (c change, err error) {
	var read struct {
		Sequence           text
		ServerTimestamp    text
		OriginatorID       text
		OriginatorMetadata struct{ ID, Role text }
		MessageAudience    text
		ConversationID     text
		DialogID           text
		Event              struct {
			Type, ContentType text
			Message           json.RawMessage
		}
	}
	if err = decodeObject(raw, &read); err != nil {
		return c, err
	}
	c = change{
		eventType:      string(read.Event.Type),
		conversationID: string(read.ConversationID),
		dialogID:       string(read.DialogID),
		sequence:       string(read.Sequence),
		role:           string(read.OriginatorMetadata.Role),
		audience:       string(read.MessageAudience),
		contentType:    string(read.Event.ContentType),
		named:          namedIn(string(read.Event.ContentType), read.Event.Message),
		at:             read.ServerTimestamp.time(),
	}
	if c.role == roleConsumer {
		c.participant = string(cmp.Or(read.OriginatorID, read.OriginatorMetadata.ID))
	}
	if c.conversationID == "" {
		c.conversationID = c.dialogID // LivePerson's older samples have no conversation id
	}
	return c, nil
}

func readConversation(raw json.RawMessage) (c change, err error) {
	var read struct {
		Result struct {
			ConvID              text
			ConversationDetails struct {
				State, Stage         text
				MetaDataLastUpdateTs text
				Participants         []participant
				Dialogs              []struct{ DialogID, DialogType, State text }
			}
		}
	}
	if err = decodeObject(raw, &read); err != nil {
		return c, err
	}
	details := read.Result.ConversationDetails
	c = change{
		eventType:      conversationChange,
		conversationID: string(read.Result.ConvID),
		at:             details.MetaDataLastUpdateTs.time(),
		// LivePerson's oldest samples have no stage, and no surveys that keep the conversation open.
		closed:      details.State == stateClose && (details.Stage == stateClose || details.Stage == ""),
		participant: consumerOf(details.Participants),
	}
	for _, dialog := range details.Dialogs {
		if dialog.DialogType == dialogSurvey && dialog.State == stateOpen {
			c.survey = string(dialog.DialogID)
		}
	}
	return c, nil
}

type participant struct{ ID, Role text }

// consumerOf returns the id of the only consumer among participants.
func consumerOf(participants []participant) (id string) {
	for _, p := range participants {
		switch {
		case p.Role != roleConsumer:
		case id != "" && id != string(p.ID):
			return ""
		default:
			id = string(p.ID)
		}
	}
	return id
}

// decodeObject accepts objects only. encoding/json would read null as an empty object.
func decodeObject(raw json.RawMessage, into any) error {
	if !bytes.HasPrefix(raw, []byte{'{'}) {
		return errNoNotification
	}
	return json.Unmarshal(raw, into)
}

// time reads a time in milliseconds since 1970.
func (t text) time() time.Time {
	millis, err := strconv.ParseInt(string(t), 10, 64)
	if err != nil || millis <= 0 {
		return time.Time{}
	}
	return time.UnixMilli(millis).UTC()
}
