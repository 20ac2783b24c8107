package metric

import (
	"fmt"
	"strings"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/bloblang"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/doctest"
)

func TestNamesFollowPrometheus(t *testing.T) {
	t.Parallel()
	mapping, err := bloblang.Parse(PrometheusMapping())
	require.NoError(t, err)
	names := map[string]string{
		"input_received": "input_received_total", "output_latency_ns": "output_duration_seconds",
		"kafka_lag": "redpanda_lag", "redpanda_lag": "redpanda_lag",
	}
	for _, r := range table {
		switch r.kind {
		case counter:
			names[r.name] = r.name + "_total"
		case timer:
			names[r.name] = strings.TrimSuffix(r.name, "_latency_ns") + "_duration_seconds"
		case gauge:
			names[r.name] = r.name
		}
	}
	for name, want := range names {
		got, err := mapping.Query(name)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
}

// The mapping in the docs, for binaries that do not run our command line. After a change:
//
//	go test ./internal/metric -run PrometheusPage -update
func TestPrometheusPage(t *testing.T) {
	t.Parallel()
	var buckets []string
	for _, bound := range PrometheusBuckets {
		buckets = append(buckets, fmt.Sprint(bound))
	}
	page := "\n    metrics:\n      mapping: |\n        " + strings.ReplaceAll(strings.TrimSpace(PrometheusMapping()), "\n", "\n        ") + `
      prometheus:
        use_histogram_timing: true
        add_process_metrics: true
        histogram_buckets: [` + strings.Join(buckets, ", ") + "]\n\n"
	doctest.Section(t, "../../docs/operations.md", "prometheus", "go test ./internal/metric -run PrometheusPage -update", page)
}
