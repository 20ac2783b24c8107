package sandbox_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// kilobyte returns a report of 1 kB of one of many consumers.
func kilobyte(consumer int) []byte {
	head := fmt.Sprintf(`{"consumerId":"consumer-%08d","identities":[{"iss":"shop.example.com","acr":"loa1","sub":"consumer-%08d"}],`+
		`"entryPoints":["https://shop.example.com/cart"],"engagementAttributes":[{"type":"cart","total":93.6,"currency":"USD","numItems":12,"products":[`, consumer, consumer)
	const line = `{"product":{"name":"waterproof jacket, blue","category":"coats and jackets","sku":"JKT-00012","price":7.8},"quantity":1},`
	const tail = `{"product":{"name":"socks","category":"socks","sku":"S-1"},"quantity":1}]}]}`
	body := head + strings.Repeat(line, (1000-len(head)-len(tail))/len(line))
	return []byte(body + strings.Repeat(" ", 1000-len(body)-len(tail)) + tail)
}

const target = "/api/account/" + sandbox.DefaultAccountID + "/app/" + sandbox.DefaultAppInstallationID + "/report?v=1.0&obh=true"

// fill sends as many calls as a sandbox keeps.
func fill(b *testing.B, s *sandbox.Sandbox) {
	b.Helper()
	for i := range sandbox.DefaultKeep {
		recorder := httptest.NewRecorder()
		s.ServeHTTP(recorder, httptest.NewRequest(http.MethodPut, target, bytes.NewReader(kilobyte(i))))
		if recorder.Code != http.StatusCreated {
			b.Fatalf("status %d: %s", recorder.Code, recorder.Body)
		}
	}
}

// The cost of a report of 1 kB, without the network, in a sandbox that keeps the maximum number of calls.
//
//	GOMAXPROCS=1 go test ./sandbox -run xxx -bench Report
func BenchmarkReport(b *testing.B) {
	tests := []struct {
		name    string
		options sandbox.Options
		onlooks string // a page that is open at the same time
	}{
		{name: "lenient"},
		{name: "strict", options: sandbox.Options{Strict: true}},
		{name: "waited for", onlooks: "/sandbox/wait?count=1000000000&timeout=10m"},
		{name: "streamed", onlooks: "/sandbox/events?consumer=nobody"},
	}
	for _, test := range tests {
		b.Run(test.name, func(b *testing.B) {
			s := sandbox.New(test.options)
			fill(b, s)
			if test.onlooks != "" {
				ctx, cancel := context.WithCancel(b.Context())
				done := make(chan struct{})
				go func() {
					defer close(done)
					s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, test.onlooks, nil))
				}()
				defer func() { cancel(); <-done }()
			}
			body := bytes.NewReader(kilobyte(0))
			request := httptest.NewRequest(http.MethodPut, target, body)
			b.ReportAllocs()
			for b.Loop() {
				_, _ = body.Seek(0, io.SeekStart)
				request.Body = io.NopCloser(body)
				answer := &discarded{header: http.Header{}}
				s.ServeHTTP(answer, request)
				if answer.status != http.StatusCreated {
					b.Fatalf("status %d", answer.status)
				}
				runtime.Gosched() // let the other page run, as the network would
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "reports/s")
		})
	}
}

// The memory for the kept calls, with reports of 1 kB.
func BenchmarkKeptCalls(b *testing.B) {
	var kept float64
	for b.Loop() {
		before := heap()
		s := sandbox.New(sandbox.Options{})
		fill(b, s)
		kept = heap() - before
		runtime.KeepAlive(s)
	}
	b.ReportMetric(kept/sandbox.DefaultKeep, "B/call")
	b.ReportMetric(kept/1e6, "MB")
}

// The cost of the pages that show them.
func BenchmarkPages(b *testing.B) {
	s := sandbox.New(sandbox.Options{})
	fill(b, s)
	for _, page := range []struct{ method, path, body string }{
		{http.MethodGet, "all", ""},
		{http.MethodGet, "all?limit=100", ""},
		{http.MethodGet, "good?consumer=consumer-00000001", ""},
		{http.MethodGet, "wait?count=50000", ""},
		{http.MethodGet, "consumers/consumer-00000001", ""},
		{http.MethodPost, "verify", "expect: [{count: 50000}, {verdict: bad, count: 0}]"},
	} {
		b.Run(page.path, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				answer := &discarded{header: http.Header{}}
				s.ServeHTTP(answer, httptest.NewRequest(page.method, "/sandbox/"+page.path, strings.NewReader(page.body)))
				if answer.status != http.StatusOK && answer.status != 0 {
					b.Fatalf("status %d", answer.status)
				}
			}
		})
	}
}

func heap() float64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return float64(stats.HeapAlloc)
}

// discarded is an answer that is not read.
type discarded struct {
	header http.Header
	status int
}

func (d *discarded) Header() http.Header         { return d.header }
func (d *discarded) WriteHeader(status int)      { d.status = status }
func (d *discarded) Write(p []byte) (int, error) { return len(p), nil }
func (d *discarded) Flush()                      {}
