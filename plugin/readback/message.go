package readback

import (
	"errors"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/readback"
)

// The metadata that carries LivePerson's ids from one component to another.
const (
	metaVisitorID = "liveperson_visitor_id"
	metaSessionID = "liveperson_session_id"
)

// question is what a message asks for.
type question struct {
	attributes []map[string]any

	visitorID, sessionID          string
	conversationID, participantID string

	begun time.Time // when the request was sent; zero: not known
	sent  time.Time // when LivePerson's answer came; zero: not known
	came  time.Time // when the message came here
}

// question reads a receipt or a report. A reason says why LivePerson is not asked.
func (p *processor) question(i int, batch service.MessageBatch) (q question, reason readback.Reason, err error) {
	msg := batch[i]
	q.came = time.Now()
	content, err := msg.AsStructured()
	object, isObject := content.(map[string]any)
	if err != nil || !isObject {
		return q, "", liveperson.NotSent(errors.New("expected a receipt or a report, which is a JSON object"))
	}
	q.visitorID, _ = msg.MetaGet(metaVisitorID)
	q.sessionID, _ = msg.MetaGet(metaSessionID)
	if q.conversationID, err = batch.TryInterpolatedString(i, p.config.conversationID); err != nil {
		return q, "", notInterpolated(rbFieldConversationID)
	}
	if q.participantID, err = batch.TryInterpolatedString(i, p.config.participantID); err != nil {
		return q, "", notInterpolated(rbFieldParticipantID)
	}
	report, isReport := object["engagementAttributes"].([]any)
	_, isReceipt := object["result"].(string)
	switch {
	case isReport:
		q.attributes = objects(report)
	case isReceipt:
		if reason, err = q.readReceipt(object); err != nil || reason != "" {
			return q, reason, err
		}
	default:
		return q, "", liveperson.NotSent(errors.New("expected a receipt, or a report with engagementAttributes"))
	}
	if !p.hasIDs(q) {
		return q, readback.NoIDs, nil
	}
	return q, "", nil
}

func notInterpolated(field string) error {
	return liveperson.NotSent(errors.New(field + ": fails for this message; correct the interpolation, or the message"))
}

// hasIDs tells whether the message has the ids for the question. A search needs none.
func (p *processor) hasIDs(q question) bool {
	switch p.config.ask {
	case askVisit:
		return q.visitorID != "" && q.sessionID != ""
	case askInteractions:
		return q.conversationID != "" || q.participantID != ""
	}
	return true
}

// readReceipt reads a receipt. Its ids win over those of the metadata.
func (q *question) readReceipt(receipt map[string]any) (readback.Reason, error) {
	for member, into := range map[string]*string{
		"visitor_id": &q.visitorID, "session_id": &q.sessionID, "conversation_id": &q.conversationID,
	} {
		if id, _ := receipt[member].(string); id != "" {
			*into = id
		}
	}
	if receipt["result"] != "accepted" {
		return readback.NotAccepted, nil
	}
	text, _ := receipt["time"].(string)
	sent, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return "", liveperson.NotSent(errors.New("time: expected a time of RFC 3339: is this a receipt?"))
	}
	q.sent, q.begun = sent, sent.Add(-lastLatency(receipt["latencies_ms"]))
	request, _ := receipt["request"].(map[string]any)
	if attributes, whole := request["engagementAttributes"].([]any); whole {
		q.attributes = objects(attributes)
		return "", nil
	}
	kinds, _ := receipt["attributes"].([]any)
	for _, kind := range kinds {
		q.attributes = append(q.attributes, map[string]any{"type": kind})
	}
	return "", nil
}

// lastLatency returns how long the last attempt took.
func lastLatency(list any) time.Duration {
	latencies, _ := list.([]any)
	if len(latencies) == 0 {
		return 0
	}
	ms, err := asFloat(latencies[len(latencies)-1])
	if err != nil {
		return 0
	}
	return time.Duration(ms * float64(time.Millisecond))
}

func objects(list []any) (items []map[string]any) {
	for _, item := range list {
		if object, is := item.(map[string]any); is {
			items = append(items, object)
		}
	}
	return items
}
