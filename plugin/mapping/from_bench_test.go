package mapping

import (
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/require"
)

// benchBodies are a body of each source, with one event.
var benchBodies = map[string]string{
	"ga4":          `{"client_id":"111.222","user_id":"u1","consent":{"ad_user_data":"GRANTED"},"events":[{"name":"purchase","params":{"transaction_id":"T1","value":30.03,"tax":4.9,"currency":"USD","session_id":"1772449000","page_location":"https://www.shop.example/thanks","items":[{"item_id":"A","item_name":"Tee","item_category":"Apparel","price":10.01,"quantity":3}]}}]}`,
	"ga4_bigquery": `{"event_timestamp":"1772443200123456","event_name":"purchase","user_pseudo_id":"111.222","event_params":[{"key":"page_location","value":{"string_value":"https://shop.example/thanks"}},{"key":"ga_session_id","value":{"int_value":"1772443100"}},{"key":"value","value":{"double_value":25.5}},{"key":"currency","value":{"string_value":"EUR"}}],"privacy_info":{"ads_storage":"Yes"},"ecommerce":{"purchase_revenue":25.5,"transaction_id":"T-1"},"items":[{"item_id":"A","item_name":"Tee","item_brand":"(not set)","price":12.5,"quantity":"2"}]}`,
	"gtag":         `["event","purchase",{"client_id":"111.222","transaction_id":"T1","value":25.5,"currency":"EUR","page_location":"https://shop.example/thanks","items":[{"item_id":"A","item_name":"Tee","price":12.5,"quantity":2}]}]`,
	"gtm":          `{"event_name":"purchase","client_id":"111.222","user_id":"u1","page_location":"https://shop.example/thanks","page_title":"Thanks","language":"en-us","currency":"EUR","value":25.5,"transaction_id":"T-1","items":[{"item_id":"A","price":12.5,"quantity":2}],"ga_session_id":"1772443200","ip_override":"203.0.113.7","x-ga-gcs":"G111","x-ga-gcd":"13r3r3r3r5","x-ga-measurement_id":"G-X"}`,
	"snowplow":     `{"app_id":"shop","platform":"web","event":"unstruct","event_vendor":"com.snowplowanalytics.snowplow.ecommerce","event_name":"snowplow_ecommerce_action","event_version":"1-0-2","event_id":"5f0c2a4e-0000-4000-8000-000000000004","derived_tstamp":"2026-03-02T11:05:00.000Z","domain_userid":"bc2e92ec-6c20-4a14-9d5e-000000000001","user_id":"k-12","page_url":"https://www.winkel.example/bedankt","unstruct_event_com_snowplowanalytics_snowplow_ecommerce_snowplow_ecommerce_action_1":{"type":"transaction"},"contexts_com_snowplowanalytics_snowplow_ecommerce_transaction_1":[{"transaction_id":"W-5","revenue":149.89,"currency":"EUR","payment_method":"ideal","total_quantity":3}],"contexts_com_snowplowanalytics_snowplow_ecommerce_product_1":[{"id":"S-9","name":"Schoen","category":"Heren","price":99.95,"quantity":1,"currency":"EUR"}]}`,
}

// BenchmarkAdapters measures what an adapter costs for a body with one event, beside what it
// costs to parse the body alone.
func BenchmarkAdapters(b *testing.B) {
	for name, body := range benchBodies {
		b.Run(name+"/parse", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = service.NewMessage([]byte(body)).AsStructured()
			}
		})
		b.Run(name+"/adapter", func(b *testing.B) {
			p := newAdapter(b, name, "")
			b.ReportAllocs()
			for b.Loop() {
				batch, err := p.Process(b.Context(), service.NewMessage([]byte(body)))
				if err != nil || len(batch) != 1 {
					require.NoError(b, err)
				}
			}
		})
	}
}
