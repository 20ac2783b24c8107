package mapping

import (
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/events"
)

// shapes are bodies in the shape of each source.
var shapes = []struct {
	source, body string
	headers      map[string]any
}{
	{source: "segment", body: `{"type":"page","anonymousId":"a1"}`},
	{source: "segment", body: `[{"type":"track","event":"x"}]`},
	{source: "segment", body: `{"type":"track","event":"x","anonymousId":"a1","properties":{"distinct_id":"d"}}`},
	{source: "segment", body: `{"batch":[{"type":"identify"}]}`},
	{source: "segment", body: `{"event":"Order Completed","properties":{"order_id":"1"},"anonymousId":"a"}`},
	{source: "segment", body: `{"id":"m1","event":"order_completed","event_text":"Order Completed","received_at":"2026-03-02 09:00:00"}`},
	{source: "segment", body: `{"ID":"m1","RECEIVED_AT":"2026-03-02 09:00:00","EMAIL":"jane.roe@example.com"}`},
	{source: "rudderstack", body: `{"id":"m1","event":"x","event_text":"X","channel":"web"}`},
	{source: "rudderstack", body: `{"type":"track","event":"x","channel":"web","context":{"traits":{}}}`},
	{source: "ga4", body: `{"client_id":"1.2","events":[{"name":"search"}]}`},
	{source: "ga4", body: `{"client_id":"1.2","events":[]}`},
	{source: "gtag", body: `["event","purchase",{"transaction_id":"T1"}]`},
	{source: "gtag", body: `{"0":"consent","1":"update","2":{"ad_storage":"granted"}}`},
	{source: "gtag", body: `{"event":"purchase","ecommerce":{"items":[]}}`},
	{source: "gtag", body: `{"ecommerce":null}`},
	{source: "gtag", body: `[["js","2026-03-02"],["config","G-1"]]`},
	{source: "gtag", body: `[{"pageType":"product","userId":"u1"},["consent","default",{}]]`},
	{source: "gtag", body: `[{"pageType":"product","userId":"u1"},{"gtm.start":1772443200000,"event":"gtm.js"}]`},
	{source: "gtag", body: `[{"userId":"u1"},{"0":"event","1":"login"}]`},
	{source: "gtag", body: `[{"pageType":"success"},{"transactionId":"T1","transactionTotal":5}]`},
	{source: "gtag", body: `[{"userId":"u1"},{"event":"view_item","ecommerce":{"items":[]}}]`},
	{source: "", body: `[{"x":1},5,{"y":2}]`},
	{source: "gtag", body: `{"client_id":"1.2","dataLayer":[{"event":"gtm.js"}]}`},
	{source: "gtag", body: `{"transactionId":"T1","transactionTotal":5,"userId":"u1"}`},
	{source: "gtag", body: `{"event":"view_item","type":"page","ecommerce":{"items":[]}}`},
	{source: "segment", body: `[{"type":"page","anonymousId":"a1"},{"type":"track","event":"x"}]`},
	{source: "gtm", body: `{"event_name":"purchase","client_id":"1.2","x-ga-gcs":"G111"}`},
	{source: "gtm", body: `{"event_name":"view_item","ga_session_id":"17","x-sst-system_properties":{}}`},
	{source: "ga4_bigquery", body: `{"event_name":"first_visit","event_timestamp":"1772443200123456","user_pseudo_id":null,"event_params":"[]"}`},
	{source: "snowplow", body: `{"rawEvent":{},"eventType":"page_view","event":{"event":"page_view","collector_tstamp":"2026-01-01T00:00:00Z"}}`},
	{source: "snowplow", body: `{"EVENT_NAME":"page_view","EVENT_VENDOR":"com.acme"}`},
	{source: "snowplow", body: `{"event":"page_view","CONTEXTS_COM_ACME_X_1":"[]"}`},
	{source: "ga4_bigquery", body: `{"event_name":"purchase","user_pseudo_id":"1.2","event_params":[]}`},
	{source: "snowplow", body: `{"event_name":"page_view","event_vendor":"com.acme","collector_tstamp":"2026-01-01"}`},
	{source: "snowplow", body: `{"event_name":"x","unstruct_event_com_acme_x_1":{}}`},
	{source: "shopify", body: `{"id":1,"line_items":[]}`, headers: map[string]any{"x-shopify-topic": "orders/create"}},
	{source: "shopify", body: `{"admin_graphql_api_id":"gid://shopify/Order/1"}`},
	{source: "shopify", body: `{"id":"c1","token":"c1","line_items":[]}`},
	{source: "shopify", body: `{"id":1,"order_id":2,"refund_line_items":[]}`},
	{source: "shopify", body: `{"version":"0","detail-type":"shopifyWebhook","detail":{"metadata":{"X-Shopify-Topic":"orders/create"},"payload":{"id":1}}}`},
	{source: "shopify_pixel", body: `{"event":{"id":"e1","clientId":"c1","name":"page_viewed","context":{"document":{"title":"x"}}},"customerPrivacy":{}}`},
	{source: "shopify_pixel", body: `{"id":"e1","clientId":"c1","name":"page_viewed","context":{"document":{}}}`},
	{source: "woocommerce", body: `{"id":1}`, headers: map[string]any{"x-wc-webhook-topic": "order.created"}},
	{source: "woocommerce", body: `{"id":1,"order_key":"wc_order_abc"}`},
	{source: "woocommerce", body: `{"id":1,"date_created_gmt":"2026-03-02T15:00:00","is_paying_customer":false}`},
	{source: "woocommerce", body: `"webhook_id=5"`},
	{source: "adobe_commerce", body: `{"events":[{"position":"p","event":{"specversion":"1.0","type":"com.adobe.commerce.observer.customer_login"}}]}`},
	{source: "adobe_commerce", body: `{"position":"p","event":{"specversion":"1.0","type":"com.adobe.commerce.observer.customer_login"}}`},
	{source: "adobe_commerce", body: `{"increment_id":"100","grand_total":5}`},
	{source: "adobe_commerce", body: `{"specversion":"1.0","type":"com.adobe.commerce.observer.sales_order_save_commit_after","data":{}}`},
	{source: "tealium", body: `{"tealium_event":"purchase","tealium_visitor_id":"v1"}`},
	{source: "tealium", body: `{"tealium_account":"a","tealium_profile":"main","order_id":"1"}`},
	{source: "tealium", body: `{"account":"a","profile":"main","env":"prod","data":{"dom":{},"udo":{"tealium_event":"page_view"}},"event_id":"e1","visitor_id":"v1"}`},
	{source: "tealium", body: `{"shared":{"tealium_account":"a","tealium_profile":"main"},"events":[{"tealium_event":"purchase"}]}`},
	{source: "mparticle", body: `{"events":[{"event_type":"screen_view","data":{}}],"mpid":"1"}`},
	{source: "xdm", body: `{"events":[{"xdm":{"eventType":"commerce.purchases"}}]}`},
	{source: "xdm", body: `{"eventType":"commerce.purchases","commerce":{"order":{"purchaseID":"1"}}}`},
	{source: "xdm", body: `{"timestamp":"2026-03-02T09:20:00Z","identityMap":{"ECID":[{"id":"1"}]}}`},
	{source: "xdm", body: `{"header":{},"body":{"xdmMeta":{},"xdmEntity":{"eventType":"x"}}}`},
	{source: "xdm", body: `{"@id":"1","xdm:timestamp":"2026-03-02T09:20:00Z"}`},
	{source: "posthog", body: `{"api_key":"k","batch":[{"event":"$pageview","distinct_id":"d"}]}`},
	{source: "posthog", body: `{"event":"$pageview","distinct_id":"d","properties":{}}`},
	{source: "posthog", body: `{"event":{"event":"$pageview","distinct_id":"d","properties":{}},"person":{"properties":{}}}`},
	{source: "posthog", body: `{"type":"identify","event":"$identify","distinct_id":"d","api_key":"k"}`},
	{source: "mparticle", body: `{"events":null,"mpid":1}`},
	{source: "posthog", body: `{"hook":{"event":"action_performed"},"data":{"event":"x","distinctId":"d"}}`},
	{source: "posthog", body: `{"api_key":"k","event":"x","properties":{"distinct_id":"d"}}`},
	{source: "posthog", body: `{"type":"screen","event":"$screen","properties":{"distinct_id":"d"}}`},
	{source: "jitsu", body: `{"event_type":"pageview","api_key":"k","eventn_ctx":{"url":"x"}}`},
	{source: "amplitude", body: `{"api_key":"k","events":[{"event_type":"purchase","device_id":"d"}]}`},
	{source: "jitsu", body: `{"event_type":"pageview","user":{"anonymous_id":"a"},"url":"x"}`},
	{source: "amplitude", body: `{"event_type":"purchase","device_id":"d"}`},
	{source: "amplitude", body: `{"event_type":"purchase","$insert_id":"i","amplitude_id":1}`},
	{source: "cloudevents", body: `{"specversion":"1.0","id":"1","source":"/x","type":"com.acme.page","data":{}}`},
	{source: "cloudevents", body: `{"type":"page"}`, headers: map[string]any{"ce-id": "1", "ce-type": "x", "ce-source": "/x", "ce-specversion": "1.0"}},
	{source: "kafka_connect", body: `{"schema":{"type":"struct"},"payload":{"a":1}}`},
	{source: "kafka_connect", body: `{"schema":null,"payload":null}`},
	{source: "kafka_connect", body: `{"payload":{"before":null,"after":{"id":1},"op":"c"}}`},
	{source: "debezium", body: `{"before":null,"after":{"id":1},"op":"c","source":{"table":"orders"}}`},
	{source: "debezium", body: `{"id":1,"__op":"c","__table":"orders"}`},
	{source: "debezium", body: `{"id":1,"__deleted":"true"}`},
	{source: "", body: `{"id":1,"name":"x"}`},
	{source: "", body: `[]`},
	{source: "", body: `5`},
}

func TestTheShapeTellsTheSource(t *testing.T) {
	t.Parallel()
	recognise, err := parse("source")
	require.NoError(t, err)
	for _, shape := range shapes {
		msg := service.NewMessage([]byte(shape.body))
		if shape.headers != nil {
			msg.MetaSetMut(metaHeaders, shape.headers)
		}
		result, err := msg.BloblangQuery(recognise)
		require.NoError(t, err, shape.body)
		content, err := result.AsStructured()
		require.NoError(t, err, shape.body)
		var want any // null
		if shape.source != "" {
			want = shape.source
		}
		assert.Equal(t, map[string]any{"source": want}, content, shape.body)
		if shape.source != "" {
			assert.Contains(t, events.Sources, shape.source, "it has an adapter")
		}
	}
}
