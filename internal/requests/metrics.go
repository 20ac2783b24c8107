package requests

import (
	"errors"
	"strconv"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

// MetricsTable is the part of a component's documentation about the metrics below: the
// rows of a Markdown table with the columns name, labels, meaning.
const MetricsTable = "| `liveperson_requests` | `status`: `2xx`, `3xx`, `4xx`, `5xx`, `none` | requests made |\n" +
	"| `liveperson_request_latency_ns` | | from sending a request to its answer or failure |\n" +
	"| `liveperson_retries` | `class` | requests repeated, by what the one before failed of |\n"

// metrics has no label whose values come from events or ids: the number of series is
// fixed.
type metrics struct {
	requests *service.MetricCounter
	latency  *service.MetricTimer
	retries  *service.MetricCounter
}

func newMetrics(m *service.Metrics) *metrics {
	return &metrics{
		requests: m.NewCounter("liveperson_requests", "status"),
		latency:  m.NewTimer("liveperson_request_latency_ns"),
		retries:  m.NewCounter("liveperson_retries", "class"),
	}
}

func (m *metrics) requested(took time.Duration, err error) {
	m.latency.Timing(took.Nanoseconds())
	m.requests.Incr(1, statusClass(err))
}

func (m *metrics) retried(err error) {
	m.retries.Incr(1, string(liveperson.ClassOf(err)))
}

func statusClass(err error) string {
	if err == nil {
		return "2xx"
	}
	var e *liveperson.Error
	if !errors.As(err, &e) || e.Status == 0 {
		return "none"
	}
	return strconv.Itoa(e.Status/100) + "xx"
}
