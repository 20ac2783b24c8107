package mapping

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// PHP writes an empty map as an empty list. So an empty list in the place of any object of an event
// must give the same result as an empty object.
func TestAnEmptyListIsAnEmptyObject(t *testing.T) {
	t.Parallel()
	retail := newProcessor(t, "sde_names: liveperson\nlist_products: 3")
	saas := newPreset(t, "b2b_saas", "")
	lead := newPreset(t, "lead_generation", "")
	impressions := newPreset(t, "impressions", "")
	type emptyCase struct {
		name   string
		preset service.Processor
		source string // empty: no adapter
		body   string
		meta   map[string]string
	}
	tests := []emptyCase{
		{"an order", retail, "", `{"type":"track","event":"Order Completed","anonymousId":"a","messageId":"m","session":{"vid":"v"},"traits":{"email":"jane.roe@example.com"},
			"properties":{"order_id":"1","revenue":5,"products":[{"sku":"s","price":5,"quantity":1}],"coupon":{}},
			"context":{"page":{"url":"https://shop.example.com/"},"campaign":{"source":"s"},"session":{"sid":"s"},"traits":{"name":"Jane Roe","address":{"country":"DE"},"company":{"name":"Initech"}},
			"consent":{"canonical":{"marketing":true},"categories":{"C0004":true}},"consentManagement":{"deniedConsentIds":["C0004"]},"referrer":{"url":"https://www.example.com"}},"integrations":{"All":true}}`, nil},
		{"a page", retail, "", `{"type":"page","anonymousId":"a","properties":{"url":"https://shop.example.com/"},"context":{"page":{"url":"https://shop.example.com/"},"campaign":{"name":"n"},"consent":{"categoryPreferences":{"a":true}}}}`, nil},
		{"a cart", retail, "", `{"type":"track","event":"Cart Viewed","anonymousId":"a","properties":{"products":[{"id":"1","price":2},{"id":"2","price":3}]},"context":{"device":{}}}`, nil},
		{"a customer", retail, "", `{"type":"identify","anonymousId":"a","userId":"u","traits":{"name":"Jane Roe","address":{"country":"DE"},"company":{"name":"Initech"}},"context":{"traits":{"plan":"p"}}}`, nil},
		{"a group", saas, "", `{"type":"group","anonymousId":"a","userId":"u","groupId":"g","traits":{"name":"Initech"},"context":{"traits":{"plan":"p"}}}`, nil},
		{"a trial", saas, "", `{"type":"track","event":"Trial Started","anonymousId":"a","properties":{"trial_plan_name":"p"},"context":{"groupId":"g","page":{}}}`, nil},
		{"a lead", lead, "", `{"type":"track","event":"Form Submitted","anonymousId":"a","properties":{"form_name":"f"},"traits":{"email":"jane.roe@example.com"},"context":{"campaign":{"source":"s"}}}`, nil},
		{"an engagement", impressions, "", `{"type":"track","event":"Engagement Displayed","anonymousId":"a","properties":{"liveperson":{"campaign_id":1,"engagement_id":2,"revision":3}},"context":{"liveperson":{"campaign_id":4,"engagement_id":5}},"liveperson":{"engagement":{"campaign_id":"6","engagement_id":"7"}}}`, nil},
		{"a call of Segment", retail, "segment", `{"type":"track","event":"Order Completed","anonymousId":"a","messageId":"m","session":{"vid":"v"},
			"properties":{"order_id":"1","revenue":5,"products":[{"sku":"s","price":5}]},"traits":{"email":"jane.roe@example.com"},"integrations":{"All":true},
			"context":{"page":{"url":"https://shop.example.com/"},"campaign":{"source":"s"},"traits":{"a":1},"consent":{"categoryPreferences":{"C0004":false}},"referrer":{"url":"https://www.example.com"}}}`, nil},
		{"a batch of Segment", retail, "segment", `{"batch":[{"type":"page","anonymousId":"a","context":{"page":{"url":"https://shop.example.com/"}}},{"type":"page","anonymousId":"b"}],"context":{"campaign":{"source":"s"},"consent":{"marketing":true}},"integrations":{}}`, nil},
		{"an installation", retail, "segment", `{"type":"track","event":"Install Attributed","anonymousId":"a","properties":{"campaign":{"source":"s"}}}`, nil},
		{"a call of RudderStack", retail, "rudderstack", `{"type":"identify","anonymousId":"a","userId":"u","traits":{"plan":"p"},"channel":"web",
			"context":{"traits":{"email":"jane.roe@example.com"},"consentManagement":{"allowedConsentIds":["C0004"]},"page":{"url":"https://shop.example.com/"}}}`, nil},
		{"GA4", retail, "ga4", `{"client_id":"a","consent":{"ad_user_data":"GRANTED"},"user_properties":{"plan":{"value":"p"}},"events":[{"name":"purchase","params":{"transaction_id":"t","value":1,"items":[{"item_id":"i","price":1}]}}]}`, nil},
		{"a push of GA4", retail, "ga4", `{"client_id":"a","event":"purchase","ecommerce":{"transaction_id":"t","value":1,"items":[{"item_id":"i","price":1}]},"user_properties":{"plan":{"value":"p"}}}`, nil},
		{"a push of Universal Analytics", retail, "ga4", `{"client_id":"a","event":"buy","ecommerce":{"currencyCode":"EUR","purchase":{"actionField":{"id":"1","revenue":"5"},"products":[{"id":"i","price":"5"}]}}}`, nil},
	}
	for _, bench := range adapterBenches {
		tests = append(tests, emptyCase{"an event of " + bench.source, retail, bench.source, bench.body, bench.meta})
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var body any
			require.NoError(t, json.Unmarshal([]byte(test.body), &body))
			var adapter service.Processor
			if test.source != "" {
				adapter = newAdapter(t, test.source, "source: "+test.source)
			}
			outcome := func() string { return outcomeOf(t, adapter, test.preset, body, test.meta) }
			replaced := 0
			eachObject(body, "", func(at string, replace func(any)) {
				replace(map[string]any{})
				want := outcome()
				replace([]any{})
				assert.Equal(t, want, outcome(), at)
				replaced++
			})
			assert.True(t, replaced > 0 || test.source == "tealium", "nothing was replaced") // Tealium's data layer has no objects
		})
	}
}

