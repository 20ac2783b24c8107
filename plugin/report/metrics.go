package report

import (
	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/metric"
	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
)

// metrics has no label whose values come from events or ids: the number of
// series is fixed.
type metrics struct {
	attributes *service.MetricCounter
	repeats    *service.MetricCounter
}

func newMetrics(m *service.Metrics) *metrics {
	return &metrics{
		attributes: metric.Counter(m, "liveperson_attributes_sent"),
		repeats:    metric.Counter(m, "liveperson_repeated"),
	}
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
