package mapping

import (
	"encoding/json"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/require"
)

// adapterBench is a typical event of a source, with the headers of its webhook.
type adapterBench struct {
	source, body string
	meta         map[string]string
}

var adapterBenches = []adapterBench{
	{source: "shopify", meta: map[string]string{"X-Shopify-Topic": "orders/create", "X-Shopify-Webhook-Id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043", "X-Shopify-Triggered-At": "2026-03-02T15:00:02.395212977Z"}, body: `{
		"id":820982911946154508,"admin_graphql_api_id":"gid://shopify/Order/820982911946154508","name":"#1001","order_number":1001,"created_at":"2026-03-02T10:00:00-05:00",
		"currency":"USD","presentment_currency":"EUR","total_price":"54.00","subtotal_price":"54.00","total_tax":"0.00","total_discounts":"0.00","customer_locale":"en-US",
		"landing_site":"/?utm_source=newsletter&utm_medium=email","referring_site":"https://search.example/","buyer_accepts_marketing":true,"source_name":"web","test":false,
		"note_attributes":[{"name":"LPVID","value":"M5Zm"},{"name":"visitor_id","value":"v1"}],"customer":{"id":7358220173425,"email":"jane@example.com"},
		"line_items":[{"id":1,"product_id":632910392,"sku":"RUN-42","title":"Trail Runner","price":"27.00","quantity":2},{"id":2,"product_id":632910393,"sku":"SOCK-1","title":"Socks","price":"9.00","quantity":1}]}`},
	{source: "shopify_pixel", body: `{
		"id":"sh-f77a78f1-C1D8","name":"product_viewed","type":"standard","clientId":"ece6cea2-0914-4dcd-8345-8d64ce97b76b","timestamp":"2026-03-02T09:00:00.000Z","seq":3,
		"customerPrivacy":{"analyticsProcessingAllowed":true,"marketingAllowed":true,"preferencesProcessingAllowed":true,"saleOfDataAllowed":false},
		"data":{"productVariant":{"id":"43","sku":"RUN-42","title":"42","price":{"amount":27,"currencyCode":"EUR"},"product":{"id":"7","title":"Trail Runner","type":"Shoes","vendor":"Acme"}}},
		"context":{"document":{"location":{"href":"https://shop.example/products/trail-runner"},"referrer":"https://shop.example/","title":"Trail Runner"},"navigator":{"language":"en-GB"}}}`},
	{source: "woocommerce", meta: map[string]string{"X-WC-Webhook-Topic": "order.updated"}, body: `{
		"id":727,"number":"727","order_key":"wc_order_58d2d042d1d","status":"processing","currency":"EUR","total":"54.00","total_tax":"0.00","shipping_total":"0.00","discount_total":"0.00","customer_id":26,
		"date_created_gmt":"2026-03-02T08:59:00","date_modified_gmt":"2026-03-02T09:00:00","date_paid_gmt":"2026-03-02T09:00:00","refunds":[],"coupon_lines":[],
		"meta_data":[{"id":1,"key":"_visitor_id","value":"v1"},{"id":2,"key":"_wc_order_attribution_source_type","value":"utm"},{"id":3,"key":"_wc_order_attribution_utm_source","value":"newsletter"},{"id":4,"key":"_wc_order_attribution_utm_medium","value":"email"}],
		"line_items":[{"id":1,"product_id":7,"variation_id":0,"sku":"RUN-42","name":"Trail Runner","price":22.5,"quantity":2},{"id":2,"product_id":8,"variation_id":9,"sku":"","name":"Socks","price":9,"quantity":1}]}`},
	{source: "adobe_commerce", body: `{
		"specversion":"1.0","id":"e1","event_id":"e1","type":"com.adobe.commerce.observer.sales_order_save_commit_after","source":"urn:uuid:1","time":"2026-03-02T09:00:01.000Z",
		"data":{"key":"k","value":{"_isNew":true,"increment_id":"000000123","entity_id":"5","quote_id":"7","customer_id":"26","state":"new","status":"pending","created_at":"2026-03-02 09:00:00","updated_at":"2026-03-02 09:00:00",
		"grand_total":"54.0000","subtotal":"54.0000","tax_amount":"0.0000","shipping_amount":"0.0000","order_currency_code":"EUR","base_grand_total":"60.0000","base_currency_code":"USD","visitor_id":"v1",
		"items":[{"item_id":"1","product_id":"7","sku":"RUN-42","name":"Trail Runner","price":27,"qty_ordered":2},{"item_id":"2","parent_item_id":"1","product_id":"8","sku":"RUN-42","name":"Trail Runner","price":0,"qty_ordered":2}]}}}`},
	{source: "segment", body: `{"type":"page","anonymousId":"a1","messageId":"m1","properties":{"url":"https://www.shop.example/"},"context":{"page":{"url":"https://www.shop.example/"}},"timestamp":"2026-03-02T09:20:00.123Z"}`},
	{source: "ga4", body: `{"client_id":"1234567890.1740000000","timestamp_micros":1772450300000000,"events":[{"name":"purchase","params":{"transaction_id":"T_12345","value":30.03,"currency":"USD","session_id":"1772449000","page_location":"https://www.shop.example/thanks","items":[{"item_id":"SKU_12345","item_name":"Summer Tee","price":10.01,"quantity":3}]}}]}`},
	{source: "tealium", body: `{"tealium_account":"acme","tealium_profile":"main","tealium_event":"purchase","tealium_visitor_id":"0184a9cef4ce000c9173745530e705075007706d00fb8","tealium_session_id":"1772443200123","tealium_random":"4812907712345678","tealium_timestamp_utc":"2026-03-02T09:20:00.123Z","policy":"gdpr","consent_categories":["analytics","display_ads"],"customer_id":"C-1","customer_email":"jo@example.com","order_id":"O-77","order_total":"54.00","order_subtotal":"48.00","order_currency_code":"EUR","product_id":["P1","P2"],"product_sku":["S1","S2"],"product_name":["Runner","Socks"],"product_price":["12.00","30.00"],"product_quantity":["2","1"],"product_category":["Shoes","Clothes"],"dom.url":"https://www.shop.example/done","dom.title":"Done","cp.LPVID":"A1B2C3D4E5F6A7B8C9D0E1","cp.LPSID-12345678":"F1E2D3C4B5A6F7E8D9C0B1"}`},
	{source: "tealium", body: `{"account":"acme","profile":"main","env":"prod","data":{"dom":{"url":"https://www.shop.example/","title":"Home","referrer":""},"udo":{"tealium_event":"page_view","tealium_visitor_id":"0184a9cef4ce000c9173745530e705075007706d00fb8","tealium_session_id":"1772443200123","page_name":"Home"},"firstparty_tealium_cookies":{"utag_main_v_id":"0184a9cef4ce000c9173745530e705075007706d00fb8"}},"event_id":"1a1ee055-1456-46f8-ab4d-779628c05dd4","visitor_id":"1a1ee055145646f8ab4d779628c05dd4","post_time":1772443200123}`},
	{source: "mparticle", body: `{"environment":"production","mpid":-7346244611012968789,"mp_deviceid":"8f8e3c1a-0a1b-4c5d-9e2f-7a6b5c4d3e2f","user_identities":{"customer_id":"C-1","email":"jo@example.com"},"user_attributes":{"$firstname":"Jo","plan":"gold"},"timestamp_unixtime_ms":1772443200000,"events":[{"event_type":"commerce_event","data":{"timestamp_unixtime_ms":1772443200123,"source_message_id":"5f0c4bfc-7d1c-4c1f-8a0c-0c6e1d3a2b1f","session_uuid":"76f1a2d0-3c5e-4b7a-9d8e-1f2a3b4c5d6e","currency_code":"EUR","product_action":{"action":"purchase","transaction_id":"O-77","total_amount":59.5,"products":[{"id":"RUN-42","name":"Runner","price":27.25,"quantity":2},{"id":"S-1","name":"Socks","price":5,"quantity":1}]}}}]}`},
	{source: "xdm", body: `{"_id":"6f1c","timestamp":"2026-03-02T09:20:00.000Z","eventType":"commerce.purchases","identityMap":{"ECID":[{"id":"38407110000000000000000000000000000001","primary":true}]},"web":{"webPageDetails":{"URL":"https://www.shop.example/done","name":"Thank you"},"webReferrer":{"URL":"https://www.shop.example/pay"}},"commerce":{"purchases":{"value":1},"order":{"purchaseID":"O-77","currencyCode":"EUR","priceTotal":59.5}},"productListItems":[{"SKU":"RUN-42","name":"Runner","quantity":2,"priceTotal":54.5},{"SKU":"S-1","name":"Socks","quantity":1,"priceTotal":5}]}`},
	{source: "posthog", body: `{"uuid":"5f0c","event":"$pageview","distinct_id":"0190a1b2-0000-7000-8000-000000000001","properties":{"$current_url":"https://www.shop.example/p/1","$referrer":"$direct","$session_id":"0190a1b2-1111-7000-8000-000000000001","$device_id":"0190a1b2-0000-7000-8000-000000000001","$ip":"192.0.2.7","$browser":"Firefox","$browser_version":128,"$os":"Linux","$lib":"web","$lib_version":"1.200.0","$screen_height":1080,"$screen_width":1920,"$browser_language":"de-DE","token":"x","title":"Runner"},"timestamp":"2026-03-02T09:20:00.000Z"}`},
	{source: "jitsu", body: `{"api_key":"x","event_type":"pageview","src":"eventn","_timestamp":"2026-03-02T09:20:01.000000Z","eventn_ctx":{"event_id":"5f0c","user":{"anonymous_id":"a1"},"utc_time":"2026-03-02T09:20:00.123000Z","referer":"https://search.example/","url":"https://www.shop.example/","page_title":"Home","user_language":"de-DE"}}`},
	{source: "amplitude", body: `{"api_key":"k","events":[{"event_type":"Product Viewed","device_id":"d1","user_id":"C-001","insert_id":"i1","time":1772443200123,"session_id":1772443100000,"language":"de-DE","event_properties":{"product_id":"RUN-42","name":"Runner","price":27.25,"currency":"EUR"}}]}`},
	{source: "ga4_bigquery", body: `{"event_timestamp":"1772443200123456","event_name":"purchase","user_pseudo_id":"111.222","event_params":[{"key":"page_location","value":{"string_value":"https://shop.example/thanks"}},{"key":"ga_session_id","value":{"int_value":"1772443100"}},{"key":"value","value":{"double_value":25.5}},{"key":"currency","value":{"string_value":"EUR"}}],"privacy_info":{"ads_storage":"Yes"},"ecommerce":{"purchase_revenue":25.5,"transaction_id":"T-1"},"items":[{"item_id":"A","item_name":"Tee","item_brand":"(not set)","price":12.5,"quantity":"2"}]}`},
	{source: "gtag", body: `["event","purchase",{"client_id":"111.222","transaction_id":"T1","value":25.5,"currency":"EUR","page_location":"https://shop.example/thanks","items":[{"item_id":"A","item_name":"Tee","price":12.5,"quantity":2}]}]`},
	{source: "gtm", body: `{"event_name":"purchase","client_id":"111.222","user_id":"u1","page_location":"https://shop.example/thanks","page_title":"Thanks","language":"en-us","currency":"EUR","value":25.5,"transaction_id":"T-1","items":[{"item_id":"A","price":12.5,"quantity":2}],"ga_session_id":"1772443200","ip_override":"203.0.113.7","x-ga-gcs":"G111","x-ga-gcd":"13r3r3r3r5","x-ga-measurement_id":"G-X"}`},
	{source: "snowplow", body: `{"app_id":"shop","platform":"web","event":"unstruct","event_vendor":"com.snowplowanalytics.snowplow.ecommerce","event_name":"snowplow_ecommerce_action","event_version":"1-0-2","event_id":"5f0c2a4e-0000-4000-8000-000000000004","derived_tstamp":"2026-03-02T11:05:00.000Z","domain_userid":"bc2e92ec-6c20-4a14-9d5e-000000000001","user_id":"k-12","page_url":"https://www.winkel.example/bedankt","unstruct_event_com_snowplowanalytics_snowplow_ecommerce_snowplow_ecommerce_action_1":{"type":"transaction"},"contexts_com_snowplowanalytics_snowplow_ecommerce_transaction_1":[{"transaction_id":"W-5","revenue":149.89,"currency":"EUR","payment_method":"ideal","total_quantity":3}],"contexts_com_snowplowanalytics_snowplow_ecommerce_product_1":[{"id":"S-9","name":"Schoen","category":"Heren","price":99.95,"quantity":1,"currency":"EUR"}]}`},
}

// BenchmarkAdapters measures the cost of an adapter for one event. The message is already parsed.
func BenchmarkAdapters(b *testing.B) {
	for _, bench := range adapterBenches {
		b.Run(bench.source, func(b *testing.B) {
			p := newAdapter(b, "from_"+bench.source, "source: "+bench.source)
			var body any
			require.NoError(b, json.Unmarshal([]byte(bench.body), &body))
			msg := service.NewMessage(nil)
			msg.SetStructured(body)
			for name, value := range bench.meta {
				msg.MetaSetMut(name, value)
			}
			_, err := msg.AsBytes()
			require.NoError(b, err)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Process(b.Context(), msg); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
