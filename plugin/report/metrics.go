package report

import (
	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/metric"
	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
)

// metrics are the output's metrics. No label has values from events or ids, so the number of
// series is fixed.
type metrics struct {
	attributes *service.MetricCounter
	repeats    *service.MetricCounter
	sessions   *service.MetricCounter
}

func newMetrics(m *service.Metrics) *metrics {
	return &metrics{
		attributes: metric.Counter(m, "liveperson_attributes_sent", append(sde.Names(), typeOther)...),
		repeats:    metric.Counter(m, "liveperson_repeated", kindEvent, kindPurchase),
		sessions:   metric.Counter(m, "liveperson_sessions_opened"),
	}
}

// typeOther is the type of attributes that LivePerson does not document.
const typeOther = "other"

func (m *metrics) sent(types []string) {
	for _, name := range types {
		if !sde.Known(name) {
			name = typeOther
		}
		m.attributes.Incr(1, name)
	}
}

// The values of the label kind.
const (
	kindEvent    = "event"
	kindPurchase = "purchase"
)

// repeated counts events or purchases that LivePerson had accepted before.
func (m *metrics) repeated(kind string, n int) {
	m.repeats.Incr(int64(n), kind)
}
