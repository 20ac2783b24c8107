package message

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

// The values that LivePerson's pages list.
var (
	chatStates = []liveperson.ChatState{liveperson.ChatActive, liveperson.ChatInactive, liveperson.ChatGone, liveperson.ChatComposing, liveperson.ChatPause}
	statuses   = []liveperson.AcceptStatus{liveperson.Accepted, liveperson.Read, liveperson.Accessed, liveperson.Refused, liveperson.Acted}
	scopes     = []string{scopeConversation, scopeDialog}
)

// decode makes requests of the value of an action: a []byte for plain content, or a value from
// JSON.
func (r reading) decode(value any, j *job) error {
	raw, isRaw := value.([]byte)
	if isRaw && j.action == actionFile {
		if bytes.HasPrefix(raw, []byte("data:")) {
			content, err := decodedFile("file", string(raw))
			if err != nil {
				return err
			}
			raw = content
		}
		return j.uploading(raw, liveperson.File{})
	}
	if err := checkUTF8(j.action.path(), value); err != nil {
		return err
	}
	if isRaw {
		value = string(raw)
	}
	switch j.action {
	case actionMessage:
		return r.decodeText(value, j)
	case actionChatState:
		return decodeChatState(value, j)
	case actionReceipt:
		return decodeReceipt(value, j)
	case actionRichReply:
		return decodeRichReply(value, j)
	case actionFile:
		return decodeFile(value, j)
	case actionProfile:
		return decodeProfile(value, j)
	case actionCSAT:
		return decodeCSAT(value, j)
	case actionClose:
		return r.decodeClose(value, j)
	case actionTyping:
		return decodeTyping(value, j)
	case actionRichContent:
		return r.decodeRichContent(value, j)
	case actionTTR:
		return decodeTTR(value, j)
	case actionTransfer:
		return decodeTransfer(value, j)
	case actionFileDownload:
		return r.decodeDownload(value, j)
	}
	return decodeRequest(value, j)
}

func (r reading) decodeText(value any, j *job) error {
	text, ok := value.(string)
	if !ok {
		return errors.New("text: expected a text")
	}
	if strings.TrimSpace(text) == "" {
		return errors.New("text: must not be empty")
	}
	parts := []string{text}
	if r.split {
		if parts, ok = split(text, r.maxParts); !ok {
			return fmt.Errorf("text: is too long: it needs more than %d messages, the limit of %s; shorten the text, or raise %[2]s", r.maxParts, lmFieldMaxParts)
		}
	} else if !fits(text) {
		return fmt.Errorf("text: %s; set %s: true to send it in parts", tooLong, lmFieldSplit)
	}
	for _, part := range parts {
		j.request(func(d liveperson.Dialog) liveperson.Request { return d.Text(part) })
	}
	j.opening = &liveperson.Opening{}
	return nil
}

func decodeChatState(value any, j *job) error {
	if text, is := value.(string); is {
		value = strings.TrimSpace(text)
	}
	state, err := oneOf("chat_state", value, chatStates...)
	j.request(func(d liveperson.Dialog) liveperson.Request { return d.ChatState(state) })
	return err
}

// decodeReceipt reads a status and the messages that it is about. Without sequences, it is about
// the agent's message that the metadata name.
func decodeReceipt(value any, j *job) error {
	if text, is := value.(string); is {
		value = map[string]any{"status": strings.TrimSpace(text)}
	}
	m, err := object("receipt", value, "status", "sequences")
	if err != nil {
		return err
	}
	status, err := oneOf("receipt.status", m["status"], statuses...)
	if err != nil {
		return err
	}
	numbers, err := j.sequences("receipt.sequences", m["sequences"])
	j.request(func(d liveperson.Dialog) liveperson.Request { return d.Receipt(status, numbers...) })
	return err
}

// decodeRichReply reads the answer to a button. The first request sends a text. If the value
// has sequences, the second one sends a receipt.
func decodeRichReply(value any, j *job) error {
	m, err := object("rich_reply", value, "text", "external_id", "metadata", "sequences")
	if err != nil {
		return err
	}
	text, _ := m["text"].(string)
	if strings.TrimSpace(text) == "" {
		return errors.New("rich_reply.text: expected a text")
	}
	metadata, err := replyMetadata(m)
	if err != nil {
		return err
	}
	j.request(func(d liveperson.Dialog) liveperson.Request { return d.Text(text).With(metadata) })
	if m["sequences"] == nil {
		return nil
	}
	numbers, err := sequences("rich_reply.sequences", m["sequences"])
	j.request(func(d liveperson.Dialog) liveperson.Request {
		return d.Receipt(liveperson.Acted, numbers...).With(metadata)
	})
	return err
}

// replyMetadata reads the metadata of an answer to a button: all of the button's, or its id.
func replyMetadata(m map[string]any) (json.RawMessage, error) {
	if m["metadata"] != nil {
		if m["external_id"] != nil {
			return nil, errors.New("rich_reply: expected either external_id or metadata")
		}
		return listOfObjects("rich_reply.metadata", m["metadata"])
	}
	external, err := id("rich_reply.external_id", m["external_id"])
	if err != nil {
		return nil, err
	}
	if n := utf8.RuneCountInString(external); n < 1 || n > 64 {
		return nil, errors.New("rich_reply.external_id: expected the id in the button's metadata, of at most 64 characters")
	}
	return liveperson.ExternalID(external), nil
}

func decodeCSAT(value any, j *job) error {
	m, err := object("csat", value, "rate", "resolved", "skipped")
	if err != nil {
		return err
	}
	var said liveperson.CSAT
	if m["rate"] != nil {
		rate, ok := integer(m["rate"])
		if !ok || rate < 1 || rate > 5 {
			return errors.New("csat.rate: expected a number from 1 to 5")
		}
		said.Rate = int(rate)
	}
	if m["resolved"] != nil {
		resolved, ok := m["resolved"].(bool)
		if !ok {
			return errors.New("csat.resolved: expected true or false")
		}
		said.Resolved = &resolved
	}
	if skipped := m["skipped"] == true; skipped == (said != liveperson.CSAT{}) {
		return errors.New("csat: expected rate, resolved or both, or only skipped: true")
	}
	j.request(func(d liveperson.Dialog) liveperson.Request { return liveperson.Rate(d.ConversationID, said) })
	return nil
}

// decodeClose reads a scope, or true for the scope of the settings.
func (r reading) decodeClose(value any, j *job) error {
	j.closes = r.closeScope
	if text, is := value.(string); is {
		scope, err := oneOf("close", text, scopes...)
		if err != nil {
			return errors.New("close: expected true, conversation or dialog")
		}
		j.closes = scope
	} else if value != true {
		return errors.New("close: expected true, conversation or dialog")
	}
	j.request(func(d liveperson.Dialog) liveperson.Request {
		if j.closes == scopeDialog {
			return d.Close()
		}
		return liveperson.CloseConversation(d.ConversationID)
	})
	return nil
}
