package tests

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// ledger is a metrics exporter that stores the counts of our components.
type ledger struct {
	mu     sync.Mutex
	counts map[string]int64
}

func (l *ledger) counter(name string, labels []string) func(values ...string) service.MetricsExporterCounter {
	return func(values ...string) service.MetricsExporterCounter {
		key := name
		for i, label := range labels {
			if label != "label" && label != "path" && label != "stream" {
				key += " " + label + "=" + values[i]
			}
		}
		return entry{l, key}
	}
}

func (l *ledger) NewCounterCtor(name string, labels ...string) service.MetricsExporterCounterCtor {
	return l.counter(name, labels)
}

func (l *ledger) NewTimerCtor(name string, labels ...string) service.MetricsExporterTimerCtor {
	counter := l.counter(name, labels)
	return func(values ...string) service.MetricsExporterTimer { return counter(values...).(entry) }
}

func (l *ledger) NewGaugeCtor(name string, labels ...string) service.MetricsExporterGaugeCtor {
	counter := l.counter(name, labels)
	return func(values ...string) service.MetricsExporterGauge { return counter(values...).(entry) }
}

// of returns the counts whose names begin with prefix.
func (l *ledger) of(prefix string) map[string]int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	counts := map[string]int64{}
	for key, count := range l.counts {
		if strings.HasPrefix(key, prefix) {
			counts[key] = count
		}
	}
	return counts
}

func (l *ledger) Close(context.Context) error { return nil }

type entry struct {
	ledger *ledger
	key    string
}

func (e entry) Incr(n int64) {
	e.ledger.mu.Lock()
	defer e.ledger.mu.Unlock()
	e.ledger.counts[e.key] += n
}

// Timing counts the measurements.
func (e entry) Timing(int64) { e.Incr(1) }

func (e entry) Set(int64) {}

// countsOf runs messages through a pipeline to its end, and returns the counts of our components.
func countsOf(t *testing.T, processor, output string, messages ...string) map[string]int64 {
	t.Helper()
	l := &ledger{counts: map[string]int64{}}
	env := service.NewEnvironment()
	require.NoError(t, env.RegisterMetricsExporter("ledger", service.NewConfigSpec(), func(*service.ParsedConfig, *service.Logger) (service.MetricsExporter, error) {
		return l, nil
	}))
	builder := env.NewStreamBuilder()
	builder.SetLogger(slog.New(slog.DiscardHandler))
	require.NoError(t, builder.SetMetricsYAML("ledger: {}"))
	builder.SetHTTPMux(http.NewServeMux())
	push, err := builder.AddProducerFunc()
	require.NoError(t, err)
	if processor != "" {
		require.NoError(t, builder.AddProcessorYAML(processor))
	}
	require.NoError(t, builder.AddOutputYAML(output))
	built, err := builder.Build()
	require.NoError(t, err)
	go func() {
		for _, message := range messages {
			_ = push(context.Background(), service.NewMessage([]byte(message)))
		}
		_ = built.StopWithin(stopWithin)
	}()
	require.NoError(t, built.Run(context.Background()))

	for key := range l.of("") {
		assert.NotContains(t, key, "jane", "ids are no labels")
	}
	return l.of("liveperson_")
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	_, url := newSandbox(t, sandbox.Options{LoadingCalls: 1})
	counts := countsOf(t, "liveperson_retail: {}", `
fallback:
  - liveperson_report: { account_id: "12345678", app_installation_id: `+sandbox.DefaultAppInstallationID+`, domain_api: "`+url+`", retry_pauses: [1ms] }
  - drop: {}
`,
		`{"event":"Order Completed","anonymousId":"jane","properties":{"revenue":1}}`,
		`{"event":"Product Viewed","anonymousId":"jane","properties":{"sku":"A"}}`,
		`{"event":"Gift Wrap Toggled","anonymousId":"jane"}`,
		`{"type":"page","anonymousId":"jane","session":{"vid":"not an id"}}`,
	)
	assert.Equal(t, map[string]int64{
		"liveperson_events_dropped reason=unknown_event": 1,
		"liveperson_requests status=2xx":                 3,
		"liveperson_requests status=4xx":                 1, // the session id that is none
		"liveperson_requests status=5xx":                 1, // the account that is loading
		"liveperson_request_latency_ns":                  5,
		"liveperson_retries class=loading":               1,
		"liveperson_retries class=not_found":             1,
		"liveperson_attributes_sent type=purchase":       1,
		"liveperson_attributes_sent type=prodView":       1,
	}, counts)
}
