package report

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/receipt"
	"github.com/benthos-liveperson/benthos-liveperson/internal/requests"
	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
	"github.com/benthos-liveperson/benthos-liveperson/internal/session"
)

// receipts makes the receipts of the output. If no receipts are wanted, about and trace return nil
// and nothing is recorded.
type receipts struct{ *receipt.Writer }

// about returns a receipt with the values of the message's metadata, or nil if no receipt is
// wanted.
func (r receipts) about(msg *service.Message) *receipt.Receipt {
	if !r.On() {
		return nil
	}
	about := receipt.About(msg)
	return &about
}

// unreadable writes the receipt of a message that is not sent.
func (r receipts) unreadable(msg *service.Message, err error) {
	if !r.On() {
		return
	}
	about := receipt.About(receipt.KeepSource(msg)) // a processor that failed has left the event as it was
	about.Refuse(err)
	if msg.GetError() != nil { // the error may repeat values, and the content need not be a report
		about.Detail = "An earlier processor failed. The dead letter has its error."
		if about.Source != nil {
			about.Failure = msg.GetError().Error()
		}
	} else if value, err := msg.AsStructured(); err == nil {
		report, _ := value.(map[string]any)
		about.Consumer = session.ConsumerOf(report, about.VisitorID)
		about.Attributes = known(typesOf(report))
	}
	r.Write(about, nil)
}

// typesOf returns the types of the attributes of a report that was not checked.
func typesOf(report map[string]any) (types []string) {
	attributes, _ := report[memberAttributes].([]any)
	for _, item := range attributes {
		attribute, _ := item.(map[string]any)
		name, _ := attribute["type"].(string)
		types = append(types, name)
	}
	return types
}

// known replaces types that LivePerson does not document, because such a type is a text of the
// sender and may be personal.
func known(types []string) []string {
	list := make([]string, len(types))
	for i, name := range types {
		if list[i] = name; !sde.Known(name) {
			list[i] = "other"
		}
	}
	return list
}

// receipt returns a receipt with what is known about an item before it is sent.
func (it *item) receipt() (r receipt.Receipt) {
	if it.about != nil {
		r = *it.about
	}
	r.Consumer, r.Attributes = it.consumer, known(it.types)
	return r
}

// trace records the requests that were made for some items.
type trace struct {
	content   bool // receipts need the request and the answer
	latencies []time.Duration
	report    liveperson.Report // the report of the last request
	answer    liveperson.Session
}

// trace returns a new trace, or nil if no receipts are wanted.
func (r receipts) trace() *trace {
	if !r.On() {
		return nil
	}
	return &trace{content: r.HasContent()}
}

// copy returns a trace with the requests so far.
func (t *trace) copy() *trace {
	if t == nil {
		return nil
	}
	copied := *t
	copied.latencies = append([]time.Duration(nil), t.latencies...)
	return &copied
}

// record returns a context. The latencies of requests with this context are recorded in the trace.
func (t *trace) record(ctx context.Context) context.Context {
	if t == nil {
		return ctx
	}
	return requests.Recorded(ctx, &t.latencies)
}

// answered records a request and its answer. The answer is empty if the request failed.
func (t *trace) answered(report liveperson.Report, answer liveperson.Session) {
	if t != nil {
		t.report, t.answer = report, answer
	}
}

// write writes the receipt of an item that was sent.
func (r receipts) write(it *item, t *trace, err error) {
	if it.about == nil || t == nil {
		return
	}
	about := it.receipt()
	about.Attempts, about.LatenciesMS = len(t.latencies), receipt.Milliseconds(t.latencies)
	if t.report.VisitorID != "" || t.report.SessionID != "" {
		about.VisitorID, about.SessionID = t.report.VisitorID, t.report.SessionID
	}
	if err != nil {
		about.Refuse(err)
	} else {
		about.Result, about.Status = receipt.Accepted, http.StatusOK
		if t.answer.New {
			about.Status = http.StatusCreated
		}
		if t.answer.VisitorID != "" || t.answer.SessionID != "" {
			about.VisitorID, about.SessionID = t.answer.VisitorID, t.answer.SessionID
		}
	}
	if about.Source != nil && len(t.latencies) > 0 {
		about.Sent = t.report.Body
	}
	var content receipt.Content
	if t.content && len(t.latencies) > 0 {
		// If reports were merged, the receipt has only the item's own report. The other attributes are in
		// the receipts of the other items.
		body, answer := it.report.Body, t.answer
		content = func() (json.RawMessage, json.RawMessage) { return maskedReport(body), maskedAnswer(answer, err) }
	}
	r.Write(about, content)
}

// maskedReport returns the body of a request with personal values masked.
func maskedReport(body []byte) json.RawMessage {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var report any
	if decoder.Decode(&report) != nil {
		report = sde.Mask
	}
	return receipt.JSON(sde.Masked(report))
}

// maskedAnswer returns the known members of LivePerson's answer. The answer's message may repeat
// the request, so only the part that errors may have is kept.
func maskedAnswer(answer liveperson.Session, err error) json.RawMessage {
	var refused *liveperson.Error
	switch {
	case err == nil:
		return receipt.JSON(struct {
			VisitorID string `json:"visitorId,omitempty"`
			SessionID string `json:"sessionId,omitempty"`
			PageID    string `json:"pageId,omitempty"`
		}{answer.VisitorID, answer.SessionID, answer.PageID})
	case errors.As(err, &refused):
		return refused.Known()
	}
	return nil
}
