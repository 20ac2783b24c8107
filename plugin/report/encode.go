package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/session"
)

// outgoing is a message that is ready to be sent.
type outgoing struct {
	report liveperson.Report
	// consumer identifies the report's consumer.
	consumer string
	// content is the report, decoded.
	content map[string]any
	// anonymous says that the request has no identity.
	anonymous bool
	// types are the types of its engagement attributes, for the metrics.
	types []string
}

// encoder turns messages into reports.
type encoder struct {
	consumers session.Consumers
	identity  session.Identity
	validator *validator
}

// forBatch returns the function that encodes a batch's messages.
func (e encoder) forBatch(batch service.MessageBatch) func(i int, msg *service.Message) (outgoing, error) {
	consumerOf := e.consumers.ForBatch(batch)
	return func(i int, msg *service.Message) (outgoing, error) {
		out, err := e.encode(msg)
		if err == nil {
			out.consumer, err = consumerOf(i, out.content, out.report.VisitorID)
		}
		return out, err
	}
}

// encode reads a message as a report. It refuses reports that LivePerson would refuse, because its
// errors name the member and LivePerson's have only a code.
func (e encoder) encode(msg *service.Message) (out outgoing, err error) {
	// If an earlier processor failed, the content need not be a report.
	if err := msg.GetError(); err != nil {
		return out, fmt.Errorf("an earlier processor failed: %w", err)
	}
	content, err := msg.AsStructured()
	if err != nil {
		return out, errors.New("the message is not JSON: a LivePerson report is a JSON object")
	}
	report, ok := content.(map[string]any)
	if !ok {
		return out, errors.New("the message is not a JSON object: a LivePerson report is a JSON object")
	}
	if out.content, err = e.validator.check(msg, report); err != nil {
		return out, err
	}
	out.report.VisitorID, out.report.SessionID = session.IDsOf(msg)
	// LivePerson requires an identity in the report, even if the setting consumer identifies the
	// consumer.
	if session.ConsumerOf(out.content, out.report.VisitorID) == "" {
		return out, errors.New("the report does not identify a consumer: one of consumerId, identities[].sub and the metadata " + session.MetaVisitorID + " must be given")
	}
	if out.types, err = attributeTypes(out.content); err != nil {
		return out, err
	}
	out.anonymous = e.identity.LeftOut(out.report.VisitorID, out.report.SessionID)
	if out.report.Body, err = e.body(msg, out); err != nil {
		return out, fmt.Errorf("encoding the report: %w", err)
	}
	return out, nil
}

// body returns the body of the request. It encodes the report that was checked, and does not use
// the message's bytes: JSON may have a member twice, and LivePerson may read the other one. A
// report that was not checked is sent as it is.
func (e encoder) body(msg *service.Message, checked outgoing) ([]byte, error) {
	if e.validator == nil && !checked.anonymous && msg.HasBytes() {
		return msg.AsBytes()
	}
	return checked.encodeContent(checked.content)
}

// encodeContent returns a decoded report as JSON, as Benthos itself encodes messages. Its error
// does not name the value, which may be personal.
func encodeContent(content map[string]any) ([]byte, error) {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(content); err != nil {
		return nil, errors.New("a value can't be written as JSON, such as a number that is not finite")
	}
	return bytes.TrimSuffix(body.Bytes(), []byte("\n")), nil
}

// attributeTypes returns the types of the report's engagement attributes.
func attributeTypes(report map[string]any) ([]string, error) {
	value, exists := report[memberAttributes]
	if !exists {
		return nil, errors.New("engagementAttributes: missing; LivePerson requires it in every report: set [] if there are none")
	}
	attributes, ok := value.([]any)
	if !ok {
		return nil, errors.New("engagementAttributes: expected an array")
	}
	types := make([]string, len(attributes))
	for i, item := range attributes {
		attribute, ok := item.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("engagementAttributes[%d]: expected an object", i)
		}
		if types[i], _ = attribute["type"].(string); types[i] == "" {
			return nil, fmt.Errorf("engagementAttributes[%d].type: missing or not text", i)
		}
	}
	return types, nil
}
