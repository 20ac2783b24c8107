package mapping

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/bloblang"
	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/events"
)

// The table of events and the mapping of each preset agree: the preset reports the
// events that the table says it reports, and no others.
func TestPresetsReportTheEventsOfTheTable(t *testing.T) {
	t.Parallel()
	all := map[string]bool{}
	for preset := range presets {
		for _, event := range events.Of(preset).Events {
			for _, name := range events.Of(preset).AllNames(event.Type) {
				all[name] = true
			}
		}
	}
	for preset := range presets {
		reported := map[any]bool{}
		for _, event := range events.Of(preset).Events {
			reported[event.Type] = event.Reports != ""
		}
		processor := newPreset(t, preset, "unmapped: error\norder_updates: true")
		for name := range all {
			message := fmt.Sprintf(`{"event":%q,"anonymousId":"a1","properties":{"campaign_id":1,"engagement_id":2}}`, name)
			batch, err := processor.Process(t.Context(), service.NewMessage([]byte(message)))
			eventType := events.Of(preset).Type(name)
			switch {
			case reported[eventType]:
				assert.NoError(t, err, "%s: %s", preset, name)
				assert.Len(t, batch, 1, "%s: %s", preset, name)
			case eventType == events.Ignored:
				assert.NoError(t, err, "%s: %s", preset, name)
				assert.Empty(t, batch, "%s: %s", preset, name)
			default:
				assert.ErrorContains(t, err, "the "+preset+" preset does not know this event", name)
			}
		}
	}
}

// The reference shows the examples of the methods. Each example must be right, also those of
// helpers.
func TestExamplesOfMethods(t *testing.T) {
	t.Parallel()
	ours := map[string]bool{"named": true, "read": true, "has": true, "lines": true, "item_count": true, "total": true, "errors": true, "visit": true}
	for name := range readers {
		ours[name] = true
	}
	helpers := map[string]bool{"accumulated": true, "allowed": true, "attributes": true, "columns": true, "connect": true, "cookies": true, "consent": true, "consent_form": true, "event": true, "event_meant": true, "events_lint": true, "or_failed": true, "pairs": true, "row": true, "rows": true, "self_describing": true, "setting": true, "where": true, "without": true, "without_prefix": true}
	bloblang.GlobalEnvironment().WalkMethods(func(name string, view *bloblang.MethodView) {
		data := view.TemplateData()
		var short string
		if n, err := fmt.Sscanf(name, "liveperson_%s", &short); n != 1 || err != nil || name == "liveperson_lint" {
			return // liveperson_lint runs rules of internal/settings
		}
		if short == "lint" {
			return // internal/settings has this one, for rules of the linter; no mapping calls it
		}
		require.True(t, ours[short] || helpers[short], name)
		assert.Equal(t, helpers[short], data.Status == "deprecated", "%s: a method for users is listed, a helper is not", name)
		require.NotEmpty(t, data.Examples, name)
		for _, example := range data.Examples {
			require.NotEmpty(t, example.Results, name)
			mapping, err := bloblang.Parse(example.Mapping)
			require.NoError(t, err, name)
			for _, result := range example.Results {
				msg := service.NewMessage([]byte(result[0]))
				got, err := msg.BloblangQuery(mapping)
				require.NoError(t, err, name)
				value, err := got.AsStructured()
				require.NoError(t, err)
				text, err := json.Marshal(value)
				require.NoError(t, err)
				assert.JSONEq(t, result[1], string(text), name)
			}
		}
		delete(ours, short)
		delete(helpers, short)
	})
	assert.Empty(t, ours)
	assert.Empty(t, helpers)
}
