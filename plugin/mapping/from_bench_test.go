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
