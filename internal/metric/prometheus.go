package metric

import (
	"fmt"
	"strings"
)

// otherGauges are gauges of Redpanda Connect's components.
var otherGauges = []string{"redpanda_lag"}

// PrometheusMapping returns a Bloblang mapping for the field mapping of metrics. It makes the
// names of all metrics follow Prometheus' conventions: counters end with _total, and timers, which
// the exporter then gives in seconds, with _duration_seconds. A mapping sees only names, so it
// lists the gauges.
func PrometheusMapping() string {
	var gauges strings.Builder
	for _, name := range append(Names(gauge), otherGauges...) {
		fmt.Fprintf(&gauges, "  %q,\n", name)
	}
	return `let gauges = [
` + gauges.String() + `]
root = match {
  this == "kafka_lag" => "redpanda_lag"
  $gauges.contains(this) => this
  this.has_suffix("_latency_ns") => this.replace_all("_latency_ns", "_duration_seconds")
  _ => this + "_total"
}
`
}

// PrometheusBuckets are the bounds of histograms, in seconds: from a cache's answer to an event
// that waits for the end of an outage.
var PrometheusBuckets = []any{0.001, 0.005, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 150.0, 300.0, 900.0}

// PrometheusConfig is the value of the field metrics that exports metrics by Prometheus'
// conventions.
func PrometheusConfig() map[string]any {
	return map[string]any{
		"mapping": PrometheusMapping(),
		"prometheus": map[string]any{
			"use_histogram_timing": true,
			"histogram_buckets":    PrometheusBuckets,
			"add_process_metrics":  true,
		},
	}
}
