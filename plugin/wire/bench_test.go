package wire

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// BenchmarkRoundTrip is a small request over loopback, beside net/http's.
func BenchmarkRoundTrip(b *testing.B) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, `{"sessionId":"s","visitorId":"v"}`)
	})
	for _, scheme := range []string{"http", "https"} {
		server := httptest.NewUnstartedServer(handler)
		if scheme == "https" {
			server.StartTLS()
		} else {
			server.Start()
		}
		defer server.Close()
		theirs := server.Client().Transport.(*http.Transport)
		theirs.MaxIdleConnsPerHost = 64
		for name, transport := range map[string]http.RoundTripper{
			"wire":     NewTransport(theirs.TLSClientConfig, 64),
			"net-http": theirs,
		} {
			b.Run(scheme+"/"+name, func(b *testing.B) {
				b.SetParallelism(8)
				b.ReportAllocs()
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						req, _ := http.NewRequest(http.MethodPost, server.URL, strings.NewReader(`{"consumerId":"c"}`))
						res, err := transport.RoundTrip(req)
						if err != nil {
							b.Error(err)
							return
						}
						_, _ = io.Copy(io.Discard, res.Body)
						_ = res.Body.Close()
					}
				})
			})
		}
	}
}
