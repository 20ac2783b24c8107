package tests

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// stuck starts a LivePerson that never answers.
func stuck(t *testing.T) (url string, asked <-chan struct{}) {
	t.Helper()
	first := make(chan struct{})
	once := sync.OnceFunc(func() { close(first) })
	released := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		once()
		<-released
	}))
	t.Cleanup(func() {
		close(released)
		server.Close()
	})
	return server.URL, first
}

// A forced stop loses nothing, because nothing was acknowledged. So the log must not say that batches
// were dropped.
func TestAForcedStopSaysNothingOfDroppedBatches(t *testing.T) {
	t.Parallel()
	const now, waits = "    count: 1\n", "    count: 100000\n    period: 1h\n"
	report := func(url, batching string) string {
		return fmt.Sprintf("liveperson_report:\n  account_id: %q\n  app_installation_id: %s\n  monitoring_domain: %s\n  concurrency: 2\n  batching:\n%s", sandbox.DefaultAccountID, sandbox.DefaultAppInstallationID, url, batching)
	}
	message := func(url, batching string) string {
		return fmt.Sprintf("liveperson_message:\n  account_id: %q\n  client_id: x\n  client_secret: y\n  messaging_domain: %[2]s\n  sentinel_domain: %[2]s\n  idp_domain: %[2]s\n  swift_domain: %[2]s\n  batching:\n%[3]s", sandbox.DefaultAccountID, url, batching)
	}
	const noop = "    processors:\n      - mapping: root = this\n      - mapping: root = this\n"
	for name, test := range map[string]struct {
		output   func(url, batching string) string
		batching string
	}{
		"reports that wait for room":              {report, now},
		"reports with processors that wait":       {report, now + noop},
		"reports that wait for their batch":       {report, waits},
		"reports with processors, for the batch":  {report, waits + noop},
		"messages that wait for their batch":      {message, waits},
		"messages with processors, for the batch": {message, waits + noop},
		"messages while it can not connect":       {message, now},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, asked := stuck(t)
			var log syncBuffer
			builder := service.NewStreamBuilder()
			builder.SetLogger(slog.New(slog.NewTextHandler(&log, nil)))
			send, err := builder.AddProducerFunc()
			require.NoError(t, err)
			require.NoError(t, builder.AddOutputYAML(test.output(url, test.batching)))
			stream, err := builder.Build()
			require.NoError(t, err)
			ended := make(chan error, 1)
			go func() { ended <- stream.Run(context.Background()) }()

			// The test sends more messages than the output has room for.
			ctx, cancel := context.WithCancel(t.Context())
			var senders sync.WaitGroup
			began := make(chan struct{}, 3000)
			for i := range 3000 {
				senders.Go(func() {
					began <- struct{}{}
					msg := fmt.Sprintf(`{"consumerId":"c%d","engagementAttributes":[]}`, i)
					if strings.HasPrefix(name, "messages") {
						msg = fmt.Sprintf(`{"consumer":"c%d","text":"x"}`, i)
					}
					assert.Error(t, send(ctx, service.NewMessage([]byte(msg))), "nothing is acknowledged")
				})
			}
			for range 3000 {
				<-began
			}
			if strings.HasPrefix(test.batching, now) {
				<-asked
			}
			_ = stream.StopWithin(50 * time.Millisecond) // it may end in time
			cancel()
			senders.Wait()
			<-ended
			assert.NotContains(t, log.String(), "dropped")
		})
	}
}
