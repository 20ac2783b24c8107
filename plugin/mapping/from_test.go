package mapping

import (
	"strings"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func newAdapter(t testing.TB, name, yaml string) service.Processor {
	t.Helper()
	parsed, err := fromSpec().ParseYAML(yaml, nil)
	require.NoError(t, err)
	p, err := adapterFromParsed(strings.TrimPrefix(name, "from_"), parsed, service.MockResources())
	require.NoError(t, err)
	return p
}

// bodies are one event of each tool.
var bodies = map[string]string{
	"from_segment":     `{"type":"page","anonymousId":"a1"}`,
	"from_rudderstack": `{"type":"page","anonymousId":"a1"}`,
	"from_ga4":         `{"client_id":"a1","events":[{"name":"search","params":{"search_term":"x"}}]}`,
	"from_snowplow":    `{"event_name":"page_view","domain_userid":"a1"}`,
}

func contentOf(t *testing.T, msg *service.Message) string {
	t.Helper()
	content, err := msg.AsBytes()
	require.NoError(t, err)
	return string(content)
}

func TestAdaptersAreAlsoPresetsOfLivepersonMap(t *testing.T) {
	t.Parallel()
	for _, alias := range adapterAliases {
		name := "from_" + alias
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parsed, err := mapSpec().ParseYAML("preset: "+name, nil)
			require.NoError(t, err)
			p, err := fromParsed(name, parsed, service.MockResources())
			require.NoError(t, err)
			want, err := newAdapter(t, name, "").Process(t.Context(), service.NewMessage([]byte(bodies[name])))
			require.NoError(t, err)
			got, err := p.Process(t.Context(), service.NewMessage([]byte(bodies[name])))
			require.NoError(t, err)
			require.Len(t, want, 1)
			require.Len(t, got, 1)
			assert.Contains(t, contentOf(t, want[0]), `"anonymousId":"a1"`)
			assert.Equal(t, contentOf(t, want[0]), contentOf(t, got[0]))
		})
	}
}

func TestWhatIsNoEventFailsAlone(t *testing.T) {
	t.Parallel()
	type item struct{ content, err string }
	for _, test := range []struct {
		name, adapter, body string
		want                []item
	}{
		{"a call", "from_segment", `{"batch":[{"type":"page"},"secret",{"type":"page","context":{"consent":{"categoryPreferences":"secret"}}}]}`, []item{
			{`{"context":{},"type":"page"}`, ""},
			{`"secret"`, "batch[1]: expected an object, got string"},
			{`{"context":{"consent":{"categoryPreferences":"secret"}},"type":"page"}`, "batch[2].context.consent.categoryPreferences: expected an object, got string"},
		}},
		{"a list within a list", "from_rudderstack", `[[],{"type":"page"}]`, []item{
			{`[]`, "[0]: expected an object, got array"},
			{`{"context":{},"type":"page"}`, ""},
		}},
		{"an event of a body", "from_ga4", `[{"user_id":"u1","events":[{"name":"refund","params":{"transaction_id":"t"}},{"name":"x","params":5}]}]`, []item{
			{`{"event":"refund","properties":{"transaction_id":"t"},"type":"track","userId":"u1"}`, ""},
			{`{"events":[{"name":"x","params":5}],"user_id":"u1"}`, "[0].events[1].params: expected an object, got number"},
		}},
		{"an entity", "from_snowplow", `[{"event":"x","contexts":{"data":[{"schema":"secret"}]}},{"event":"x"}]`, []item{
			{`{"contexts":{"data":[{"schema":"secret"}]},"event":"x"}`, "[0].contexts.data[0].schema: expected a schema, such as iglu:com.acme/cart/jsonschema/1-0-0"},
			{`{"event":"x","type":"track"}`, ""},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			msg := service.NewMessage([]byte(test.body))
			msg.MetaSet("topic", "events")
			batch, err := newAdapter(t, test.adapter, "").Process(t.Context(), msg)
			require.NoError(t, err)
			require.Len(t, batch, len(test.want))
			for i, want := range test.want {
				assert.Equal(t, want.content, contentOf(t, batch[i]))
				topic, _ := batch[i].MetaGet("topic")
				assert.Equal(t, "events", topic)
				if want.err == "" {
					assert.NoError(t, batch[i].GetError())
				} else {
					assert.EqualError(t, batch[i].GetError(), want.err)
				}
			}
		})
	}
}

