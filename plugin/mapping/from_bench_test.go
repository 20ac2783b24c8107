package mapping

import (
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// benchBodies are bodies of one event each, with what the tools send around it.
var benchBodies = []struct{ source, name, body string }{
	{"segment", "page", `{"type":"page","anonymousId":"a1","messageId":"m1","properties":{"url":"https://www.shop.example/"},"context":{"page":{"url":"https://www.shop.example/"}},"timestamp":"2026-03-02T09:20:00.123Z"}`},
	{"ga4", "order", `{"client_id":"1234567890.1740000000","timestamp_micros":1772450300000000,"events":[{"name":"purchase","params":{"transaction_id":"T_12345","value":30.03,"currency":"USD","session_id":"1772449000","page_location":"https://www.shop.example/thanks","items":[{"item_id":"SKU_12345","item_name":"Summer Tee","price":10.01,"quantity":3}]}}]}`},
	{"tealium", "order", `{"tealium_account":"acme","tealium_profile":"main","tealium_event":"purchase","tealium_visitor_id":"0184a9cef4ce000c9173745530e705075007706d00fb8","tealium_session_id":"1772443200123","tealium_random":"4812907712345678","tealium_timestamp_utc":"2026-03-02T09:20:00.123Z","policy":"gdpr","consent_categories":["analytics","display_ads"],"customer_id":"C-1","customer_email":"jo@example.com","order_id":"O-77","order_total":"54.00","order_subtotal":"48.00","order_currency_code":"EUR","product_id":["P1","P2"],"product_sku":["S1","S2"],"product_name":["Runner","Socks"],"product_price":["12.00","30.00"],"product_quantity":["2","1"],"product_category":["Shoes","Clothes"],"dom.url":"https://www.shop.example/done","dom.title":"Done","cp.LPVID":"A1B2C3D4E5F6A7B8C9D0E1","cp.LPSID-12345678":"F1E2D3C4B5A6F7E8D9C0B1"}`},
	{"tealium", "page", `{"account":"acme","profile":"main","env":"prod","data":{"dom":{"url":"https://www.shop.example/","title":"Home","referrer":""},"udo":{"tealium_event":"page_view","tealium_visitor_id":"0184a9cef4ce000c9173745530e705075007706d00fb8","tealium_session_id":"1772443200123","page_name":"Home"},"firstparty_tealium_cookies":{"utag_main_v_id":"0184a9cef4ce000c9173745530e705075007706d00fb8"}},"event_id":"1a1ee055-1456-46f8-ab4d-779628c05dd4","visitor_id":"1a1ee055145646f8ab4d779628c05dd4","post_time":1772443200123}`},
	{"mparticle", "order", `{"environment":"production","mpid":-7346244611012968789,"mp_deviceid":"8f8e3c1a-0a1b-4c5d-9e2f-7a6b5c4d3e2f","user_identities":{"customer_id":"C-1","email":"jo@example.com"},"user_attributes":{"$firstname":"Jo","plan":"gold"},"timestamp_unixtime_ms":1772443200000,"events":[{"event_type":"commerce_event","data":{"timestamp_unixtime_ms":1772443200123,"source_message_id":"5f0c4bfc-7d1c-4c1f-8a0c-0c6e1d3a2b1f","session_uuid":"76f1a2d0-3c5e-4b7a-9d8e-1f2a3b4c5d6e","currency_code":"EUR","product_action":{"action":"purchase","transaction_id":"O-77","total_amount":59.5,"products":[{"id":"RUN-42","name":"Runner","price":27.25,"quantity":2},{"id":"S-1","name":"Socks","price":5,"quantity":1}]}}}]}`},
	{"xdm", "order", `{"_id":"6f1c","timestamp":"2026-03-02T09:20:00.000Z","eventType":"commerce.purchases","identityMap":{"ECID":[{"id":"38407110000000000000000000000000000001","primary":true}]},"web":{"webPageDetails":{"URL":"https://www.shop.example/done","name":"Thank you"},"webReferrer":{"URL":"https://www.shop.example/pay"}},"commerce":{"purchases":{"value":1},"order":{"purchaseID":"O-77","currencyCode":"EUR","priceTotal":59.5}},"productListItems":[{"SKU":"RUN-42","name":"Runner","quantity":2,"priceTotal":54.5},{"SKU":"S-1","name":"Socks","quantity":1,"priceTotal":5}]}`},
	{"posthog", "page", `{"uuid":"5f0c","event":"$pageview","distinct_id":"0190a1b2-0000-7000-8000-000000000001","properties":{"$current_url":"https://www.shop.example/p/1","$referrer":"$direct","$session_id":"0190a1b2-1111-7000-8000-000000000001","$device_id":"0190a1b2-0000-7000-8000-000000000001","$ip":"192.0.2.7","$browser":"Firefox","$browser_version":128,"$os":"Linux","$lib":"web","$lib_version":"1.200.0","$screen_height":1080,"$screen_width":1920,"$browser_language":"de-DE","token":"x","title":"Runner"},"timestamp":"2026-03-02T09:20:00.000Z"}`},
	{"jitsu", "page", `{"api_key":"x","event_type":"pageview","src":"eventn","_timestamp":"2026-03-02T09:20:01.000000Z","eventn_ctx":{"event_id":"5f0c","user":{"anonymous_id":"a1"},"utc_time":"2026-03-02T09:20:00.123000Z","referer":"https://search.example/","url":"https://www.shop.example/","page_title":"Home","user_language":"de-DE"}}`},
	{"amplitude", "view", `{"api_key":"k","events":[{"event_type":"Product Viewed","device_id":"d1","user_id":"C-001","insert_id":"i1","time":1772443200123,"session_id":1772443100000,"language":"de-DE","event_properties":{"product_id":"RUN-42","name":"Runner","price":27.25,"currency":"EUR"}}]}`},
}

// BenchmarkAdapters measures what an adapter costs, its parsing of the body included, and what the parsing costs alone.
func BenchmarkAdapters(b *testing.B) {
	for _, bench := range benchBodies {
		b.Run(bench.source+"/"+bench.name+"/adapter", func(b *testing.B) {
			p := newAdapter(b, bench.source, "")
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Process(b.Context(), service.NewMessage([]byte(bench.body))); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(bench.source+"/"+bench.name+"/JSON alone", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := service.NewMessage([]byte(bench.body)).AsStructured(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
