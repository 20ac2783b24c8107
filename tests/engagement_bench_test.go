package tests

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/require"
)

// The processors to compare. The other one is Benthos' http processor in a branch, with the mappings
// that a user would write. It does not handle LivePerson's sessions, pauses and errors.
var engagementRows = map[string]string{
	"http processor": `
branch:
  request_map: |
    root.identities = [{"iss": "shop.example.com", "acr": "0", "sub": this.visitor}]
    root.entryPoints = [this.url]
  processors:
    - http:
        url: URL/api/account/12345678/app/app/engagement?v=1.0&obh=true
        verb: POST
        headers: { Content-Type: application/json, Accept: application/json }
  result_map: root.liveperson = this
`,
	"liveperson_engagement": `
liveperson_engagement:
  account_id: "12345678"
  app_installation_id: app
  monitoring_domain: URL
  request_map: |
    root.identities = [{"iss": "shop.example.com", "acr": "0", "sub": this.visitor}]
    root.entryPoints = [this.url]
`,
	"liveperson_engagement with a cache": `
liveperson_engagement:
  account_id: "12345678"
  app_installation_id: app
  monitoring_domain: URL
  request_map: |
    root.identities = [{"iss": "shop.example.com", "acr": "0", "sub": this.visitor}]
    root.entryPoints = [this.url]
  cache: offers
  cache_ttl: 1h
`,
}

// someVisitors is smaller than the number of questions, so that sessions and stored answers are used.
const someVisitors = 1000

// newEngagementRow returns a function that asks a row's processor about one of the visitors. A server on
// loopback answers at once.
func newEngagementRow(b *testing.B, yaml string) (ask func(n int64)) {
	b.Helper()
	answer := []byte(`{"sessionId":"stM0CzMWRye4MZgRBAL4UQ","visitorId":"ZjYWZlYzYzNDE5MTE1OWQ5","pageId":"1674628973",
		"engagementDetails":[{"campaignId":2695999112,"engagementId":2696029112,"engagementRevision":3,"contextId":"1","connectorId":2696029012,"status":"expose"}]}`)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(answer)
	}))
	b.Cleanup(server.Close)

	builder := service.NewResourceBuilder()
	require.NoError(b, builder.AddCacheYAML("label: offers\nmemory: {}"))
	require.NoError(b, builder.AddProcessorYAML("label: row"+strings.ReplaceAll(yaml, "URL", server.URL)))
	resources, stop, err := builder.Build()
	require.NoError(b, err)
	b.Cleanup(func() { _ = stop(context.Background()) })

	return func(n int64) {
		msg := service.NewMessage(fmt.Appendf(nil, `{"visitor":"visitor-%d","url":"https://shop.example.com/cart"}`, n%someVisitors))
		err := resources.AccessProcessor(context.Background(), "row", func(p *service.ResourceProcessor) {
			got, err := p.Process(context.Background(), msg)
			if err != nil || len(got) != 1 || got[0].GetError() != nil {
				b.Errorf("no answer: %v %v", err, got[0].GetError())
			}
		})
		if err != nil {
			b.Error(err)
		}
	}
}

// BenchmarkEngagement asks as fast as 16 clients can that wait for their answers. Compare the ask/s of
// the rows.
func BenchmarkEngagement(b *testing.B) {
	for name, yaml := range engagementRows {
		b.Run(name, func(b *testing.B) {
			ask := newEngagementRow(b, yaml)
			for n := range int64(someVisitors) { // connections, sessions, answers
				ask(n)
			}
			var asked atomic.Int64
			b.SetParallelism(16)
			b.ReportAllocs()
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					ask(asked.Add(1))
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ask/s")
		})
	}
}

// BenchmarkEngagementLatency asks 500 times a second, without waiting for answers. ms-p99 is the 99th
// percentile of the time from the planned start of a question to its answer.
//
//	go test ./tests -run - -bench EngagementLatency -benchtime 5000x
func BenchmarkEngagementLatency(b *testing.B) {
	const pace = time.Second / 500
	for name, yaml := range engagementRows {
		b.Run(name, func(b *testing.B) {
			ask := newEngagementRow(b, yaml)
			for n := range int64(someVisitors) {
				ask(n)
			}
			took := make([]time.Duration, b.N)
			var all sync.WaitGroup
			b.ResetTimer()
			start := time.Now()
			for i := range b.N {
				due := start.Add(time.Duration(i) * pace)
				time.Sleep(time.Until(due))
				all.Go(func() {
					ask(int64(i))
					took[i] = time.Since(due)
				})
			}
			all.Wait()
			slices.Sort(took)
			for label, part := range map[string]float64{"ms-p50": 0.5, "ms-p99": 0.99} {
				b.ReportMetric(float64(took[int(part*float64(b.N-1))].Microseconds())/1000, label)
			}
		})
	}
}
