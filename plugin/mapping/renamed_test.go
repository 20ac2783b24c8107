package mapping

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// An old name of a preset works as before, and says what to use instead.
func TestOldNamesOfPresets(t *testing.T) {
	t.Parallel()
	const event = `{"event":"Trial Started","anonymousId":"a1","messageId":"m1"}`
	for _, test := range []struct{ name, yaml, warning string }{
		{"processor", "liveperson_account: {issuer: app.example.com}", "liveperson_account is deprecated: use liveperson_b2b_saas"},
		{"value of the field preset", "liveperson_map: {preset: Account, issuer: app.example.com}", "preset: account is deprecated: set b2b_saas"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			lints, err := service.GlobalEnvironment().NewComponentConfigLinter().LintProcessorYAML([]byte(test.yaml))
			require.NoError(t, err)
			assert.Empty(t, lints, "a config with an old name still runs")

			var log bytes.Buffer
			builder := service.NewResourceBuilder()
			builder.SetLogger(slog.New(slog.NewTextHandler(&log, nil)))
			require.NoError(t, builder.AddProcessorYAML("label: old\n"+test.yaml))
			mgr, stop, err := builder.Build()
			require.NoError(t, err)
			defer func() { require.NoError(t, stop(t.Context())) }()

			var batch service.MessageBatch
			require.NoError(t, mgr.AccessProcessor(t.Context(), "old", func(p *service.ResourceProcessor) {
				batch, err = p.Process(t.Context(), service.NewMessage([]byte(event)))
			}))
			require.NoError(t, err)
			assert.Contains(t, log.String(), test.warning)
			want, err := newPreset(t, "b2b_saas", "issuer: app.example.com").Process(t.Context(), service.NewMessage([]byte(event)))
			require.NoError(t, err)
			require.Len(t, batch, 1)
			assert.Equal(t, contentOf(t, want[0]), contentOf(t, batch[0]))
		})
	}
}

func TestOldNamesAreDeprecated(t *testing.T) {
	t.Parallel()
	linter := service.GlobalEnvironment().NewComponentConfigLinter().SetRejectDeprecated(true)
	lints, err := linter.LintProcessorYAML([]byte("liveperson_account: {}"))
	require.NoError(t, err)
	require.Len(t, lints, 1)
	assert.Contains(t, lints[0].What, "component liveperson_account is deprecated")

	view, exists := service.GlobalEnvironment().GetProcessorConfig("liveperson_account")
	require.True(t, exists)
	assert.True(t, view.IsDeprecated())
	assert.Contains(t, view.Summary(), "use `liveperson_b2b_saas`")
}
