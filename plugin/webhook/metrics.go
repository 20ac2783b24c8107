package webhook

import (
	"strconv"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/metric"
)

// outcome says what happened with a change. It is the value of a metric's label.
type outcome string

const (
	outcomeEmitted    outcome = "emitted"    // sent to the pipeline
	outcomeDuplicate  outcome = "duplicate"  // arrived before, or is pending
	outcomeStale      outcome = "stale"      // an older state than the newest known one
	outcomeFiltered   outcome = "filtered"   // its type is not in the field events
	outcomeEcho       outcome = "echo"       // sent by the consumer
	outcomeHidden     outcome = "hidden"     // not for the consumer
	outcomeForeign    outcome = "foreign"    // its conversation is not known
	outcomePoison     outcome = "poison"     // refused too often, and written to the output poison
	outcomeUnreadable outcome = "unreadable" // signed, but not of the documented form
)

var outcomes = []string{
	string(outcomeEmitted), string(outcomeDuplicate), string(outcomeStale), string(outcomeFiltered),
	string(outcomeEcho), string(outcomeHidden), string(outcomeForeign), string(outcomePoison), string(outcomeUnreadable),
}

// metrics are the metrics of one input.
type metrics struct {
	requests  *service.MetricCounter
	changes   *service.MetricCounter
	recovered *service.MetricCounter
}

func newMetrics(m *service.Metrics) *metrics {
	return &metrics{
		requests:  metric.Counter(m, "liveperson_webhook_requests", "200", "400", "401", "405", "413", "500", "503"),
		changes:   metric.Counter(m, "liveperson_webhook_changes", outcomes...),
		recovered: metric.Counter(m, "liveperson_conversations_recovered", "webhook"),
	}
}

func (m *metrics) answered(status int) { m.requests.Incr(1, strconv.Itoa(status)) }

func (m *metrics) changed(o outcome, n int) { m.changes.Incr(int64(n), string(o)) }
