package tests

import (
	"context"
	"encoding/base64"
	"log/slog"
	"net/http"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRefusedTokensAreCountedByReason(t *testing.T) {
	t.Parallel()
	l := &ledger{counts: map[string]int64{}}
	env := service.NewEnvironment()
	require.NoError(t, env.RegisterMetricsExporter("ledger", service.NewConfigSpec(), func(*service.ParsedConfig, *service.Logger) (service.MetricsExporter, error) {
		return l, nil
	}))
	builder := env.NewStreamBuilder()
	builder.SetLogger(slog.New(slog.DiscardHandler))
	require.NoError(t, builder.SetMetricsYAML("ledger: {}"))
	builder.SetHTTPMux(http.NewServeMux())
	push, err := builder.AddProducerFunc()
	require.NoError(t, err)
	require.NoError(t, builder.AddProcessorYAML("liveperson_identity: { keys_file: tests/testdata/identity/test-only-jwks.json }"))
	require.NoError(t, builder.AddOutputYAML("drop: {}"))
	built, err := builder.Build()
	require.NoError(t, err)
	unsigned := func(header string) string {
		return base64.RawURLEncoding.EncodeToString([]byte(header)) + ".e30.AAAA"
	}
	go func() {
		for _, token := range []string{
			"", "jane", unsigned(`{"alg":"none"}`), unsigned(`{"alg":"HS256"}`), unsigned(`{"alg":"RS256"}`), unsigned(`{"alg":"RS256","kid":"jane"}`),
		} {
			msg := service.NewMessage([]byte(`{"consumerId":"a1"}`))
			msg.MetaSet("liveperson_id_token", token)
			_ = push(context.Background(), msg)
		}
		_ = built.StopWithin(stopWithin)
	}()
	require.NoError(t, built.Run(context.Background()))

	l.mu.Lock()
	defer l.mu.Unlock()
	assert.EqualValues(t, 1, l.counts["liveperson_id_tokens_rejected reason=malformed"])
	assert.EqualValues(t, 3, l.counts["liveperson_id_tokens_rejected reason=signature"])
	assert.EqualValues(t, 1, l.counts["liveperson_id_tokens_rejected reason=unknown_key"])
	assert.Zero(t, l.counts["processor_error"], "a bad token is no failure")
	for key := range l.counts {
		assert.NotContains(t, key, "jane", "values are no labels")
	}
}
