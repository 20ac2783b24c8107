package tests

import (
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// BenchmarkWebhookLatency posts 1,000 notifications a second to config/messaging-in.yaml, which writes a file, and does not
// wait for answers. ms-p99 is the 99th percentile of the time from the planned start of a notification to its answer; refused
// are answers other than 200. A minute:
//
//	go test ./tests -run - -bench WebhookLatency -benchtime 60000x
func BenchmarkWebhookLatency(b *testing.B) {
	const pace, conversations = time.Second / 1000, 500
	address, webhook := freeAddress(b), freeAddress(b)
	replies := filepath.Join(b.TempDir(), "replies.jsonl")
	in := runConfig(b, address, shipped(b, "messaging-in.yaml", address), []string{
		"LIVEPERSON_ACCOUNT_ID=" + sandbox.DefaultAccountID, "LIVEPERSON_CLIENT_ID=" + sandbox.DefaultClientID,
		"LIVEPERSON_CLIENT_SECRET=" + sandbox.DefaultClientSecret, "REPLIES_FILE=" + replies, "WEBHOOK_ADDRESS=" + webhook,
	})
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}
	defer client.CloseIdleConnections()
	var refused atomic.Int64
	say := func(i int) {
		id := fmt.Sprintf("%08d-0000-4000-8000-000000000000", i%conversations)
		body := fmt.Sprintf(`{"kind":"notification","body":{"changes":[{"sequence":%d,"originatorId":"e9b2867c-f984-5727-b034-fc9c6800bd9c","originatorMetadata":{"id":"e9b2867c-f984-5727-b034-fc9c6800bd9c","role":"ASSIGNED_AGENT"},"serverTimestamp":1553593406049,"event":{"type":"ContentEvent","message":"This is a reply!","contentType":"text/plain"},"conversationId":%q,"dialogId":%[2]q}]},"type":"ms.MessagingEventNotification"}`, i/conversations, id)
		req, err := http.NewRequest(http.MethodPost, "http://"+webhook+webhookPath, strings.NewReader(body))
		if err != nil {
			panic(err)
		}
		req.Header = signed(body)
		res, err := client.Do(req)
		if err != nil {
			refused.Add(1)
			return
		}
		res.Body.Close()
		if res.StatusCode != http.StatusOK {
			refused.Add(1)
		}
	}
	took := make([]time.Duration, b.N)
	var all sync.WaitGroup
	b.ResetTimer()
	start := time.Now()
	for i := range b.N {
		due := start.Add(time.Duration(i) * pace)
		time.Sleep(time.Until(due))
		all.Go(func() {
			say(i)
			took[i] = time.Since(due)
		})
	}
	all.Wait()
	b.StopTimer()
	in.stop()
	written := len(lines(b, replies))
	require.GreaterOrEqual(b, written, b.N-int(refused.Load()), "what was answered 200 is in the file")
	require.LessOrEqual(b, written, b.N, "nothing is there twice")
	slices.Sort(took)
	for label, part := range map[string]float64{"ms-p50": 0.5, "ms-p99": 0.99, "ms-max": 1} {
		b.ReportMetric(float64(took[int(part*float64(b.N-1))].Microseconds())/1000, label)
	}
	b.ReportMetric(float64(refused.Load()), "refused")
}
