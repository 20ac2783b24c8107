package main

import (
	"bytes"
	"encoding/json"
	"fmt"
)

const (
	// distinctEvents is how many events are made before the start. It is a prime number, so that each
	// consumer gets events of all kinds.
	distinctEvents = 997
	// consumerID is the form of consumers' ids; the first digits differ.
	consumerID     = "00000000-5cc8-411b-ac07-3868e5adfacf"
	consumerDigits = 8
)

// event is an event of a shop. The consumer's id is filled in when the event is sent.
type event struct {
	text []byte
	at   int // where in text the consumer's id begins
}

// of returns the event with the id of a consumer.
func (e event) of(consumer int) []byte {
	text := bytes.Clone(e.text)
	for i := e.at + consumerDigits - 1; i >= e.at; i-- {
		text[i] = "0123456789abcdef"[consumer&15]
		consumer >>= 4
	}
	return text
}

// sequence has the events of a row, in order.
type sequence struct {
	events    []event
	consumers int
	inARow    int
}

func newSequence(consumers, inARow int) (sequence, error) {
	events := make([]event, distinctEvents)
	for i := range events {
		text, err := json.Marshal(retailEvent(i))
		if err != nil {
			return sequence{}, fmt.Errorf("making the events: %w", err)
		}
		events[i] = event{text: text, at: bytes.Index(text, []byte(consumerID))}
	}
	return sequence{events: events, consumers: consumers, inARow: inARow}, nil
}

// at returns the event with a number. Consumers take turns.
func (s sequence) at(number int) []byte {
	return s.events[number%len(s.events)].of(number / s.inARow % s.consumers)
}

type object = map[string]any

// retailEvent makes an event of a shop. Half of the events are page views. All have the same
// marketing consent, which decides the acr of the identity in a report.
func retailEvent(i int) object {
	e := object{
		"type":        "track",
		"anonymousId": consumerID,
		"messageId":   fmt.Sprintf("484006a1-0358-42d6-9005-%012d", i),
		"timestamp":   "2026-03-14T15:01:27.776Z",
		"context": object{
			"page": object{
				"url":      fmt.Sprintf("https://shop.example.com/uk/p/%d?utm_source=newsletter", i),
				"path":     fmt.Sprintf("/uk/p/%d", i),
				"title":    "Bikes and kit for long days out",
				"referrer": "https://search.example.org/",
			},
			"locale":  "en-GB",
			"consent": object{"analytics": true, "marketing": true, "functional": true, "advertising": false},
		},
	}
	switch kind := i % 20; {
	case kind < 10:
		e["type"], e["name"] = "page", "Product Detail"
		e["properties"] = object{"url": fmt.Sprintf("https://shop.example.com/uk/p/%d", i), "title": "Bikes and kit"}
	case kind < 14:
		e["event"], e["properties"] = "Product Viewed", product(i)
	case kind < 16:
		e["event"], e["properties"] = "Products Searched", object{"query": fmt.Sprintf("waterproof jacket %d", i), "results_count": 2}
	case kind < 18:
		e["event"] = "Cart Viewed"
		e["properties"] = object{"cart_id": "b-6cc07b", "cart_total": 176.5, "currency": "GBP", "products": []any{product(i), product(i + 1)}}
	case kind < 19:
		e["event"] = "Order Completed"
		e["properties"] = object{"order_id": fmt.Sprintf("ORD-%d", i), "revenue": 176.5, "currency": "GBP", "products": []any{product(i), product(i + 1)}}
	case i%40 < 20:
		e["event"] = "Lead Generated"
		e["properties"] = object{"lead_id": fmt.Sprintf("L-%d", i), "topic": "bike fitting", "value": 40, "currency": "GBP"}
	default:
		e["type"], e["userId"] = "identify", fmt.Sprintf("user_%d", i)
		e["traits"] = object{"status": "gold", "plan": "club"}
	}
	return e
}

func product(i int) object {
	return object{
		"product_id": fmt.Sprint(51000 + i), "sku": fmt.Sprintf("GP-CL-%d", i), "name": "Fjord windproof gilet",
		"category": "Clothing > Jackets", "price": 64.5, "quantity": 1, "currency": "GBP",
	}
}