// eachObject calls do for each object within a value. do gets a function that replaces the object
// until do returns.
func eachObject(value any, at string, do func(at string, replace func(any))) {
	switch v := value.(type) {
	case map[string]any:
		for name, inner := range v {
			if _, isObject := inner.(map[string]any); isObject {
				do(at+"."+name, func(other any) { v[name] = other })
				v[name] = inner
			}
			eachObject(inner, at+"."+name, do)
		}
	case []any:
		for i, inner := range v {
			if _, isObject := inner.(map[string]any); isObject {
				do(fmt.Sprintf("%s[%d]", at, i), func(other any) { v[i] = other })
				v[i] = inner
			}
			eachObject(inner, fmt.Sprintf("%s[%d]", at, i), do)
		}
	}
}

// outcomeOf returns the reports of a body with their metadata, or that they failed.
func outcomeOf(t *testing.T, adapter, preset service.Processor, body any, meta map[string]string) (outcome string) {
	t.Helper()
	content, err := json.Marshal(body)
	require.NoError(t, err)
	batch := service.MessageBatch{service.NewMessage(content)}
	for name, value := range meta {
		batch[0].MetaSet(name, value)
	}
	if adapter != nil {
		if batch, err = adapter.Process(t.Context(), batch[0]); err != nil {
			return "failed"
		}
	}
	for _, msg := range batch {
		if msg.GetError() != nil {
			outcome += "failed\n"
			continue
		}
		reports, err := preset.Process(t.Context(), msg)
		if err != nil {
			outcome += "failed: " + err.Error() + "\n"
		}
		for _, report := range reports {
			content, err := report.AsBytes()
			require.NoError(t, err)
			consent, _ := report.MetaGet("liveperson_consent")
			outcome += string(content) + consent + "\n"
		}
	}
	return outcome
}
