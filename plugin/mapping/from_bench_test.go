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