func TestAdaptersRefuseABodyThatIsNone(t *testing.T) {
	t.Parallel()
	shared := `{"context":{"x":"` + strings.Repeat("x", 100000) + `"},"batch":[{}` + strings.Repeat(",{}", 100) + `]}`
	for _, test := range []struct{ name, adapter, body, err string }{
		{"nothing", "from_segment", "", "the event is empty"},
		{"no JSON", "from_ga4", `{"events"`, "not JSON"},
		{"too deep", "from_ga4", strings.Repeat("[", 20000), "not JSON"},
		{"text", "from_ga4", `"secret"`, "expected the event as a JSON object, or a list of such, got string"},
		{"null", "from_snowplow", `null`, "expected the event as a JSON object, or a list of such, got null"},
		{"a batch that is none", "from_segment", `{"batch":"secret"}`, "batch: expected an array, got string"},
		{"a batch that unfolds", "from_segment", shared, "each of 101 events would get 100020 bytes that they share; send fewer at once"},
		{"no type", "from_segment", `{"client_id":"c","events":[]}`, "type: missing, and there is no event, name or traits to tell it by"},
		{"a context that is none", "from_segment", `{"type":"page","context":"secret"}`, "context: expected an object, got string"},
		{"an id that is none", "from_segment", `{"type":"page","anonymousId":{"a":"secret"}}`, "anonymousId: expected text, got object"},
		{"properties that are none", "from_rudderstack", `{"type":"track","event":"e","properties":["secret"]}`, "properties: expected an object, got array"},
		{"consent that is none", "from_rudderstack", `{"type":"page","context":{"consentManagement":{"deniedConsentIds":"secret"}}}`, "context.consentManagement.deniedConsentIds: expected an array, got string"},
		{"ids of consent that are none", "from_rudderstack", `{"type":"page","context":{"consentManagement":{"allowedConsentIds":[{"id":"secret"}]}}}`, "context.consentManagement.allowedConsentIds: expected a list of text"},
		{"no events", "from_ga4", `{"client_id":"c"}`, "expected a body of the Measurement Protocol, which has a list in events, or a push to the data layer"},
		{"a push without anything", "from_ga4", `{"ecommerce":""}`, "expected a body of the Measurement Protocol"},
		{"events that are none", "from_ga4", `{"events":{"name":"secret"}}`, "expected a body of the Measurement Protocol"},
		{"GA4's consent that is none", "from_ga4", `{"consent":"secret","events":[]}`, "consent: expected an object, got string"},
		{"an event without a name", "from_ga4", `{"events":[{"params":{}}]}`, "events[0].name: missing"},
		{"a push that is none", "from_ga4", `{"event":"purchase","ecommerce":["secret"]}`, "ecommerce: expected an object, got array"},
		{"no event of Snowplow", "from_snowplow", `{"type":"page"}`, "event_name: missing, and event too"},
		{"entities that are none", "from_snowplow", `{"event":"x","contexts_com_snowplowanalytics_snowplow_ecommerce_product_1":["secret"]}`, "contexts_com_snowplowanalytics_snowplow_ecommerce_product_1: expected a list of objects"},
		{"text without a line", "from_snowplow", `""`, "expected lines of 131 values separated by tabs, got empty text"},
		{"text that is no line", "from_snowplow", "secret\tsecret", "expected 131 values separated by tabs, got 2"},
		{"a call of gtag() that is none", "from_gtag", `["secret",{}]`, "expected a gtag() command: event, config, set, get, js or consent"},
		{"a push that says nothing by itself", "from_gtag", `{"pageType":"secret"}`, "expected a gtag() call, or a push to the data layer"},
		{"event data that is none", "from_gtm", `{"client_id":"c"}`, "event_name: missing; expected the event data of a GTM server container: for the data layer of a page, use gtag"},
		{"a row that is none", "from_ga4_bigquery", `{"user_pseudo_id":"c"}`, "event_name: missing; expected a row of the table events_YYYYMMDD"},
		{"a gtag() call", "from_ga4", `["event","secret",{}]`, "the source gtag reads gtag() calls"},
		{"contexts that are no JSON", "from_snowplow", `{"event":"x","contexts":"secret"}`, "contexts: text that is no JSON"},
		{"an order of Shopify without its topic", "from_shopify", `{"admin_graphql_api_id":"gid://shopify/Order/1","id":1}`, "topic: missing. An order of Shopify does not say what happened to it"},
		{"items that are none", "from_shopify", `{"token":"t","line_items":"secret"}`, "line_items: expected an array, got string"},
		{"an item that is none", "from_shopify", `{"token":"t","line_items":[{},"secret"]}`, "line_items[1]: expected an object, got string"},
		{"a price that is none", "from_shopify", `{"token":"t","line_items":[{"price":"secret"}]}`, "line_items[0].price: expected a number"},
		{"a body that Shopify does not send", "from_shopify", `{"x":"secret"}`, "topic: missing"},
		{"a pixel's event without a name", "from_shopify_pixel", `{"clientId":"c"}`, "name: missing"},
		{"a pixel's data that is none", "from_shopify_pixel", `{"name":"cart_viewed","data":"secret"}`, "data: expected an object, got string"},
		{"a body that WooCommerce does not send", "from_woocommerce", `{"id":1}`, "topic: missing"},
		{"a total that is none", "from_woocommerce", `{"order_key":"wc_order_1","total":"1,00"}`, "total: expected a number"},
		{"a payload without the name of its event", "from_adobe_commerce", `{"increment_id":"1","order_id":"2"}`, "type: missing, and the body is no order"},
		{"data that are none", "from_adobe_commerce", `{"type":"com.adobe.commerce.observer.customer_login","data":"secret"}`, "data: expected an object, got string"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			batch, err := newAdapter(t, test.adapter, "").Process(t.Context(), service.NewMessage([]byte(test.body)))
			require.ErrorContains(t, err, test.err)
			assert.NotContains(t, err.Error(), "secret")
			assert.Empty(t, batch)
		})
	}
}

