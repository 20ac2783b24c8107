package message

import (
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/metric"
)

// metrics are the component's metrics. Labels never have values from messages, so the number of
// series is fixed.
type metrics struct {
	opened    *service.MetricCounter
	recovered *service.MetricCounter
	messages  *service.MetricCounter
}

func newMetrics(m *service.Metrics) *metrics {
	return &metrics{
		opened:    metric.Counter(m, "liveperson_conversations_opened"),
		recovered: metric.Counter(m, "liveperson_conversations_recovered", "answer", "rest"),
		messages:  metric.Counter(m, "liveperson_messages_sent", actionNames()...),
	}
}

// watchToken returns a function that shows when the app token expires.
func watchToken(m *service.Metrics) func(expires time.Time) {
	expiry := metric.Gauge(m, "liveperson_app_token_expiry_timestamp_seconds")
	return func(expires time.Time) { expiry.Set(expires.Unix()) }
}

func (m *metrics) sent(a action) { m.messages.Incr(1, string(a)) }
