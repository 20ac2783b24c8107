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
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// halfBroken is a cache that has one consumer's withdrawal of consent and fails for another consumer. Its
// keys repeat the ids.
type halfBroken struct{}

func (halfBroken) Get(_ context.Context, key string) ([]byte, error) {
	switch key {
	case "of/broken":
		return nil, fmt.Errorf("reading %s: connection refused", key)
	case "liveperson-consent-marker": // that this is the right cache
		return []byte("1"), nil
	case "of/withdrawn":
		return []byte(`{"analytics":false}`), nil
	}
	return nil, service.ErrKeyNotFound
}

func (halfBroken) Set(context.Context, string, []byte, *time.Duration) error { return nil }
func (halfBroken) Add(context.Context, string, []byte, *time.Duration) error { return nil }
func (halfBroken) Delete(context.Context, string) error                      { return nil }
func (halfBroken) Close(context.Context) error                               { return nil }

const privacyYAML = `
http: { enabled: false }
metrics: { ledger: {} }
pipeline:
  threads: 1
  processors:
    - liveperson_retail: {}
    - mapping: 'meta liveperson_consent = {"analytics": true, "marketing": this.consumerId == "all"}'
    - liveperson_privacy:
        consent:
          required: [analytics]
          attributes: { ctmrinfo: [marketing] }
          cache: consents
          key: of/${! json("consumerId") }
        sub: hash
        salt: pepper
        suppress: { file: %[1]s }
output:
  fallback:
    - liveperson_report: { account_id: "12345678", app_installation_id: %[2]s, domain_api: "%[3]s" }
    - file: { path: %[4]s, codec: lines }
      processors:
        - mapping: |
            root.reason = @fallback_error
            root.content = content().string()
            root.consent = @liveperson_consent
cache_resources:
  - label: consents
    half_broken: {}
`

// A batch goes through the whole pipeline. Each of its messages has a different result.
func TestPrivacyFromEventToLivePerson(t *testing.T) {
	t.Parallel()
	l := &ledger{counts: map[string]int64{}}
	env := service.NewEnvironment()
	require.NoError(t, env.RegisterMetricsExporter("ledger", service.NewConfigSpec(), func(*service.ParsedConfig, *service.Logger) (service.MetricsExporter, error) {
		return l, nil
	}))
	require.NoError(t, env.RegisterCache("half_broken", service.NewConfigSpec(), func(*service.ParsedConfig, *service.Resources) (service.Cache, error) {
		return halfBroken{}, nil
	}))
	_, url := newSandbox(t, sandbox.Options{})
	list, letters := filepath.Join(t.TempDir(), "list"), filepath.Join(t.TempDir(), "letters")
	require.NoError(t, os.WriteFile(list, []byte("suppressed\n"), 0o600))

	builder := env.NewStreamBuilder()
	builder.SetHTTPMux(http.NewServeMux())
	require.NoError(t, builder.SetYAML(fmt.Sprintf(privacyYAML, list, sandbox.DefaultAppInstallationID, url, letters)))
	builder.SetLogger(slog.New(slog.DiscardHandler))
	push, err := builder.AddBatchProducerFunc()
	require.NoError(t, err)
	built, err := builder.Build()
	require.NoError(t, err)
	go func() {
		var batch service.MessageBatch
		for _, consumer := range []string{"all", "suppressed", "broken", "withdrawn", "some"} {
			batch = append(batch, service.NewMessage(fmt.Appendf(nil, `{"type":"identify","anonymousId":%q,"userId":"u-1"}`, consumer)))
		}
		_ = push(context.Background(), batch)
		_ = built.StopWithin(stopWithin)
	}()
	require.NoError(t, built.Run(context.Background()))

	accepted := reports(t, url)
	require.Len(t, accepted, 2)
	all := strings.Join(accepted, "\n")
	assert.Equal(t, 1, strings.Count(all, `"type":"ctmrinfo"`), "of the consumer who consented to all")
	for _, consumer := range []string{"all", "suppressed", "broken", "withdrawn", "some"} {
		assert.NotContains(t, all, `"`+consumer+`"`, "no id leaves")
	}

	failed, err := os.ReadFile(letters)
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(string(failed), "\n"), "%s", failed)
	assert.Contains(t, string(failed), "an earlier processor failed: privacy: consent.cache: asking the cache consents: reading …: connection refused")
	assert.Contains(t, string(failed), `\"consumerId\":\"broken\"`, "as it came")
	assert.Contains(t, string(failed), `"consent":{"analytics":true,"marketing":false}`, "to be tried again")

	l.mu.Lock()
	defer l.mu.Unlock()
	for key, want := range map[string]int64{
		"liveperson_events_dropped reason=suppressed":      1,
		"liveperson_events_dropped reason=consent":         1,
		"liveperson_withheld_messages purpose=analytics":   1,
		"liveperson_withheld_attributes purpose=marketing": 1,
	} {
		assert.Equal(t, want, l.counts[key], key)
	}
	for key := range l.counts {
		if strings.HasPrefix(key, "liveperson_withheld") {
			assert.Contains(t, []string{"liveperson_withheld_messages purpose=analytics", "liveperson_withheld_attributes purpose=marketing"}, key)
		}
	}
}
