package cart

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const modelLines = 4

// model is the expected cart: the quantity of each product and variant, as "S1 red".
type model struct {
	known bool
	lines map[string]int
}

func (m *model) apply(event map[string]any) {
	moved, _ := event["properties"].(map[string]any)["products"].([]any)
	switch event["event"] {
	case "Order Completed", "Cart Cleared":
		m.known, m.lines = true, map[string]int{}
		return
	case "Cart Viewed", "Cart Updated":
		m.known, m.lines = moved != nil && len(moved) <= modelLines, map[string]int{}
		m.add(moved)
		return
	}
	if m.lines == nil {
		m.known, m.lines = true, map[string]int{}
	}
	switch event["event"] {
	case "Product Added":
		m.add(moved)
	case "Product Removed":
		m.each(moved, func(name string, quantity int, counted bool) {
			if m.lines[name] -= quantity; !counted || m.lines[name] <= 0 {
				delete(m.lines, name)
			}
		})
	case "Product Quantity Updated":
		m.each(moved, func(name string, quantity int, counted bool) {
			m.known = m.known && counted && named(moved, name)
			if m.lines[name] = quantity; quantity == 0 {
				delete(m.lines, name)
			}
		})
	}
	m.known = m.known && len(m.lines) <= modelLines && len(moved) <= modelLines
	if !m.known {
		m.lines = map[string]int{}
	}
}

func (m *model) add(moved []any) {
	for _, item := range moved {
		name, quantity, counted := modelLine(item)
		if !counted {
			quantity = 1
		}
		if quantity > 0 {
			m.lines[name] += quantity
		}
	}
}

// each calls change for the lines of the given products. A product that is not in the cart makes the
// cart unknown.
func (m *model) each(moved []any, change func(name string, quantity int, counted bool)) {
	for _, item := range moved {
		name, quantity, counted := modelLine(item)
		if m.lines[name] == 0 && m.lines[name+" red"] > 0 {
			name += " red" // the only variant
		}
		if m.lines[name] == 0 {
			m.known = false
			return
		}
		change(name, quantity, counted)
	}
}

// named tells whether one of the products has this name.
func named(moved []any, name string) bool {
	return slices.ContainsFunc(moved, func(item any) bool {
		itemName, _, _ := modelLine(item)
		return itemName == name
	})
}

func modelLine(item any) (name string, quantity int, counted bool) {
	product := item.(map[string]any)
	variant, _ := product["variant"].(string)
	quantity, counted = product["quantity"].(int)
	return strings.TrimSpace(product["sku"].(string) + " " + variant), quantity, counted
}

// randomEvent returns an event of one consumer. The products of a whole cart are all different.
func randomEvent(random *rand.Rand, consumer string, number int) map[string]any {
	names := []string{
		"Product Added", "Product Added", "Product Added", "Product Added", "Product Removed", "Product Removed",
		"Product Quantity Updated", "Cart Viewed", "Cart Updated", "Cart Cleared", "Order Completed",
	}
	name := names[random.IntN(len(names))]
	products := []any{}
	for _, i := range random.Perm(7)[:1+random.IntN(2)*random.IntN(6)] {
		product := map[string]any{"sku": fmt.Sprint("S", i/2), "price": i + 1}
		if i%2 == 1 {
			product["variant"] = "red" // S1 and S1 red are different lines with different prices
		}
		if random.IntN(5) > 0 {
			product["quantity"] = random.IntN(4)
		}
		if strings.HasPrefix(name, "Cart ") {
			product["quantity"] = 1 + random.IntN(4)
		}
		products = append(products, product)
	}
	properties := map[string]any{"products": products}
	if name == "Cart Cleared" || name == "Cart Updated" && random.IntN(4) == 0 {
		properties = map[string]any{}
	}
	at := time.Date(2026, 3, 14, 0, 0, number, 0, time.UTC).Format(time.RFC3339)
	return map[string]any{"event": name, "anonymousId": consumer, "messageId": fmt.Sprint(number), "timestamp": at, "properties": properties}
}

// The test sends random events of three consumers. Some events come twice. At the end all events
// come once more, as if the file of a day was read again.
func TestCartsAreWhatTheModelSays(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 0))
			p := newTestProcessor(t, service.MockResources(service.MockResourcesOptAddCache("carts")),
				fmt.Sprintf("{max_lines: %d, cache: %q}", modelLines, []string{"", "carts"}[seed%2]))
			models := map[string]*model{"a": {}, "b": {}, "c": {}}
			sent := map[string][]map[string]any{}
			full := 0
			for number := range 400 {
				consumer := string("abc"[random.IntN(3)])
				before := sent[consumer]
				var event map[string]any
				if len(before) > 0 && random.IntN(4) == 0 {
					event = before[random.IntN(len(before))]
				} else {
					event = randomEvent(random, consumer, number)
					models[consumer].apply(event)
					sent[consumer] = append(before, event)
				}
				full += checkAgainst(t, p, event, models[consumer])
			}
			assert.Greater(t, full, 20, "carts that were known")
			for consumer, events := range sent {
				for _, event := range events {
					checkAgainst(t, p, event, models[consumer])
				}
			}
		})
	}
}

// checkAgainst returns the number of full carts in the result: 0 or 1.
func checkAgainst(t *testing.T, p *processor, event map[string]any, m *model) int {
	t.Helper()
	content, err := json.Marshal(event)
	require.NoError(t, err)
	got := send(t, p, string(content))
	moves := strings.HasPrefix(event["event"].(string), "Product")
	if !moves || !m.known {
		left, err := json.Marshal(got)
		require.NoError(t, err)
		require.JSONEq(t, string(content), string(left), "leaves as it came")
		return 0
	}
	want := []string{}
	for _, name := range slices.Sorted(maps.Keys(m.lines)) {
		want = append(want, fmt.Sprintf("%s×%d", name, m.lines[name]))
	}
	have := lines(t, got)
	require.ElementsMatch(t, want, have, "after %s", content)
	return 1
}
