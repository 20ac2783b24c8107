package mapping

import (
	"encoding/json"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/require"
)

// adapterBench is a usual event of a source, with the headers of its webhook.
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
}

// BenchmarkAdapters measures what an adapter costs for an event. The message is parsed before.
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
