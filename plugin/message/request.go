package message

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

// decodeRequest reads a request in LivePerson's own form. If it has no ids of conversation and
// dialog, they are added. Otherwise it is sent unchanged.
func decodeRequest(value any, j *job) error {
	m, err := object("request", value, "kind", "id", "type", "body", "metadata")
	if err != nil {
		return err
	}
	var request liveperson.Request
	if request.ID, err = id("id", m["id"]); err != nil {
		return err
	}
	if m["metadata"] != nil {
		if request.Metadata, err = listOfObjects("metadata", m["metadata"]); err != nil {
			return err
		}
	}
	request.Type, _ = m["type"].(string)
	body, _ := m["body"].(map[string]any)
	if request.Type == "" || body == nil {
		return errors.New("request: expected a text as type and an object as body")
	}
	switch request.Type {
	case liveperson.TypePublishEvent:
		err = j.publish(request, body)
	case liveperson.TypeUpdateConversation:
		err = j.update(request, body)
	case liveperson.TypeRequestConversation:
		return fmt.Errorf("type: %s can't be sent: the first text opens a conversation", request.Type)
	default:
		j.alone = true
		request.Body = body
		j.request(func(liveperson.Dialog) liveperson.Request { return request })
	}
	return err
}

// listOfObjects reads metadata, and returns them as JSON.
func listOfObjects(name string, value any) (json.RawMessage, error) {
	list, is := value.([]any)
	if !is || slices.ContainsFunc(list, func(item any) bool { _, is := item.(map[string]any); return !is }) {
		return nil, fmt.Errorf("%s: expected a list of objects", name)
	}
	text, err := json.Marshal(list)
	if err != nil {
		return nil, fmt.Errorf("%s: can't be written as JSON", name)
	}
	return text, nil
}

// publish reads the body of a request that publishes an event.
func (j *job) publish(request liveperson.Request, body map[string]any) (err error) {
	event, _ := body["event"].(map[string]any)
	switch event["type"] {
	case "ContentEvent", "RichContentEvent":
		j.opening = &liveperson.Opening{}
	case "ChatStateEvent":
		_, err = oneOf("body.event.chatState", event["chatState"], chatStates...)
	case "AcceptStatusEvent":
		_, err = oneOf("body.event.status", event["status"], statuses...)
	default:
		err = errors.New("body.event.type: expected one of ContentEvent, RichContentEvent, ChatStateEvent, AcceptStatusEvent")
	}
	if err != nil {
		return err
	}
	return j.addressed(request, body, "conversationId", "dialogId")
}

// update reads the body of a request that changes a conversation.
func (j *job) update(request liveperson.Request, body map[string]any) error {
	fields, is := body["conversationField"].([]any)
	if !is {
		fields = []any{body["conversationField"]}
	}
	for _, item := range fields {
		field, is := item.(map[string]any)
		if !is {
			return errors.New("body.conversationField: expected an object, or a list of objects")
		}
		if field["conversationState"] == "CLOSE" {
			j.closes = scopeConversation
		}
	}
	return j.addressed(request, body, "conversationId")
}

// addressed adds a request to a conversation and perhaps a dialog. If the body has their ids,
// the request goes there. Otherwise it goes to the consumer's open conversation.
func (j *job) addressed(request liveperson.Request, body map[string]any, members ...string) error {
	var own liveperson.Dialog
	for _, member := range members {
		text, err := id("body."+member, body[member])
		if err != nil {
			return err
		}
		if member == "dialogId" {
			own.DialogID = text
		} else {
			own.ConversationID = text
		}
	}
	if own != (liveperson.Dialog{}) {
		j.dialog, j.opening = &own, nil
		request.Body = body
		j.request(func(liveperson.Dialog) liveperson.Request { return request })
		return nil
	}
	j.request(func(d liveperson.Dialog) liveperson.Request {
		filled := maps.Clone(body)
		ids := map[string]string{"conversationId": d.ConversationID, "dialogId": d.DialogID}
		for _, member := range members {
			filled[member] = ids[member]
		}
		request.Body = filled
		return request
	})
	return nil
}
