package message

import (
	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/metric"
)

// metrics uses no values from messages as labels, so the number of series is fixed.
type metrics struct {
	opened    *service.MetricCounter
	recovered *service.MetricCounter
	messages  *service.MetricCounter
}

func newMetrics(m *service.Metrics) *metrics {
	return &metrics{
		opened:    metric.Counter(m, "liveperson_conversations_opened"),
		recovered: metric.Counter(m, "liveperson_conversations_recovered"),
		messages:  metric.Counter(m, "liveperson_messages_sent"),
	}
}

func (m *metrics) sent(a action) { m.messages.Incr(1, string(a)) }
