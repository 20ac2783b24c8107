package webhook

import (
	"strconv"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/metric"
)

// outcome is what became of a change. It is a label's value.
type outcome string

const (
	outcomeEmitted    outcome = "emitted"    // taken by the pipeline
	outcomeDuplicate  outcome = "duplicate"  // arrived already, or is on its way
	outcomeStale      outcome = "stale"      // an older state than one that is known
	outcomeFiltered   outcome = "filtered"   // of a type that is not asked for
	outcomeEcho       outcome = "echo"       // the consumer's own
	outcomeHidden     outcome = "hidden"     // not meant for the consumer
	outcomeForeign    outcome = "foreign"    // of a conversation that we have not opened
	outcomeUnreadable outcome = "unreadable" // signed, but not as documented
)

// metrics has no label whose values come from events or ids: the number of series is
// fixed.
type metrics struct {
	requests *service.MetricCounter
	changes  *service.MetricCounter
}

func newMetrics(m *service.Metrics) *metrics {
	return &metrics{
		requests: metric.Counter(m, "liveperson_webhook_requests"),
		changes:  metric.Counter(m, "liveperson_webhook_changes"),
	}
}

func (m *metrics) answered(status int) { m.requests.Incr(1, strconv.Itoa(status)) }

func (m *metrics) changed(o outcome, n int) { m.changes.Incr(int64(n), string(o)) }
