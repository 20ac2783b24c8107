package message

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/text"
)

// Members that the content may have besides that of its action.
const (
	memberConsumer   = "consumer"
	memberEngagement = "liveperson"
)

// jobs returns a function that reads the messages of a batch. Errors never repeat values of
// the message.
func (r reading) jobs(batch service.MessageBatch) func(i int, msg *service.Message) (*job, error) {
	consumer := textOf(batch, lmFieldConsumer, r.consumer)
	chosen := textOf(batch, lmFieldAction, r.action)
	openings := r.openings(batch)
	return func(i int, msg *service.Message) (*job, error) {
		// If an earlier processor failed, the content need not be a message.
		if err := msg.GetError(); err != nil {
			return nil, fmt.Errorf("an earlier processor failed: %w", err)
		}
		c, err := contentOf(msg)
		if err != nil {
			return nil, err
		}
		j := &job{heard: heardOf(msg), read: time.Now()}
		own, err := consumer(i)
		if err != nil {
			return nil, err
		}
		if j.consumer, err = consumerOf(msg, c, own); err != nil {
			return nil, err
		}
		name, err := chosen(i)
		if err != nil {
			return nil, err
		}
		if err := r.read(name, c, j); err != nil {
			return nil, err
		}
		if j.opening != nil {
			err = openings(i, msg, c, j)
		}
		if err == nil && j.transfers {
			err = j.checkTransfer()
		}
		return j, err
	}
}

// textOf returns a function that evaluates an interpolated field for a message. Null is "".
func textOf(batch service.MessageBatch, field string, text *service.InterpolatedString) func(i int) (string, error) {
	if static, is := text.Static(); is {
		return func(int) (string, error) { return static, nil }
	}
	texts := batch.InterpolationExecutor(text)
	return func(i int) (string, error) {
		value, err := texts.TryString(i)
		if err != nil { // Bloblang's errors may repeat values
			return "", fmt.Errorf("%s: can't be read from this message; correct the expression", field)
		}
		if value == "null" {
			return "", nil
		}
		return value, checkUTF8(field, value)
	}
}

// content is the content of a message: a JSON object, a JSON list, or anything else as text.
type content struct {
	object map[string]any
	list   []any
	text   []byte
	broken bool // the content begins like an object but is not JSON
}

func contentOf(msg *service.Message) (c content, err error) {
	raw, err := msg.AsBytes()
	if err != nil {
		return c, errors.New("the message can't be read")
	}
	trimmed := bytes.TrimSpace(raw)
	if !bytes.HasPrefix(trimmed, []byte("{")) && !bytes.HasPrefix(trimmed, []byte("[")) {
		return content{text: raw}, nil
	}
	value, err := msg.AsStructured()
	if err != nil {
		return content{text: raw, broken: trimmed[0] == '{'}, nil
	}
	if err := checkDecoded(raw, value); err != nil {
		return c, err
	}
	switch value := value.(type) {
	case map[string]any:
		c.object = value
	case []any:
		c.list = value
	default:
		c.text = raw
	}
	return c, nil
}

// value returns the whole content as the value of an action that has no member.
func (c content) value() any {
	switch {
	case c.list != nil:
		return c.list
	case c.object == nil:
		return c.text
	}
	bare := map[string]any{}
	for name, value := range c.object {
		if name != memberConsumer && name != memberEngagement {
			bare[name] = value
		}
	}
	return bare
}

// consumerOf returns the consumer's id from the field, or else from the metadata, or else from the
// content. A placeholder such as undefined is not an id, because all consumers with it would share
// a conversation. A number becomes text with its digits.
func consumerOf(msg *service.Message, c content, own string) (string, error) {
	if !text.IsPlaceholder(own) {
		return idOfText(lmFieldConsumer, own)
	}
	meta, _ := msg.MetaGetMut(metaConsumer)
	for _, from := range []struct {
		name  string
		value any
	}{{"the metadata " + metaConsumer, meta}, {memberConsumer, c.object[memberConsumer]}} {
		who, err := id(from.name, from.value)
		if err != nil {
			return "", err
		}
		if !text.IsPlaceholder(who) {
			return idOfText(from.name, who)
		}
	}
	return "", fmt.Errorf("the message has no consumer: set the field %s, the metadata %s or the member %s", lmFieldConsumer, metaConsumer, memberConsumer)
}

// read finds the action of a message and reads its value.
func (r reading) read(name string, c content, j *job) (err error) {
	if j.action, err = parseAction(cmp.Or(name, string(actionAuto))); err != nil {
		return err
	}
	value, exists := c.object[j.action.member()]
	switch {
	case j.action == actionAuto:
		if j.action, value, err = recognise(c); err != nil {
			return err
		}
	case exists && value != nil:
	case j.action == actionClose || j.action == actionTransfer && c.object == nil:
		value = true // the content is ignored
	default:
		value = c.value()
	}
	if err := r.decode(value, j); err != nil {
		return err
	}
	for _, request := range j.requests {
		if liveperson.TooLong(request(somewhere)) {
			return fmt.Errorf("%s: %s", j.action.member(), tooLong)
		}
	}
	return nil
}

// recognise finds the action of a message by its content.
func recognise(c content) (action, any, error) {
	switch {
	case c.broken:
		return "", nil, fmt.Errorf("the content begins like a JSON object but is not JSON: set %s: %s to send it as text", lmFieldAction, actionMessage)
	case c.list != nil:
		return "", nil, fmt.Errorf("the content is a JSON list: expected text, or an object with one of %s", allowedMembers())
	case c.object == nil:
		return actionMessage, c.text, nil
	}
	var found []action
	for _, a := range actions {
		if a.fits(c.object[a.member()]) {
			found = append(found, a)
		}
	}
	_, hasType := c.object["type"].(string)
	_, hasBody := c.object["body"].(map[string]any)
	if hasType && hasBody {
		found = append(found, actionRequest)
	}
	switch len(found) {
	case 0:
		return "", nil, fmt.Errorf("the content has none of the members %s, and is not a request with type and body", allowedMembers())
	case 1:
	default:
		names := make([]string, len(found))
		for i, a := range found {
			names[i] = a.member()
		}
		return "", nil, fmt.Errorf("the content has %s: send each in its own message, or name one in %s", strings.Join(names, " and "), lmFieldAction)
	}
	if found[0] == actionRequest {
		return actionRequest, c.value(), nil
	}
	return found[0], c.object[found[0].member()], nil
}
