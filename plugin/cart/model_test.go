package cart

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const modelLines = 4

// model is the expected cart: the quantity of each product.
type model struct {
	known bool
	lines map[string]int
}

func (m *model) apply(event map[string]any) {
	moved := event["properties"].(map[string]any)["products"].([]any)
	switch event["event"] {
	case "Order Completed":
		m.known, m.lines = true, map[string]int{}
		return
	case "Cart Viewed":
		m.known, m.lines = len(moved) <= modelLines, map[string]int{}
		m.add(moved)
	case "Product Added":
		if m.lines == nil {
			m.known, m.lines = true, map[string]int{}
		}
		m.add(moved)
	case "Product Removed":
		m.remove(moved)
	}
	m.known = m.known && len(m.lines) <= modelLines && len(moved) <= modelLines
}

func (m *model) add(moved []any) {
	for _, item := range moved {
		product := item.(map[string]any)
		quantity, counted := product["quantity"].(int)
		if !counted {
			quantity = 1
		}
		if quantity > 0 {
			m.lines[product["sku"].(string)] += quantity
		}
	}
}

func (m *model) remove(moved []any) {
	for _, item := range moved {
		product := item.(map[string]any)
		sku := product["sku"].(string)
		if m.lines[sku] == 0 {
			m.known, m.lines = false, map[string]int{}
			return
		}
		quantity, counted := product["quantity"].(int)
		if m.lines[sku] -= quantity; !counted || m.lines[sku] <= 0 {
			delete(m.lines, sku)
		}
	}
}

// randomEvent returns an event of one consumer. The products of a whole cart are all different.
func randomEvent(random *rand.Rand, consumer string, number int) map[string]any {
	names := []string{"Product Added", "Product Added", "Product Added", "Product Removed", "Product Removed", "Cart Viewed", "Order Completed"}
	name := names[random.IntN(len(names))]
	products := []any{}
	for _, i := range random.Perm(7)[:1+random.IntN(2)*random.IntN(6)] {
		product := map[string]any{"sku": fmt.Sprint("S", i)}
		if random.IntN(3) > 0 {
			product["quantity"] = random.IntN(4)
		}
		if name == "Cart Viewed" {
			product["quantity"] = 1 + random.IntN(4)
		}
		products = append(products, product)
	}
	return map[string]any{
		"event": name, "anonymousId": consumer, "messageId": fmt.Sprint(number),
		"properties": map[string]any{"products": products},
	}
}

// The test sends random events of three consumers. Some events come twice.
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
					event = before[max(0, len(before)-1-random.IntN(maxApplied))]
				} else {
					event = randomEvent(random, consumer, number)
					models[consumer].apply(event)
					sent[consumer] = append(before, event)
				}
				full += checkAgainst(t, p, event, models[consumer])
			}
			assert.Greater(t, full, 50, "carts that were known")
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
	for _, sku := range slices.Sorted(maps.Keys(m.lines)) {
		want = append(want, fmt.Sprintf("%s×%d", sku, m.lines[sku]))
	}
	have := lines(t, got)
	slices.Sort(have)
	require.Equal(t, want, have, "after %s", content)
	return 1
}
