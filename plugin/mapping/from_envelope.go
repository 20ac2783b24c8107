package mapping

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// maxEnvelopes is how many envelopes a body may be in. Kafka Connect around Debezium around a
// CloudEvent are three.
const maxEnvelopes = 4

// takesTombstones tells whether an empty body means that something was deleted. In Kafka, a record
// without a value means this. A CloudEvent in binary mode still has its headers then.
func (a *adapter) takesTombstones(msg *service.Message) bool {
	if a.source != auto {
		return sources[a.source].tombstones
	}
	value, _ := msg.MetaGetMut(metaHeaders)
	headers, _ := value.(map[string]any)
	return headers["ce-id"] != nil || headers["ce_id"] != nil
}

// open reads the body in an envelope, which may be of any source. The envelope's own values fill in
// what the body does not have.
func (a *adapter) open(msg *service.Message, content any, envelopes int) (service.MessageBatch, error) {
	if envelopes > maxEnvelopes {
		return nil, fmt.Errorf("the event is in more than %d envelopes", maxEnvelopes)
	}
	envelope, _ := content.(map[string]any)
	beside, _ := envelope["beside"].(map[string]any)
	msg.SetStructured(envelope["body"])
	name, err := a.sourceOf(msg)
	if call := callOf(envelope["body"], beside["event"]); call != nil && (err != nil || name == "segment") {
		msg.SetStructured(call)
		name, err = "segment", nil
	}
	if err != nil {
		return nil, err
	}
	batch, err := a.read(name, msg, envelopes)
	if err != nil {
		return nil, err
	}
	for i, event := range batch {
		if err := fillIn(event, beside, i); err != nil {
			return nil, err
		}
	}
	return batch, nil
}

// callOf returns a call of a tracking API made from a body without an event name and the name in
// the envelope. It returns nil if the body has a name or the envelope has none.
func callOf(body, name any) map[string]any {
	object, isObject := body.(map[string]any)
	if !isObject || name == nil || slices.Contains([]any{"page", "screen", "identify", "group", "alias"}, object["type"]) {
		return nil
	}
	for _, named := range []string{"event", "name", "action", "traits", "batch"} {
		if object[named] != nil {
			return nil
		}
	}
	call := maps.Clone(object)
	if _, isObject := object["properties"].(map[string]any); !isObject {
		call["properties"] = object
	}
	call["type"], call["event"] = "track", name
	return call
}

// fillIn adds the envelope's values to an event that lacks them. Each event of a body gets a
// different id.
func fillIn(msg *service.Message, beside map[string]any, index int) error {
	if len(beside) == 0 || msg.GetError() != nil {
		return nil
	}
	content, err := msg.AsStructuredMut()
	if err != nil {
		return err
	}
	event, _ := content.(map[string]any)
	if event == nil {
		return nil
	}
	for name, value := range beside {
		switch {
		case name == "event" || event[name] != nil:
		case name == "messageId" && event["event_id"] != nil:
		case name == "messageId" && index > 0:
			event[name] = fmt.Sprint(value) + "-" + strconv.Itoa(index)
		default:
			event[name] = value
		}
	}
	msg.SetStructuredMut(event)
	return nil
}
