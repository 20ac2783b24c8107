package liveperson

import (
	"context"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"
)

// names collects the User-Agent of each path that is asked.
type names struct {
	Doer
	mu    sync.Mutex
	asked map[string]string
}

func (n *names) Do(r *http.Request) (*http.Response, error) {
	n.mu.Lock()
	if n.asked == nil {
		n.asked = map[string]string{}
	}
	n.asked[r.Method+" "+r.URL.Path] = r.UserAgent()
	n.mu.Unlock()
	return n.Doer.Do(r)
}

func TestEachRequestNamesTheProgram(t *testing.T) {
	t.Parallel()
	sent := &names{Doer: newConnectorService()}
	connector := newConnector(t, Options{HTTP: sent}, ConnectorOptions{})
	_, err := sendText(t, connector)
	require.NoError(t, err)
	require.NoError(t, connector.Upload(t.Context(), sampleFileURL(t), []byte(png)))
	_, err = connector.Download(t.Context(), sampleFileURL(t), len(png))
	require.Error(t, err, "201 is no file")
	assert.Len(t, sent.asked, 5)

	monitored := &names{Doer: split(answering(200, `{"service":"smt","baseURI":"smt.example.com"}`), answering(200, "{}"))}
	for _, method := range []string{http.MethodPost, http.MethodPut} {
		monitoring := newMonitoring(t, Options{HTTP: monitored}, MonitoringOptions{Method: method})
		require.NoError(t, monitoring.Connect(t.Context()))
		_, _ = monitoring.Report(t.Context(), Report{Body: []byte("{}")})
		_, _ = monitoring.Engagement(t.Context(), Question{Body: []byte("{}")})
	}
	assert.Len(t, monitored.asked, 4)

	read := &names{Doer: &reads{read: func(*http.Request) *http.Response { return response(http.StatusOK, "{}") }}}
	for _, c := range []ReadCredentials{aLogin, anApp, anAPIID} {
		visits, err := newAccount(t, Options{HTTP: read}).VisitInformation(c, "")
		require.NoError(t, err)
		_, _ = visits.Visit(t.Context(), testVisitor, testSession)
	}
	assert.Len(t, read.asked, 6)

	for _, n := range []*names{sent, monitored, read} {
		for request, agent := range n.asked {
			assert.Regexp(t, `^benthos-liveperson(/\S+)?$`, agent, request)
		}
	}
}

// Requests share their header, so the race detector sees it if one of them writes into it.
func TestRequestsAtATimeShareTheirHeader(t *testing.T) {
	t.Parallel()
	url := newServer(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{}")) })
	monitoring := newMonitoring(t, Options{HTTP: newHTTP(t, HTTPOptions{})}, MonitoringOptions{Domain: url})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 20 {
				_, _ = monitoring.Report(t.Context(), Report{Body: []byte("{}")})
			}
		})
	}
	all.Wait()
}

func TestRequestsNameTheirSpanIfAskedTo(t *testing.T) {
	t.Parallel()
	headers := make(chan http.Header, 1)
	url := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		headers <- r.Header
		_, _ = w.Write([]byte("{}"))
	})
	const traceID, spanID = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	span := trace.SpanContextConfig{TraceFlags: trace.FlagsSampled}
	span.TraceID, _ = trace.TraceIDFromHex(traceID)
	span.SpanID, _ = trace.SpanIDFromHex(spanID)
	traced := trace.ContextWithSpanContext(t.Context(), trace.NewSpanContext(span))

	asked := newMonitoring(t, Options{HTTP: newHTTP(t, HTTPOptions{TraceContext: true})}, MonitoringOptions{Domain: url})
	silent := newMonitoring(t, Options{HTTP: newHTTP(t, HTTPOptions{})}, MonitoringOptions{Domain: url})
	for _, c := range []struct {
		monitoring *Monitoring
		ctx        context.Context
		want       string
	}{
		{asked, traced, "00-" + traceID + "-" + spanID + "-01"},
		{asked, t.Context(), ""}, // the header of the request before is not in it
		{silent, traced, ""},
	} {
		_, _ = c.monitoring.Report(c.ctx, Report{Body: []byte("{}")})
		assert.Equal(t, c.want, (<-headers).Get("Traceparent"))
	}
}
