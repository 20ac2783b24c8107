package tests

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

func orderEvent(consumer, order string) string {
	return fmt.Sprintf(`{"type":"track","event":"Order Completed","anonymousId":%q,"messageId":"m-%s","properties":{"order_id":%q,"revenue":11.70,"currency":"USD"}}`, consumer, order, order)
}

func TestAnOrderTwiceIsOnePurchase(t *testing.T) {
	t.Parallel()
	s, url := newSandbox(t, sandbox.Options{})
	events := filepath.Join(t.TempDir(), "events.jsonl")
	require.NoError(t, os.WriteFile(events, []byte(strings.Join([]string{
		orderEvent("a1", "DRV1534XC"),
		orderEvent("a1", "DRV1534XC"), // its confirmation page was loaded again
		`{"type":"page","anonymousId":"a1"}`,
		orderEvent("a1", "DRV1535XC"),
		orderEvent("a2", "DRV1534XC"), // from another browser
	}, "\n")), 0o600))
	_, stderr, err := process(t, []string{
		"EVENTS_FILE=" + events,
		"LIVEPERSON_ACCOUNT_ID=" + sandbox.DefaultAccountID,
		"LIVEPERSON_APP_INSTALLATION_ID=" + sandbox.DefaultAppInstallationID,
		"LIVEPERSON_DOMAIN_API=" + url,
	}, "run", "--set", "http.enabled=false", "config/retail.yaml")
	require.NoError(t, err, stderr)

	assert.Equal(t, map[string]int{"purchase": 2}, s.Summary().Attributes)
	all := strings.Join(reports(t, url), "\n")
	assert.Equal(t, 1, strings.Count(all, "DRV1534XC"))
	assert.Equal(t, 1, strings.Count(all, "DRV1535XC"))
	assert.Equal(t, 3, s.Summary().Reports, "two orders and a page")
}

// deduped runs an output against a sandbox that first refuses a report. It writes each event
// separately, until the event is acknowledged. It returns how often each event was written, and the
// counts.
func deduped(t *testing.T, url, settings, resources string, events ...string) (writes []int, counts map[string]int64) {
	t.Helper()
	l := &ledger{counts: map[string]int64{}}
	env := service.NewEnvironment()
	require.NoError(t, env.RegisterMetricsExporter("ledger", service.NewConfigSpec(), func(*service.ParsedConfig, *service.Logger) (service.MetricsExporter, error) {
		return l, nil
	}))
	builder := env.NewStreamBuilder()
	builder.SetLogger(slog.New(slog.DiscardHandler))
	builder.SetHTTPMux(http.NewServeMux())
	require.NoError(t, builder.SetMetricsYAML("ledger: {}"))
	push, err := builder.AddProducerFunc()
	require.NoError(t, err)
	require.NoError(t, builder.AddProcessorYAML("liveperson_retail: {}"))
	require.NoError(t, builder.AddOutputYAML(fmt.Sprintf(`
liveperson_report:
  account_id: %q
  app_installation_id: %s
  domain_api: %s
  retry_pauses: []
  %s
`, sandbox.DefaultAccountID, sandbox.DefaultAppInstallationID, url, settings)))
	if resources != "" {
		require.NoError(t, builder.AddResourcesYAML(resources))
	}
	built, err := builder.Build()
	require.NoError(t, err)
	go func() {
		for _, event := range events {
			n := 1
			for push(context.Background(), service.NewMessage([]byte(event))) != nil {
				n++
			}
			writes = append(writes, n)
		}
		_ = built.StopWithin(stopWithin)
	}()
	require.NoError(t, built.Run(context.Background()))
	l.mu.Lock()
	defer l.mu.Unlock()
	return writes, l.counts
}

func TestWhatWasRefusedIsSentWhenItComesAgain(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, settings, resources string
		events, purchases         int64 // recognised
		accepted                  int
		cacheErrors               int64
	}{
		{name: "off", accepted: 4},
		{name: "purchases", settings: "dedupe: purchases", purchases: 2, accepted: 2},
		{name: "events", settings: "dedupe: events", purchases: 2, accepted: 2}, // an event of orders alone has their keys
		{
			name: "in a cache", settings: "dedupe: purchases\n  dedupe_cache: accepted", purchases: 2, accepted: 2,
			resources: "cache_resources: [{label: accepted, memory: {}}]",
		}, {
			name: "in a cache that can't be written", settings: "dedupe: purchases\n  dedupe_cache: accepted", accepted: 4,
			resources: "cache_resources: [{label: accepted, file: {directory: config/retail.yaml}}]", cacheErrors: 10, // five claims, one is given back, four acceptances
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s, url := newSandbox(t, sandbox.Options{LoadingCalls: 1})
			writes, counts := deduped(t, url, test.settings, test.resources,
				orderEvent("a1", "1"), orderEvent("a1", "1"), orderEvent("a2", "2"), orderEvent("a3", "1"))
			assert.Equal(t, []int{2, 1, 1, 1}, writes, "the first is refused while the account is loading")
			assert.Equal(t, test.accepted, s.Summary().Attributes["purchase"])
			assert.Equal(t, test.events, counts["liveperson_repeated kind=event"])
			assert.Equal(t, test.purchases, counts["liveperson_repeated kind=purchase"])
			assert.Equal(t, test.cacheErrors, counts["liveperson_dedupe_cache_errors"])
			for key := range counts {
				assert.NotContains(t, key, "a1", "ids are no labels")
			}
		})
	}
}

// An event that is more than an order has a key of its own.
func TestARepeatedEventWithoutAnOrderIsCounted(t *testing.T) {
	t.Parallel()
	const search = `{"type":"track","event":"Products Searched","anonymousId":"a1","messageId":"m-1","properties":{"query":"boots"}}`
	for settings, accepted := range map[string]int{"dedupe: events": 1, "dedupe: purchases": 3} {
		s, url := newSandbox(t, sandbox.Options{LoadingCalls: 1})
		writes, counts := deduped(t, url, settings, "", search, search, search)
		assert.Equal(t, []int{2, 1, 1}, writes, settings)
		assert.Equal(t, accepted, s.Summary().Reports, settings)
		assert.EqualValues(t, 3-accepted, counts["liveperson_repeated kind=event"], settings)
		assert.Zero(t, counts["liveperson_repeated kind=purchase"], settings)
	}
}
