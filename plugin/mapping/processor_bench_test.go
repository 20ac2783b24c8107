package mapping

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
)

// The mix of a shop's events: of 40 events, how many are of each kind. Half are pages.
var (
	pageEvent     = object{"type": "page", "name": "Product Detail", "properties": object{"url": "https://shop.example.com/uk/p/7", "title": "Bikes and kit"}}
	viewEvent     = object{"event": "Product Viewed", "properties": product(7)}
	searchEvent   = object{"event": "Products Searched", "properties": object{"query": "waterproof jacket", "results_count": 2}}
	cartEvent     = object{"event": "Cart Viewed", "properties": object{"cart_id": "b-6cc07b", "cart_total": 176.5, "currency": "GBP", "products": []any{product(7), product(8)}}}
	orderEvent    = object{"event": "Order Completed", "properties": object{"order_id": "ORD-7", "revenue": 176.5, "currency": "GBP", "products": []any{product(7), product(8)}}}
	leadEvent     = object{"event": "Lead Generated", "properties": object{"lead_id": "L-7", "topic": "bike fitting", "value": 40, "currency": "GBP"}}
	identifyEvent = object{"type": "identify", "userId": "user_7", "traits": object{"status": "gold", "plan": "club"}}

	shopMix = []struct {
		event object
		of40  int
	}{{pageEvent, 20}, {viewEvent, 8}, {searchEvent, 4}, {cartEvent, 4}, {orderEvent, 2}, {leadEvent, 1}, {identifyEvent, 1}}
)

// mixTexts returns the events of the mix as JSON.
func mixTexts(b *testing.B) [][]byte {
	b.Helper()
	var texts [][]byte
	for _, share := range shopMix {
		for range share.of40 {
			texts = append(texts, shopEvent(b, share.event))
		}
	}
	return texts
}

// BenchmarkRetail measures the cost of the preset for one event, including parsing: for some kinds
// of events, and for a shop's mix.
func BenchmarkRetail(b *testing.B) {
	for _, bench := range []struct {
		name  string
		texts [][]byte
	}{
		{"mix", mixTexts(b)}, {"page", [][]byte{shopEvent(b, pageEvent)}}, {"view", [][]byte{shopEvent(b, viewEvent)}},
		{"order", [][]byte{shopEvent(b, orderEvent)}}, {"identify", [][]byte{shopEvent(b, identifyEvent)}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			p := newProcessor(b, "")
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if _, err := p.Process(b.Context(), service.NewMessage(bench.texts[i%len(bench.texts)])); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkRetailAndCheck measures the preset and the check of its report. For comparison it also
// measures parsing the same events and writing them as JSON.
func BenchmarkRetailAndCheck(b *testing.B) {
	texts := mixTexts(b)
	b.Run("JSON alone", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			decoder := json.NewDecoder(bytes.NewReader(texts[i%len(texts)]))
			decoder.UseNumber()
			var event any
			if err := decoder.Decode(&event); err != nil {
				b.Fatal(err)
			}
			if _, err := json.Marshal(event); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("preset and check", func(b *testing.B) {
		p := newProcessor(b, "")
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			batch, err := p.Process(b.Context(), service.NewMessage(texts[i%len(texts)]))
			if err != nil {
				b.Fatal(err)
			}
			report, err := batch[0].AsStructured()
			if err != nil {
				b.Fatal(err)
			}
			if found := sde.Check(report, sde.Options{}).Findings; len(found) > 0 {
				b.Fatal(found)
			}
		}
	})
}

type object = map[string]any

func product(i int) object {
	return object{
		"product_id": fmt.Sprint(51000 + i), "sku": fmt.Sprintf("GP-CL-%d", i), "name": "Fjord windproof gilet",
		"category": "Clothing > Jackets", "price": 64.5, "quantity": 1, "currency": "GBP",
	}
}

// shopEvent adds to an event the members that all events of a shop have.
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
