package tests

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// spans is a tracer that stores the names of spans below the message's own.
type spans struct {
	noop.TracerProvider
	mu    sync.Mutex
	names []string
}

func (s *spans) Tracer(string, ...trace.TracerOption) trace.Tracer { return tracer{spans: s} }

type tracer struct {
	noop.Tracer
	spans *spans
}

func (t tracer) Start(ctx context.Context, name string, _ ...trace.SpanStartOption) (context.Context, trace.Span) {
	t.spans.mu.Lock()
	defer t.spans.mu.Unlock()
	if trace.SpanFromContext(ctx).IsRecording() {
		t.spans.names = append(t.spans.names, name)
	}
	started := recorded{}
	return trace.ContextWithSpan(ctx, started), started
}

type recorded struct{ noop.Span }

func (recorded) IsRecording() bool { return true }

func (recorded) SpanContext() trace.SpanContext {
	return trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}})
}

func TestSpansOfAReport(t *testing.T) {
	t.Parallel()
	var requests atomic.Int64
	livePerson := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		assert.Equal(t, "00-01000000000000000000000000000000-0200000000000000-00", r.Header.Get("traceparent"))
		if requests.Add(1) == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, `{"sessionId":"s","visitorId":"v","pageId":"1"}`)
	}))
	defer livePerson.Close()
	recorder := &spans{}
	env := service.NewEnvironment()
	require.NoError(t, env.RegisterOtelTracerProvider("recorder", service.NewConfigSpec(), func(*service.ParsedConfig) (trace.TracerProvider, error) {
		return recorder, nil
	}))
	builder := env.NewStreamBuilder()
	builder.SetLogger(slog.New(slog.DiscardHandler))
	builder.SetHTTPMux(http.NewServeMux())
	require.NoError(t, builder.SetTracerYAML("recorder: {}"))
	require.NoError(t, builder.AddInputYAML(`generate: { count: 1, interval: "", mapping: 'root = {"consumerId":"c-0","engagementAttributes":[]}' }`))
	require.NoError(t, builder.AddOutputYAML(`
liveperson_report: { account_id: "1", app_installation_id: app, monitoring_domain: "`+livePerson.URL+`", retry_pauses: [1ms], send_traceparent: true }
`))
	stream, err := builder.Build()
	require.NoError(t, err)
	require.NoError(t, stream.Run(context.Background()))

	var ours []string
	for _, name := range recorder.names {
		if strings.HasPrefix(name, "liveperson ") {
			ours = append(ours, name)
		}
		assert.NotContains(t, name, "numbering", "an internal name")
	}
	assert.Equal(t, []string{
		"liveperson session look-up", "liveperson request", "liveperson pause before a retry", "liveperson session look-up", "liveperson request",
	}, ours)
}
