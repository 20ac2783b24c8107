package preset

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/plugin/sde"
)

// BenchmarkRetail measures what the preset costs for an event, its parsing included:
// of some kinds, and of a shop's mix, in which half of all events are pages.
func BenchmarkRetail(b *testing.B) {
	kinds, mix := shopEvents()
	for _, bench := range []struct {
		name   string
		events []object
	}{{"mix", mix}, {"page", kinds["page"]}, {"view", kinds["view"]}, {"order", kinds["order"]}, {"identify", kinds["identify"]}} {
		b.Run(bench.name, func(b *testing.B) {
			texts := textsOf(b, bench.events)
			p := newProcessor(b, "")
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				if _, err := p.Process(b.Context(), service.NewMessage(texts[i%len(texts)])); err != nil {
					b.Fatal(err)
				}
				i++
			}
		})
	}
}

// BenchmarkRetailBesideJSON holds what is done to an event, from its text to a checked
// report's, against reading the same event and writing it again. Both take turns, so
// that a busy machine slows both.
func BenchmarkRetailBesideJSON(b *testing.B) {
	_, mix := shopEvents()
	texts := textsOf(b, mix)
	p := newProcessor(b, "")
	var whole, bare time.Duration
	i := 0
	for b.Loop() {
		text := texts[i%len(texts)]
		i++
		start := time.Now()
		reports, err := p.Process(b.Context(), service.NewMessage(text))
		if err != nil {
			b.Fatal(err)
		}
		report, err := reports[0].AsStructured()
		if err != nil || len(sde.Check(report, sde.Options{}).Findings) > 0 {
			b.Fatal("not a good report", err)
		}
		if _, err := reports[0].AsBytes(); err != nil {
			b.Fatal(err)
		}
		between := time.Now()
		var event any
		if err := json.Unmarshal(text, &event); err != nil {
			b.Fatal(err)
		}
		if _, err := json.Marshal(event); err != nil {
			b.Fatal(err)
		}
		whole, bare = whole+between.Sub(start), bare+time.Since(between)
	}
	b.ReportMetric(float64(whole.Nanoseconds())/float64(i), "ns/preset+validation")
	b.ReportMetric(float64(bare.Nanoseconds())/float64(i), "ns/JSON")
	b.ReportMetric(float64(whole)/float64(bare), "ratio")
}

// shopEvents gives events by kind, and a shop's mix of them.
func shopEvents() (kinds map[string][]object, mix []object) {
	page := object{"type": "page", "name": "Product Detail", "properties": object{"url": "https://shop.example.com/uk/p/7", "title": "Bikes and kit"}}
	view := object{"event": "Product Viewed", "properties": product(7)}
	search := object{"event": "Products Searched", "properties": object{"query": "waterproof jacket", "results_count": 2}}
	cart := object{"event": "Cart Viewed", "properties": object{"cart_id": "b-6cc07b", "cart_total": 176.5, "currency": "GBP", "products": []any{product(7), product(8)}}}
	order := object{"event": "Order Completed", "properties": object{"order_id": "ORD-7", "revenue": 176.5, "currency": "GBP", "products": []any{product(7), product(8)}}}
	lead := object{"event": "Lead Generated", "properties": object{"lead_id": "L-7", "topic": "bike fitting", "value": 40, "currency": "GBP"}}
	identify := object{"type": "identify", "userId": "user_7", "traits": object{"status": "gold", "plan": "club"}}

	for _, share := range []struct {
		event object
		of40  int
	}{{page, 20}, {view, 8}, {search, 4}, {cart, 4}, {order, 2}, {lead, 1}, {identify, 1}} {
		for range share.of40 {
			mix = append(mix, share.event)
		}
	}
	return map[string][]object{"page": {page}, "view": {view}, "order": {order}, "identify": {identify}}, mix
}

func textsOf(b *testing.B, events []object) (texts [][]byte) {
	b.Helper()
	for _, event := range events {
		texts = append(texts, shopEvent(b, event))
	}
	return texts
}

type object = map[string]any

func product(i int) object {
	return object{
		"product_id": fmt.Sprint(51000 + i), "sku": fmt.Sprintf("GP-CL-%d", i), "name": "Fjord windproof gilet",
		"category": "Clothing > Jackets", "price": 64.5, "quantity": 1, "currency": "GBP",
	}
}

// shopEvent puts an event into what all events of a shop have around them.
func shopEvent(b *testing.B, event object) []byte {
	b.Helper()
	whole := object{
		"type":        "track",
		"anonymousId": "00000000-5cc8-411b-ac07-3868e5adfacf",
		"messageId":   "484006a1-0358-42d6-9005-000000000007",
		"timestamp":   "2026-03-14T15:01:27.776Z",
		"context": object{
			"page": object{
				"url":      "https://shop.example.com/uk/p/7?utm_source=newsletter",
				"path":     "/uk/p/7",
				"title":    "Bikes and kit for long days out",
				"referrer": "https://search.example.org/",
			},
			"locale":  "en-GB",
			"consent": object{"analytics": true, "marketing": true, "functional": true, "advertising": false},
		},
	}
	for name, value := range event {
		whole[name] = value
	}
	text, err := json.Marshal(whole)
	require.NoError(b, err)
	return text
}
