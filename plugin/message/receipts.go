package message

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/contact"
	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/receipt"
	"github.com/benthos-liveperson/benthos-liveperson/internal/requests"
	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
)

// receipts makes the receipts of the output or the processor.
type receipts struct{ *receipt.Writer }

// trace records the requests of a job. It is nil if no receipt is wanted.
type trace struct {
	about     receipt.Receipt // the receipt's values from the metadata
	content   bool            // receipts need the request and the answer
	latencies []time.Duration
	request   *liveperson.Request // the last request; nil: none was made
	answer    liveperson.Answer
}

// trace returns a new trace for a message's job, or nil if no receipt is wanted.
func (r receipts) trace(msg *service.Message) *trace {
	if !r.On() {
		return nil
	}
	return &trace{about: receipt.About(msg), content: r.HasContent()}
}

// record returns a context. The latencies of requests with this context are recorded in the trace.
func (t *trace) record(ctx context.Context) context.Context {
	if t == nil {
		return ctx
	}
	return requests.Recorded(ctx, &t.latencies)
}

// answered records a request and its answer. The answer is empty if the request failed.
func (t *trace) answered(request liveperson.Request, answer liveperson.Answer) {
	if t != nil && t.content {
		t.request, t.answer = &request, answer
	}
}

// unreadable writes the receipt of a message that is not sent.
func (r receipts) unreadable(msg *service.Message, err error) {
	if !r.On() {
		return
	}
	about := receipt.About(msg)
	about.Refuse(err)
	if msg.GetError() != nil { // the error may repeat values
		about.Detail = "An earlier processor failed. The dead letter has its error."
	}
	r.Write(about, nil)
}

// write writes the receipt of a job.
func (r receipts) write(j *job, done result, err error) {
	t := j.trace
	if t == nil {
		return
	}
	about := t.about
	about.Consumer, about.ConversationID = j.consumer, done.dialog.ConversationID
	about.Attempts, about.LatenciesMS = len(t.latencies), receipt.Milliseconds(t.latencies)
	if err != nil {
		about.Refuse(err)
	} else {
		about.Result, about.Status = receipt.Accepted, http.StatusOK
	}
	var content receipt.Content
	if t.request != nil {
		request, answer := *t.request, t.answer
		content = func() (json.RawMessage, json.RawMessage) { return maskedRequest(request), maskedAnswer(answer, err) }
	}
	r.Write(about, content)
}

// shown are the members of requests and answers that receipts show. Other members may have a
// person's text and are masked.
var shown = map[string]bool{
	"kind": true, "id": true, "type": true, "conversationId": true, "dialogId": true,
	"contentType": true, "fileType": true, "chatState": true, "status": true, "sequenceList": true,
	"field": true, "conversationState": true, "state": true, "closedCause": true,
	"sequence": true, "code": true, "reqId": true,
}

// masked returns a copy of a value of a request or an answer with personal values masked. show says
// that its texts and numbers are not masked.
func masked(value any, show bool) any {
	switch v := value.(type) {
	case map[string]any:
		copied := make(map[string]any, len(v))
		for name, item := range v {
			copied[name] = masked(item, shown[name])
		}
		return copied
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = masked(item, show)
		}
		return list
	case string:
		show = show && !contact.In(v, contact.Text)
	}
	if show {
		return value
	}
	return sde.MaskedAll(value)
}

func maskedRequest(request liveperson.Request) json.RawMessage {
	text, err := request.MarshalJSON()
	if err != nil {
		return nil
	}
	return maskedJSON(text)
}

// maskedAnswer returns a masked answer. The answer's message may repeat the request, so only the
// part that errors may have is kept.
func maskedAnswer(answer liveperson.Answer, err error) json.RawMessage {
	var refused *liveperson.Error
	switch {
	case errors.As(err, &refused):
		return refused.Known()
	case err != nil || len(answer.Body) == 0:
		return nil
	}
	return maskedJSON(answer.Body)
}

func maskedJSON(text []byte) json.RawMessage {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return nil
	}
	return receipt.JSON(masked(value, false))
}
