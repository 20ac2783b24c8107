package message

import "github.com/redpanda-data/benthos/v4/public/service"

// metrics has no label whose values come from messages: the number of series is fixed.
type metrics struct {
	opened   *service.MetricCounter
	messages *service.MetricCounter
}

func newMetrics(m *service.Metrics) *metrics {
	return &metrics{
		opened:   m.NewCounter("liveperson_conversations_opened"),
		messages: m.NewCounter("liveperson_messages_sent", "action"),
	}
}

func (m *metrics) sent(a action) { m.messages.Incr(1, string(a)) }
