package cli

import (
	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/metric"
)

// fieldMetrics is the field for the exporter of metrics, and exporter is Prometheus' name in it.
const (
	fieldMetrics = "metrics"
	exporter     = "prometheus"
)

// exportMetrics makes Prometheus' exporter the default of configs, with names by Prometheus' conventions, if the binary
// has the exporter.
func exportMetrics(schema *service.ConfigSchema) {
	service.GlobalEnvironment().WalkMetrics(func(name string, _ *service.ConfigView) {
		if name == exporter {
			schema.SetFieldDefault(metric.PrometheusConfig(), fieldMetrics)
		}
	})
}
