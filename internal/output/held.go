package output

import (
	"container/list"
	"sync"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/metric"
)

// classInternal is the class of errors that are not LivePerson's.
const classInternal = "internal"

// countFailed returns the function that counts a failed message.
func (c *Config[T]) countFailed() func(error) {
	failed := metric.Counter(c.Metrics, "liveperson_messages_failed", append(c.Classes, classInternal)...)
	return func(err error) {
		class := ""
		if c.Class != nil {
			class = c.Class(err)
		}
		if class == "" {
			class = classInternal
		}
		failed.Incr(1, class)
		if c.Failed != nil {
			c.Failed()
		}
	}
}

// held shows in gauges what the output holds.
type held struct {
	messages *service.MetricGauge
	oldest   *service.MetricGauge

	mu      sync.Mutex
	arrived list.List // of time.Time, for each batch, the oldest first
}

func newHeld(m *service.Metrics) *held {
	return &held{
		messages: metric.Gauge(m, "liveperson_messages_held"),
		oldest:   metric.Gauge(m, "liveperson_oldest_held_timestamp_seconds"),
	}
}

// number shows how many messages the output holds.
func (h *held) number(messages int) { h.messages.Set(int64(messages)) }

// enter records that a batch has come. leave records that the output no longer holds it.
func (h *held) enter() (leave func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	place := h.arrived.PushBack(time.Now())
	if h.arrived.Front() == place {
		h.show()
	}
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		first := h.arrived.Front() == place
		h.arrived.Remove(place)
		if first {
			h.show()
		}
	}
}

// show sets the gauge to the arrival of the oldest batch.
func (h *held) show() {
	oldest := int64(0)
	if front := h.arrived.Front(); front != nil {
		oldest = front.Value.(time.Time).Unix()
	}
	h.oldest.Set(oldest)
}
