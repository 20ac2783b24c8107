package webhook

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"time"
)

// The two types of a notification. The kinds of the first are told apart by its
// events' types.
const (
	typeEvents = "ms.MessagingEventNotification"
	typeChange = "cqm.ExConversationChangeNotification"
)

// The kinds of changes: the types of LivePerson's events, and one of our own for a
// conversation's state.
const (
	kindContent      = "ContentEvent"
	kindRichContent  = "RichContentEvent"
	kindAcceptStatus = "AcceptStatusEvent"
	kindChatState    = "ChatStateEvent"
	kindConversation = "ConversationChange"
)

const (
	roleConsumer = "CONSUMER"
	audienceAll  = "ALL"
	stateOpen    = "OPEN"
	stateClose   = "CLOSE"
	dialogSurvey = "POST_SURVEY"
)

// change is one of a notification's changes: what is decided on by, and the whole as
// it came.
type change struct {
	raw            json.RawMessage
	kind           string
	conversationID string
	dialogID       string
	sequence       string
	role           string
	audience       string
	contentType    string
	at             time.Time // zero if it says none
	closed         bool      // the conversation, for good
	survey         string    // the id of the survey's dialog, if one is open
}

// text is a value that LivePerson writes as text or as a number. Anything else is no
// reason to lose a change, and is taken for absent.
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

// parse gives the changes of a notification; those that can't be read have no kind.
func parse(body []byte) ([]change, error) {
	var envelope struct {
		Type string
		Body struct{ Changes []json.RawMessage }
	}
	if err := json.Unmarshal(body, &envelope); err != nil {
		return nil, errNoNotification
	}
	read := map[string]func(json.RawMessage) (change, error){typeEvents: readEvent, typeChange: readConversation}[envelope.Type]
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
		OriginatorMetadata struct{ Role text }
		MessageAudience    text
		ConversationID     text
		DialogID           text
		Event              struct{ Type, ContentType text }
	}
	if err = decodeObject(raw, &read); err != nil {
		return c, err
	}
	c = change{
		kind:           string(read.Event.Type),
		conversationID: string(read.ConversationID),
		dialogID:       string(read.DialogID),
		sequence:       string(read.Sequence),
		role:           string(read.OriginatorMetadata.Role),
		audience:       string(read.MessageAudience),
		contentType:    string(read.Event.ContentType),
		at:             read.ServerTimestamp.time(),
	}
	if c.conversationID == "" {
		c.conversationID = c.dialogID // as in LivePerson's older samples
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
				Dialogs              []struct{ DialogID, DialogType, State text }
			}
		}
	}
	if err = decodeObject(raw, &read); err != nil {
		return c, err
	}
	details := read.Result.ConversationDetails
	c = change{
		kind:           kindConversation,
		conversationID: string(read.Result.ConvID),
		at:             details.MetaDataLastUpdateTs.time(),
		// The oldest samples have no stage, and no surveys for which it stays open.
		closed: details.State == stateClose && (details.Stage == stateClose || details.Stage == ""),
	}
	for _, dialog := range details.Dialogs {
		if dialog.DialogType == dialogSurvey && dialog.State == stateOpen {
			c.survey = string(dialog.DialogID)
		}
	}
	return c, nil
}

// decodeObject refuses what encoding/json would take for an empty one.
func decodeObject(raw json.RawMessage, into any) error {
	if !bytes.HasPrefix(raw, []byte{'{'}) {
		return errNoNotification
	}
	return json.Unmarshal(raw, into)
}

// time reads LivePerson's milliseconds.
func (t text) time() time.Time {
	millis, err := strconv.ParseInt(string(t), 10, 64)
	if err != nil || millis <= 0 {
		return time.Time{}
	}
	return time.UnixMilli(millis).UTC()
}