func TestABodyMayHoldMoreEventsThanGA4Takes(t *testing.T) {
	t.Parallel()
	events := strings.Repeat(`{"name":"search","params":{"search_term":"same"}},`, 60)
	batch, err := newAdapter(t, "from_ga4", "").Process(t.Context(), service.NewMessage([]byte(`{"client_id":"c","events":[`+strings.TrimSuffix(events, ",")+`]}`)))
	require.NoError(t, err)
	require.Len(t, batch, 60)
	ids := map[string]bool{}
	for _, msg := range batch {
		ids[contentOf(t, msg)] = true
	}
	assert.Len(t, ids, 60, "each has a message id of its own")
}

func TestMaxEventBytesOfAnAdapterCountsTheBatch(t *testing.T) {
	t.Parallel()
	body := []byte(bodies["from_segment"])
	_, err := newAdapter(t, "from_segment", "max_event_bytes: 33").Process(t.Context(), service.NewMessage(body))
	require.ErrorContains(t, err, "the body has 34 bytes, more than max_event_bytes allows (33)")
	batch, err := newAdapter(t, "from_segment", "max_event_bytes: 34").Process(t.Context(), service.NewMessage(body))
	require.NoError(t, err)
	assert.Len(t, batch, 1)
}

func TestWhatHasFailedPassesUnchanged(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]service.Processor{"adapter": newAdapter(t, "from_segment", ""), "preset": newProcessor(t, "")} {
		msg := service.NewMessage([]byte(`{"type":"page","anonymousId":"a1"}`))
		msg.SetError(assert.AnError)
		batch, err := p.Process(t.Context(), msg)
		require.NoError(t, err, name)
		require.Len(t, batch, 1, name)
		assert.Equal(t, `{"type":"page","anonymousId":"a1"}`, contentOf(t, batch[0]), name)
		assert.ErrorIs(t, batch[0].GetError(), assert.AnError, name)
	}
}
