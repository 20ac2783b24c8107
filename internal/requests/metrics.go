package requests

import (
	"errors"
	"strconv"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/metric"
)

// metrics count requests. No label has values from events or ids, so the number of series is
// fixed.
type metrics struct {
	requests *service.MetricCounter
	latency  *service.MetricTimer
	retries  *service.MetricCounter
	down     *service.MetricGauge
	limit    *service.MetricGauge
	inFlight *service.MetricGauge
}

func newMetrics(m *service.Metrics) *metrics {
	return &metrics{
		requests: metric.Counter(m, "liveperson_requests", "2xx", "3xx", "4xx", "5xx", "none"),
		latency:  metric.Timer(m, "liveperson_request_latency_ns"),
		retries:  metric.Counter(m, "liveperson_retries", liveperson.Classes()...),
		down:     metric.Gauge(m, "liveperson_breaker_open"),
		limit:    metric.Gauge(m, "liveperson_concurrency_limit"),
		inFlight: metric.Gauge(m, "liveperson_requests_in_flight"),
	}
}

func (m *metrics) requested(took time.Duration, err error) {
	m.latency.Timing(took.Nanoseconds())
	m.requests.Incr(1, statusClass(err))
}

func (m *metrics) retried(err error) {
	m.retries.Incr(1, string(liveperson.ClassOf(err)))
}

// breaker records whether LivePerson is down.
func (m *metrics) breaker(open bool) {
	value := int64(0)
	if open {
		value = 1
	}
	m.down.Set(value)
}

func (m *metrics) limiter(limit, inFlight int) {
	m.limit.Set(int64(limit))
	m.inFlight.Set(int64(inFlight))
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
