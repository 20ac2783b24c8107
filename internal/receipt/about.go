package receipt

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/contact"
	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

// The metadata that a preset writes about the event. The other components read it for their
// receipts.
const (
	MetaEvent     = "liveperson_event_name"
	metaEventID   = "liveperson_event_id"
	metaEventTime = "liveperson_event_time"
	metaVisitorID = "liveperson_visitor_id"
	metaSessionID = "liveperson_session_id"
)

// About returns a receipt with the values that the message's metadata have.
func About(msg *service.Message) (r Receipt) {
	event, _ := msg.MetaGet(MetaEvent)
	r.Event = contact.Printable(event)
	r.EventID, _ = msg.MetaGet(metaEventID)
	r.EventTime, _ = msg.MetaGet(metaEventTime)
	r.VisitorID, _ = msg.MetaGet(metaVisitorID)
	r.SessionID, _ = msg.MetaGet(metaSessionID)
	r.Source = SourceOf(msg)
	return r
}

// Refuse sets the result, and the details of the error. It leaves out the text of an error that is
// not of internal/liveperson: another part of the pipeline may have made it, and it may repeat
// values of the message.
func (r *Receipt) Refuse(err error) {
	r.Result = Refused
	var e *liveperson.Error
	if !errors.As(err, &e) {
		r.Detail = "An error that is not LivePerson's. The log or the dead letter has it."
		return
	}
	r.Class, r.Status, r.Code = string(e.Class), e.Status, e.Code
	r.Detail = err.Error()
	if strings.HasPrefix(r.Detail, "class=") {
		_, r.Detail, _ = strings.Cut(r.Detail, ": ")
	}
}

// Milliseconds returns latencies in milliseconds with one decimal, as receipts have them.
func Milliseconds(latencies []time.Duration) []float64 {
	list := make([]float64, len(latencies))
	for i, took := range latencies {
		list[i] = math.Round(float64(took)/float64(time.Millisecond)*10) / 10
	}
	return list
}

// JSON returns a value as JSON, or nil if it can't be written as JSON.
func JSON(value any) json.RawMessage {
	text, err := json.Marshal(value)
	if err != nil {
		return nil
	}
	return text
}
