package mapping

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Events of B2B software and of banks, each with the attributes that the preset reports. Null means
// that the preset drops the event.
func TestB2BAndBankEvents(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("testdata/b2b_and_bank.jsonl")
	require.NoError(t, err)
	processors := map[string]service.Processor{"b2b_saas": newPreset(t, "b2b_saas", "default_currency: ''"), "lead_generation": newPreset(t, "lead_generation", "")}
	rows := strings.Split(strings.TrimSpace(string(content)), "\n")
	require.GreaterOrEqual(t, len(rows), 60)
	for i, line := range rows {
		var row struct {
			Preset     string
			Event      map[string]any
			Attributes json.RawMessage
		}
		require.NoError(t, json.Unmarshal([]byte(line), &row))
		t.Run(fmt.Sprintf("%s/%d %s%v", row.Preset, i+1, row.Event["type"], row.Event["event"]), func(t *testing.T) {
			t.Parallel()
			row.Event["anonymousId"] = "a1"
			assert.JSONEq(t, string(row.Attributes), attributesOf(t, processors[row.Preset], row.Event))
		})
	}
}

// attributesOf returns the attributes that a preset reports for an event, as JSON. It returns null
// if the preset drops the event.
func attributesOf(t *testing.T, p service.Processor, event map[string]any) string {
	t.Helper()
	batch, err := p.Process(t.Context(), messageOf(t, event))
	require.NoError(t, err)
	if len(batch) == 0 {
		return "null"
	}
	report, err := batch[0].AsStructured()
	require.NoError(t, err)
	attributes, err := json.Marshal(report.(map[string]any)["engagementAttributes"])
	require.NoError(t, err)
	return string(attributes)
}

func messageOf(t *testing.T, event map[string]any) *service.Message {
	t.Helper()
	content, err := json.Marshal(event)
	require.NoError(t, err)
	return service.NewMessage(content)
}

// If a currency is not a code, the report has no currency, and a metric counts it. The preset does
// not use the default currency, because it may be a different one.
func TestACurrencyThatIsNoCode(t *testing.T) {
	p := newPreset(t, "retail", "default_currency: EUR").(*processor)
	currenciesLeftOut.Store(0)
	for name, test := range map[string]struct {
		properties map[string]any
		want       string
		leftOut    int64
	}{
		"none":                    {map[string]any{}, `"currency":"EUR",`, 0},
		"empty":                   {map[string]any{"currency": ""}, `"currency":"EUR",`, 0},
		"a code in small letters": {map[string]any{"currency": " gbp "}, `"currency":"GBP",`, 0},
		"a sign":                  {map[string]any{"currency": "€"}, "", 1},
		"a name":                  {map[string]any{"currency": "pounds"}, "", 1},
		"a number":                {map[string]any{"currency": 978}, "", 1},
		"an object":               {map[string]any{"currency": map[string]any{"code": "GBP"}}, "", 1},
		"a code on the first line": {map[string]any{"currency": "US$", "products": []any{map[string]any{"currency": "USD"}}},
			`"currency":"USD",`, 1},
		"no currency": {map[string]any{"currency": "XXX"}, "", 0},
	} {
		test.properties["value"] = 12
		event := map[string]any{"event": "Lead Generated", "anonymousId": "a1", "properties": test.properties}
		report, err := messageOf(t, event).BloblangQuery(p.mapping) // not the processor, which would count what is left out
		require.NoError(t, err, name)
		content, err := report.AsBytes()
		require.NoError(t, err)
		assert.Contains(t, string(content), `{"lead":{`+test.want+`"topic":"Lead Generated","value":12}`, name)
		assert.Equal(t, test.leftOut, currenciesLeftOut.Swap(0), name)
	}
}

func TestOwnNamesOfEvents(t *testing.T) {
	t.Parallel()
	for preset, test := range map[string]struct {
		event map[string]any
		kind  string
		want  string
	}{
		"retail":          {map[string]any{"properties": map[string]any{"order_id": "o-7"}}, "order_completed", `[{"type":"purchase","orderId":"o-7"}]`},
		"lead_generation": {map[string]any{"properties": map[string]any{"topic": "Tea"}}, "lead", `[{"type":"lead","lead":{"topic":"Tea"}}]`},
		"b2b_saas":        {map[string]any{"groupId": "g1"}, "trial_ended", `[{"type":"service","service":{"topic":"Trial ended","status":7,"serviceId":"g1"}}]`},
		"impressions":     {map[string]any{"properties": map[string]any{"campaign_id": 1, "engagement_id": 2}}, "impClose", `[{"type":"impClose","campaign":1,"engId":2}]`},
	} {
		t.Run(preset, func(t *testing.T) {
			t.Parallel()
			test.event["anonymousId"] = "a1"
			named := func(name string) map[string]any { test.event["event"] = name; return test.event }
			p := newPreset(t, preset, "unmapped: error\nevents: {'Bestellung: fertig!': "+test.kind+", Page Viewed: ignored, Engagement Shown: ignored, Tea Made: ' "+strings.ToUpper(test.kind)+"'}")
			assert.JSONEq(t, test.want, attributesOf(t, p, named("bestellung_fertig")), "case, spaces and punctuation make no difference")
			assert.JSONEq(t, test.want, attributesOf(t, p, named("Tea Made")))
			assert.Equal(t, "null", attributesOf(t, p, named("pageViewed")), "a name of the preset gets another kind")
			assert.Equal(t, "null", attributesOf(t, p, named("Engagement Shown")))

			_, err := p.Process(t.Context(), messageOf(t, named("Bestellung")))
			require.ErrorContains(t, err, "the "+preset+" preset does not know this event")

			// The same with the settings in the metadata, without the processor.
			mapping, err := parse(preset)
			require.NoError(t, err)
			msg := messageOf(t, named("bestellung_fertig"))
			msg.MetaSetMut(metaOptions, map[string]any{"events": map[string]any{"Bestellung fertig": test.kind}})
			report, err := msg.BloblangQuery(mapping)
			require.NoError(t, err)
			content, err := report.AsStructured()
			require.NoError(t, err)
			attributes, err := json.Marshal(content.(map[string]any)["engagementAttributes"])
			require.NoError(t, err)
			assert.JSONEq(t, test.want, string(attributes))
			msg.MetaSetMut(metaOptions, map[string]any{"events": map[string]any{"Bestellung fertig": "nothing"}})
			_, err = msg.BloblangQuery(mapping)
			require.ErrorContains(t, err, `"nothing" is not a kind of event: expected one of`)
		})
	}
}
