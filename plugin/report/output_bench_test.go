package report

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/require"
)

// BenchmarkWriteBatch sends one report per message over loopback. For comparison it also makes the
// same request with a bare http.Client.
func BenchmarkWriteBatch(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, `{"sessionId":"stM0CzMWRye4MZgRBAL4UQ","visitorId":"ZjYWZlYzYzNDE5MTE1OWQ5","pageId":"1674628973"}`)
	}))
	defer server.Close()

	for _, size := range []int{1, 100} {
		b.Run(map[int]string{1: "messages=1", 100: "messages=100"}[size], func(b *testing.B) {
			out, err := build(required + "monitoring_domain: " + server.URL)
			require.NoError(b, err)
			require.NoError(b, out.Connect(b.Context()))
			batch := make(service.MessageBatch, size)
			for i := range batch {
				batch[i] = message(aReport)
			}
			b.ReportAllocs()
			for b.Loop() {
				if err := out.WriteBatch(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*size), "µs/message")
		})
	}
	b.Run("bare http.Client", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			res, err := http.Post(server.URL, "application/json", strings.NewReader(aReport))
			if err != nil {
				b.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, res.Body)
			res.Body.Close()
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N), "µs/message")
	})
}
