package tests

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

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

// of returns the counts that are not 0 and whose names begin with prefix.
func (l *ledger) of(prefix string) map[string]int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	counts := map[string]int64{}
	for key, count := range l.counts {
		if strings.HasPrefix(key, prefix) && count != 0 {
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

// Set stores the value of a gauge.
func (e entry) Set(value int64) {
	e.ledger.mu.Lock()
	defer e.ledger.mu.Unlock()
	e.ledger.counts[e.key] = value
}

// series returns the series of our components, also those that are 0.
func (l *ledger) series() (keys []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for key := range l.counts {
		if strings.HasPrefix(key, "liveperson_") {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// countsOf runs messages through a pipeline to its end, and returns the counts of our components.
func countsOf(t *testing.T, processor, output string, messages ...string) map[string]int64 {
	t.Helper()
	return ledgerOf(t, processor, output, messages...).of("liveperson_")
}

func ledgerOf(t *testing.T, processor, output string, messages ...string) *ledger {
	t.Helper()
	l := &ledger{counts: map[string]int64{}}
	stream, push := pipelineWith(t, l, processor, output)
	go func() {
		for _, message := range messages {
			_ = push(context.Background(), service.NewMessage([]byte(message)))
		}
		_ = stream.StopWithin(stopWithin)
	}()
	require.NoError(t, stream.Run(context.Background()))
	for _, key := range l.series() {
		assert.NotContains(t, key, "jane", "ids are no labels")
	}
	return l
}

// pipelineWith builds a pipeline whose metrics go to a ledger.
func pipelineWith(t *testing.T, l *ledger, processor, output string) (*service.Stream, service.MessageHandlerFunc) {
	t.Helper()
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
	return built, push
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
		"liveperson_sessions_opened":                     2,
		"liveperson_session_cache_entries":               6, // two sessions, each under its own id, its visitor and its consumer
	}, counts)
}

// A series that begins with its first event hides that event from Prometheus' increase().
func TestSeriesExistFromTheStart(t *testing.T) {
	t.Parallel()
	_, url := newSandbox(t, sandbox.Options{LoadingCalls: 1})
	const processors = `
try:
  - liveperson_retail: {}
  - liveperson_privacy: { consent: { required: [functional], attributes: { purchase: [marketing] } } }
`
	output := `
fallback:
  - liveperson_report: { account_id: "12345678", app_installation_id: ` + sandbox.DefaultAppInstallationID + `, domain_api: "` + url + `", retry_pauses: [1ms], dedupe: events, validation: strict }
  - drop: {}
`
	before := ledgerOf(t, processors, output, `{"event":"Gift Wrap Toggled","anonymousId":"jane"}`).series()
	after := ledgerOf(t, processors, output,
		`{"event":"Order Completed","anonymousId":"jane","messageId":"1","properties":{"revenue":1,"order_id":"A1"},"context":{"consent":{"categoryPreferences":{"functional":true,"marketing":true}}}}`,
		`{"event":"Order Completed","anonymousId":"jane","messageId":"1","properties":{"revenue":1,"order_id":"A1"},"context":{"consent":{"categoryPreferences":{"functional":true,"marketing":true}}}}`,
		`{"event":"Product Viewed","anonymousId":"jane","messageId":"2","properties":{"sku":"A"},"context":{"consent":{"categoryPreferences":{"functional":false}}}}`,
		`{"event":"Gift Wrap Toggled","anonymousId":"jane"}`,
		`{"type":"page","anonymousId":"jane","session":{"vid":"not an id"},"context":{"consent":{"categoryPreferences":{"functional":true}}}}`,
	)
	late := slices.DeleteFunc(after.series(), func(key string) bool { return slices.Contains(before, key) })
	assert.Equal(t, []string{"liveperson_request_latency_ns"}, late, "Benthos creates a timer with its first value")
	assert.Greater(t, len(after.of("liveperson_")), 8)
}

// The gauges show what an output holds, and nothing afterwards.
func TestGaugesOfAnOutput(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}, 10), make(chan struct{})
	livePerson := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		arrived <- struct{}{}
		<-release
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"sessionId":"s","visitorId":"v","pageId":"1"}`)
	}))
	defer livePerson.Close()
	l := &ledger{counts: map[string]int64{}}
	stream, push := pipelineWith(t, l, "", `
liveperson_report: { account_id: "1", app_installation_id: app, monitoring_domain: "`+livePerson.URL+`", concurrency: 2 }
`)
	start := time.Now().Unix()
	done := make(chan error)
	go func() { done <- stream.Run(context.Background()) }()
	var pushed sync.WaitGroup
	for _, consumer := range []string{"c-0", "c-1", "c-2"} {
		pushed.Go(func() {
			assert.NoError(t, push(context.Background(), service.NewMessage([]byte(`{"consumerId":"`+consumer+`","engagementAttributes":[]}`))))
		})
	}
	<-arrived
	<-arrived
	require.Eventually(t, func() bool { return l.of("liveperson_messages_held")["liveperson_messages_held"] == 3 }, stopWithin, time.Millisecond)
	gauges := l.of("liveperson_")
	assert.GreaterOrEqual(t, gauges["liveperson_oldest_held_timestamp_seconds"], start)
	delete(gauges, "liveperson_oldest_held_timestamp_seconds")
	assert.Equal(t, map[string]int64{
		"liveperson_messages_held":      3,
		"liveperson_requests_in_flight": 2,
		"liveperson_concurrency_limit":  2,
	}, gauges)

	close(release)
	pushed.Wait()
	go func() { _ = stream.StopWithin(stopWithin) }()
	require.NoError(t, <-done)
	assert.Equal(t, map[string]int64{
		"liveperson_requests status=2xx":   3,
		"liveperson_request_latency_ns":    3,
		"liveperson_sessions_opened":       3,
		"liveperson_session_cache_entries": 5, // three consumers, one session, one visitor
	}, l.of("liveperson_"))
}
