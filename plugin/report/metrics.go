package report

import (
	"errors"
	"strconv"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/plugin/client"
	"github.com/benthos-liveperson/benthos-liveperson/plugin/sde"
)

// metrics has no label whose values come from events or ids: the number of
// series is fixed.
type metrics struct {
	requests   *service.MetricCounter
	latency    *service.MetricTimer
	retries    *service.MetricCounter
	attributes *service.MetricCounter
	repeats    *service.MetricCounter
}

func newMetrics(m *service.Metrics) *metrics {
	return &metrics{
		requests:   m.NewCounter("liveperson_requests", "status"),
		latency:    m.NewTimer("liveperson_request_latency_ns"),
		retries:    m.NewCounter("liveperson_retries", "class"),
		attributes: m.NewCounter("liveperson_attributes_sent", "type"),
		repeats:    m.NewCounter("liveperson_repeated", "kind"),
	}
}

func (m *metrics) requested(took time.Duration, err error) {
	m.latency.Timing(took.Nanoseconds())
	m.requests.Incr(1, statusClass(err))
}

func (m *metrics) retried(err error) {
	m.retries.Incr(1, string(client.ClassOf(err)))
}

func (m *metrics) sent(types []string) {
	for _, name := range types {
		if !sde.Known(name) {
			name = "other"
		}
		m.attributes.Incr(1, name)
	}
}

// The values of the label kind.
const (
	kindEvent    = "event"
	kindPurchase = "purchase"
)

// repeated counts what was recognised as LivePerson's already.
func (m *metrics) repeated(kind string, n int) {
	m.repeats.Incr(int64(n), kind)
}

func statusClass(err error) string {
	if err == nil {
		return "2xx"
	}
	var e *client.Error
	if !errors.As(err, &e) || e.Status == 0 {
		return "none"
	}
	return strconv.Itoa(e.Status/100) + "xx"
}
