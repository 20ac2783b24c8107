package cart

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAFullCartLeaves(t *testing.T) {
	t.Parallel()
	p := newTestProcessor(t, service.MockResources(), "")
	send(t, p, `{"event":"Product Added","anonymousId":"a","messageId":"1","properties":{"sku":"A","price":9.50,"currency":"eur","quantity":2}}`)

	event := service.NewMessage([]byte(`{"type":"track","event":"add_to_cart","anonymousId":"a","userId":"u","messageId":"2","timestamp":"2026-02-25T14:41:00Z",
		"properties":{"cartId":"c-1","value":4,"items":[{"item_id":"B","item_name":"Mug","price":"4.00","item_brand":"Acme"}]},"context":{"page":{"url":"https://shop.example.com/"}}}`))
	event.MetaSet("topic", "events")
	batch, err := p.Process(t.Context(), event)
	require.NoError(t, err)
	require.Len(t, batch, 1)
	content, err := batch[0].AsBytes()
	require.NoError(t, err)
	assert.JSONEq(t, `{"type":"track","event":"Cart Viewed","anonymousId":"a","userId":"u","messageId":"2","timestamp":"2026-02-25T14:41:00Z",
		"properties":{"cart_id":"c-1","currency":"EUR","products":[{"sku":"A","price":9.50,"currency":"eur","quantity":2},{"item_id":"B","item_name":"Mug","price":"4.00","quantity":1}]},
		"context":{"page":{"url":"https://shop.example.com/"}}}`, string(content))
	assert.Contains(t, string(content), "9.50", "prices keep their digits")
	topic, _ := batch[0].MetaGet("topic")
	assert.Equal(t, "events", topic)

	before, err := event.AsStructured()
	require.NoError(t, err)
	assert.Equal(t, "add_to_cart", before.(map[string]any)["event"], "the event that came is left alone")
}

// Each step is one event of one consumer, and the cart after it. The cart is nil if the event
// passes unchanged.
func TestCarts(t *testing.T) {
	t.Parallel()
	type step struct {
		event string // without its ids
		want  []string
	}
	added := func(properties string) string { return `"event":"Product Added","properties":{` + properties + `}` }
	removed := func(properties string) string { return `"event":"Product Removed","properties":{` + properties + `}` }
	tests := []struct {
		name, settings string
		steps          []step
	}{
		{name: "quantities add up", steps: []step{
			{added(`"sku":"A"`), []string{"A×1"}},
			{added(`"sku":"A","quantity":2`), []string{"A×3"}},
			{added(`"sku":"A","quantity":"0.5"`), []string{"A×3.5"}},
			{added(`"sku":"B","quantity":0`), []string{"A×3.5"}},
		}},
		{name: "a removal takes as much as it says", steps: []step{
			{added(`"sku":"A","quantity":3`), []string{"A×3"}},
			{removed(`"sku":"A","quantity":1`), []string{"A×2"}},
			{removed(`"sku":"A","quantity":0`), []string{"A×2"}},
			{removed(`"sku":"A","quantity":5`), []string{}},
			{added(`"sku":"A"`), []string{"A×1"}},
		}},
		{name: "a removal without a quantity takes the line", steps: []step{
			{added(`"sku":"A","quantity":3`), []string{"A×3"}},
			{added(`"sku":"B"`), []string{"A×3", "B×1"}},
			{removed(`"sku":"A","quantity":null`), []string{"B×1"}},
		}},
		{name: "several products in one event", steps: []step{
			{added(`"items":[{"sku":"A"},{"sku":"B","quantity":2},{"sku":"A"}]`), []string{"A×2", "B×2"}},
			{removed(`"products":[{"sku":"A","quantity":1},{"sku":"B"}],"items":[]`), []string{"A×1"}},
		}},
		{name: "the first id tells lines apart", steps: []step{
			{added(`"sku":"A","product_id":"P"`), []string{"A×1"}},
			{added(`"sku":"B","product_id":"P"`), []string{"A×1", "B×1"}},
			{added(`"sku":"","item_id":"A"`), []string{"A×2", "B×1"}},
		}},
		{name: "a stated cart takes the place of the lines", steps: []step{
			{added(`"sku":"A"`), []string{"A×1"}},
			{`"event":"Checkout Started","properties":{"products":[{"sku":"B","quantity":2}]}`, nil},
			{added(`"sku":"C"`), []string{"B×2", "C×1"}},
			{`"event":"begin_checkout","properties":{"items":[]}`, nil},
			{added(`"sku":"D"`), []string{"D×1"}},
		}},
		{name: "lines of one product in a stated cart stay apart", steps: []step{
			{`"event":"begin_checkout","properties":{"items":[{"sku":"A","quantity":2},{"sku":"A","price":0,"quantity":3}]}`, nil},
			{removed(`"sku":"A","quantity":4`), []string{"A×1"}},
			{added(`"sku":"B"`), []string{"A×1", "B×1"}},
			{removed(`"sku":"A"`), []string{"B×1"}},
		}},
		{name: "checkout without products changes nothing", steps: []step{
			{added(`"sku":"A"`), []string{"A×1"}},
			{`"event":"Checkout Started","properties":{"value":3,"products":null}`, []string{"A×1"}},
			{`"event":"Started Order"`, []string{"A×1"}},
			{added(`"sku":"B"`), []string{"A×1", "B×1"}},
		}},
		{name: "an order empties the cart", steps: []step{
			{added(`"sku":"A"`), []string{"A×1"}},
			{`"event":"purchase","properties":{"items":[{"sku":"A"}]}`, nil},
			{added(`"sku":"B"`), []string{"B×1"}},
		}},
		{name: "another cart id begins another cart", steps: []step{
			{added(`"sku":"A"`), []string{"A×1"}},
			{added(`"sku":"B","cart_id":"1"`), []string{"A×1", "B×1"}},
			{added(`"sku":"C","cartId":1`), []string{"A×1", "B×1", "C×1"}},
			{added(`"sku":"D","cart_id":"2"`), []string{"D×1"}},
			{added(`"sku":"E"`), []string{"D×1", "E×1"}},
			{removed(`"sku":"A","cart_id":"1"`), nil},
			{added(`"sku":"F"`), nil},
		}},
		{name: "a removal from nothing", steps: []step{
			{removed(`"sku":"A"`), nil},
			{added(`"sku":"B"`), nil},
			{`"event":"Order Completed"`, nil},
			{added(`"sku":"C"`), []string{"C×1"}},
		}},
		{name: "a removal of what is not remembered", steps: []step{
			{added(`"sku":"A"`), []string{"A×1"}},
			{removed(`"sku":"B"`), nil},
			{removed(`"sku":"A"`), nil},
			{`"event":"Checkout Started","properties":{"products":[{"sku":"C"}]}`, nil},
			{added(`"sku":"C"`), []string{"C×2"}},
		}},
		{name: "several currencies", steps: []step{
			{added(`"sku":"A","currency":"eur"`), []string{"A×1"}},
			{added(`"sku":"B","currency":"EUR"`), []string{"A×1", "B×1"}},
			{added(`"sku":"C"`), []string{"A×1", "B×1", "C×1"}},
			{added(`"sku":"D","currency":"USD"`), nil},
			{added(`"sku":"E","currency":"EUR"`), nil},
		}},
		{name: "another currency in an empty cart", steps: []step{
			{added(`"sku":"A","currency":"EUR"`), []string{"A×1"}},
			{removed(`"sku":"A"`), []string{}},
			{added(`"currency":"USD","items":[{"sku":"B","currency":"USD"}]`), []string{"B×1"}},
		}},
		{name: "more lines than are kept", settings: "max_lines: 2", steps: []step{
			{added(`"sku":"A"`), []string{"A×1"}},
			{added(`"sku":"B"`), []string{"A×1", "B×1"}},
			{added(`"sku":"C"`), nil},
			{removed(`"sku":"C"`), nil},
			{`"event":"Checkout Started","properties":{"products":[{"sku":"A"},{"sku":"B"},{"sku":"C"}]}`, nil},
			{removed(`"sku":"C"`), nil},
			{`"event":"Checkout Started","properties":{"products":[{"sku":"A"},{"sku":"B"}]}`, nil},
			{removed(`"sku":"B"`), []string{"A×1"}},
			{removed(`"items":[{"sku":"A","quantity":0},{"sku":"A","quantity":0},{"sku":"A","quantity":0}]`), nil},
		}},
		{name: "more of a line than there can be", steps: []step{
			{added(`"sku":"A","quantity":2147483647`), []string{"A×2.147483647e+09"}},
			{added(`"sku":"A","quantity":1`), nil},
		}},
		{name: "variants of one product", steps: []step{
			{added(`"sku":"A","variant":"red","price":10`), []string{"A red×1"}},
			{added(`"items":[{"item_id":"A","item_variant":"blue, printed","price":25}]`), []string{"A red×1", "A blue, printed×1"}},
			{added(`"sku":"A","variant":"red","price":"10.00"`), []string{"A red×2", "A blue, printed×1"}},
			{`"event":"Product Removed","properties":{"sku":"A","variant":"red","quantity":1}`, []string{"A red×1", "A blue, printed×1"}},
			{`"event":"Product Removed","properties":{"sku":"A","variant":"red"}`, []string{"A blue, printed×1"}},
			{`"event":"Product Removed","properties":{"sku":"A"}`, []string{}},
		}},
		{name: "a removal that may mean two variants", steps: []step{
			{added(`"sku":"A","variant":"red"`), []string{"A red×1"}},
			{added(`"sku":"A","variant":"blue"`), []string{"A red×1", "A blue×1"}},
			{`"event":"Product Removed","properties":{"sku":"A"}`, nil},
		}},
		{name: "another price for the same product", steps: []step{
			{added(`"sku":"A","price":10`), []string{"A×1"}},
			{added(`"sku":"A"`), []string{"A×2"}},
			{added(`"sku":"A","price":9`), nil},
			{added(`"sku":"B","price":9`), nil},
			{`"event":"Cart Emptied"`, nil},
			{added(`"sku":"A","price":9`), []string{"A×1"}},
			{`"event":"Product Quantity Updated","properties":{"sku":"A","price":8,"quantity":2}`, nil},
		}},
		{name: "a cart that is cleared", steps: []step{
			{added(`"sku":"A"`), []string{"A×1"}},
			{`"event":"Cart Cleared"`, nil},
			{added(`"sku":"B"`), []string{"B×1"}},
			{`"event":"cart_emptied","properties":{"products":[{"sku":"B"}]}`, nil},
			{added(`"sku":"C"`), []string{"C×1"}},
		}},
		{name: "a cart that is updated", steps: []step{
			{added(`"sku":"A"`), []string{"A×1"}},
			{`"event":"Cart Updated","properties":{"products":[]}`, nil},
			{added(`"sku":"B"`), []string{"B×1"}},
			{`"event":"Cart Updated","properties":{"products":[{"sku":"C","quantity":2}]}`, nil},
			{added(`"sku":"C"`), []string{"C×3"}},
			{`"event":"Cart Updated","properties":{"value":9}`, nil},
			{added(`"sku":"C"`), nil},
		}},
		{name: "quantities that are set", steps: []step{
			{added(`"sku":"A","price":2`), []string{"A×1"}},
			{added(`"sku":"B"`), []string{"A×1", "B×1"}},
			{`"event":"Product Quantity Updated","properties":{"sku":"A","quantity":5}`, []string{"A×5", "B×1"}},
			{`"event":"Product Quantity Updated","properties":{"products":[{"sku":"B","quantity":3},{"sku":"A","quantity":"4"}]}`, []string{"A×4", "B×3"}},
			{`"event":"Product Quantity Updated","properties":{"sku":"A","quantity":0}`, []string{"B×3"}},
			{`"event":"Product Quantity Updated","properties":{"sku":"B"}`, nil},
			{`"event":"Order Completed"`, nil},
			{`"event":"Product Quantity Updated","properties":{"sku":"B","quantity":1}`, nil},
			{added(`"sku":"A"`), nil},
		}},
		{name: "carts that are shown without their lines", steps: []step{
			{`"event":"Cart Viewed"`, nil},
			{added(`"sku":"A","quantity":2,"currency":"EUR"`), []string{"A×2"}},
			{`"event":"view_cart","properties":{"value":9}`, []string{"A×2"}},
			{`"event":"view_cart","properties":{"value":9,"currency":"usd"}`, nil},
			{`"event":"begin_checkout","properties":{"currency":"eur","items":""}`, []string{"A×2"}},
			{`"event":"Cart Viewed","properties":{"cart_id":"2"}`, []string{"A×2"}},
			{added(`"sku":"B","cart_id":"2"`), []string{"A×2", "B×1"}},
			{`"event":"Cart Viewed","properties":{"cart_id":"3"}`, nil},
			{`"event":"Product Removed","properties":{"sku":"C"}`, nil},
			{`"event":"Cart Viewed"`, nil},
		}},
		{name: "a stated cart that can't be read", steps: []step{
			{added(`"sku":"A"`), []string{"A×1"}},
			{`"event":"Checkout Started","properties":{"products":[{"sku":"A","price":"free"}]}`, nil},
			{added(`"sku":"A"`), nil},
			{`"event":"Order Completed"`, nil},
			{`"event":"Checkout Started","properties":{"products":"A"}`, nil},
			{added(`"sku":"A"`), nil},
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := newTestProcessor(t, service.MockResources(), test.settings)
			for i, step := range test.steps {
				event := fmt.Sprintf(`{"anonymousId":"a","messageId":"m%d",%s}`, i, step.event)
				got := send(t, p, event)
				if step.want == nil {
					left, err := json.Marshal(got)
					require.NoError(t, err)
					assert.JSONEq(t, event, string(left), "step %d leaves as it came", i)
					continue
				}
				assert.Equal(t, step.want, lines(t, got), "step %d: %s", i, step.event)
			}
		})
	}
}

func TestNewerFactsTakeThePlaceOfOlderOnes(t *testing.T) {
	t.Parallel()
	p := newTestProcessor(t, service.MockResources(), "")
	send(t, p, `{"event":"Product Added","anonymousId":"a","messageId":"1","properties":{"sku":"A","name":"Mug","price":4,"category":"Home","item_category2":"Kitchen","url":"https://shop.example.com/mug"}}`)
	got := send(t, p, `{"event":"add_to_cart","anonymousId":"a","messageId":"2","properties":{"items":[{"item_id":"A","unit_price":"4.00","item_category":"Sale"}]}}`)
	assert.Equal(t, []any{map[string]any{"item_id": "A", "name": "Mug", "unit_price": "4.00", "item_category": "Sale", "quantity": 2.0}},
		got["properties"].(map[string]any)["products"])
}

func TestOtherEventsLeaveAsTheyCame(t *testing.T) {
	t.Parallel()
	p := newTestProcessor(t, service.MockResources(), "")
	send(t, p, `{"event":"Product Added","anonymousId":"a","messageId":"1","properties":{"sku":"A"}}`)
	for _, content := range []string{
		`{"event":"Cart Viewed","anonymousId":"b","messageId":"2"}`,
		`{"event":"Cart Viewed","anonymousId":"a","messageId":"3","properties":{"products":"none"}}`,
		`{"event":"Cart Viewed","properties":{"products":[{"sku":"A"}]}}`,
		`{"event":"Cart Viewed","anonymousId":"a","properties":[]}`,
		`{"event":"Order Completed","anonymousId":"a","properties":{"revenue":"free"}}`,
		`{"event":"Order Completed"}`,
		`{"event":"Product Viewed","anonymousId":"a","properties":{"sku":"A"}}`,
		`{"event":"Product Added to Wishlist","anonymousId":"a","properties":{"sku":"A"}}`,
		`{"type":"page","name":"Product Added","event":"Product Added","anonymousId":"a"}`,
		`{"type":7,"event":"Product Added","anonymousId":"a"}`,
		`{"event":["Product Added"],"anonymousId":"a"}`,
		`{"anonymousId":"a"}`,
		`["Product Added"]`,
		`"Product Added"`,
		`null`,
		`{"event":"Product Added"`,
		``,
	} {
		batch, err := p.Process(t.Context(), service.NewMessage([]byte(content)))
		require.NoError(t, err, content)
		require.Len(t, batch, 1, content)
		got, err := batch[0].AsBytes()
		require.NoError(t, err)
		assert.Equal(t, content, string(got))
	}
}

func TestWhatHasFailedBeforeChangesNothing(t *testing.T) {
	t.Parallel()
	p := newTestProcessor(t, service.MockResources(), "")
	failed := service.NewMessage([]byte(`{"event":"Product Added","anonymousId":"c1","properties":{"sku":"A"}}`))
	failed.SetError(errors.New("context: expected an object"))

	batch, err := p.Process(t.Context(), failed)
	require.NoError(t, err)
	require.Len(t, batch, 1)
	assert.Same(t, failed, batch[0])
	assert.ErrorContains(t, batch[0].GetError(), "context")
	assert.Equal(t, []string{"B×1"}, lines(t, send(t, p, `{"event":"Product Added","anonymousId":"c1","properties":{"sku":"B"}}`)))
}

func TestNamesOfEvents(t *testing.T) {
	t.Parallel()
	tests := map[effect][]string{
		productAdded:   {"Product Added", "product_added", "productAdded", " PRODUCT-ADDED ", "Added Product", "Add to Cart", "add_to_cart", "Added to Cart", "Wishlist Product Added to Cart"},
		productRemoved: {"Product Removed", "Removed Product", "remove_from_cart", "Removed from Cart"},
		cartStated:     {"Cart Viewed", "view_cart", "Viewed Cart", "Checkout Started", "Started Order", "begin_checkout", "Started Checkout"},
		quantitySet:    {"Product Quantity Updated"},
		cartUpdated:    {"Cart Updated", "cart_updated"},
		cartEmptied:    {"Cart Cleared", "cart_emptied", "Order Completed", "Completed Order", "purchase", "transaction", "in_app_purchase", "policy_purchased", "Order Placed", "Placed Order"},
		noEffect:       {"", "Product Viewed", "Product Added to Wishlist", "Order Updated", "Order Refunded"},
	}
	for want, names := range tests {
		for _, name := range names {
			for _, event := range []map[string]any{
				{"event": name}, {"event": name, "type": "track"}, {"event": name, "type": "TRACK"}, {"event": name, "type": ""}, {"event": name, "type": nil},
			} {
				assert.Equal(t, want, effectOf(event, nil), "%q", name)
			}
		}
	}
}

func TestWhatIsWrongWithAnEvent(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, event, want string
	}{
		{name: "nobody's cart", event: `{"event":"Product Added","properties":{"sku":"hunter2"}}`, want: "does not say whose cart it is: anonymousId"},
		{name: "no properties", event: `{"event":"Product Added","anonymousId":"a"}`, want: "properties: expected an object"},
		{name: "properties in text", event: `{"event":"Product Added","anonymousId":"a","properties":"hunter2"}`, want: "properties: expected an object"},
		{name: "no product", event: `{"event":"Product Removed","anonymousId":"a","properties":{"price":3}}`, want: "properties.sku: is missing"},
		{name: "no product in a list", event: `{"event":"Product Added","anonymousId":"a","properties":{"items":[{"sku":"A"},{"quantity":2}]}}`, want: "properties.items[1].sku: is missing"},
		{name: "an empty list", event: `{"event":"Product Added","anonymousId":"a","properties":{"sku":"A","products":[]}}`, want: "properties.products: lists no product"},
		{name: "no list", event: `{"event":"Product Added","anonymousId":"a","properties":{"products":"A"}}`, want: "properties.products: expected an array"},
		{name: "nothing but null in a list", event: `{"event":"Product Added","anonymousId":"a","properties":{"products":[null]}}`, want: "properties.products: lists no product"},
		{name: "a list of text", event: `{"event":"Product Added","anonymousId":"a","properties":{"items":["hunter2"]}}`, want: "properties.items[0]: expected an object"},
		{name: "price", event: `{"event":"Product Added","anonymousId":"a","properties":{"sku":"A","price":"hunter2"}}`, want: "properties.price: expected a number"},
		{name: "unit price in a list", event: `{"event":"Product Added","anonymousId":"a","properties":{"items":[{"sku":"A","unit_price":[]}]}}`, want: "properties.items[0].unit_price: expected a number"},
		{name: "quantity", event: `{"event":"Product Added","anonymousId":"a","properties":{"sku":"A","quantity":"hunter2"}}`, want: "properties.quantity: expected a number"},
		{name: "negative quantity", event: `{"event":"Product Removed","anonymousId":"a","properties":{"sku":"A","quantity":-1}}`, want: "properties.quantity: must not be negative"},
		{name: "huge quantity", event: `{"event":"Product Added","anonymousId":"a","properties":{"sku":"A","quantity":1e30}}`, want: "properties.quantity: the number is too large"},
		{name: "name", event: `{"event":"Product Added","anonymousId":"a","properties":{"sku":"A","name":{"en":"hunter2"}}}`, want: "properties.name: expected text"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := newTestProcessor(t, service.MockResources(), "")
			batch, err := p.Process(t.Context(), service.NewMessage([]byte(test.event)))
			require.ErrorContains(t, err, test.want)
			assert.NotContains(t, err.Error(), "hunter2")
			assert.Empty(t, batch)

			send(t, p, `{"event":"Checkout Started","anonymousId":"a","properties":{"products":[]}}`)
			assert.Equal(t, []string{"B×1"}, lines(t, send(t, p, `{"event":"Product Added","anonymousId":"a","properties":{"sku":"B"}}`)), "it has left nothing behind")
		})
	}
}

func TestWhoseCart(t *testing.T) {
	t.Parallel()
	const added = `{"event":"Product Added",%s}`
	tests := []struct {
		name, settings, first, second string
		same                          bool
	}{
		{name: "one consumer in two spellings", first: `"anonymousId":"a","properties":{"sku":"A"}`, second: `"anonymous_id":"a","userId":"u","properties":{"sku":"A"}`, same: true},
		{name: "an id that is a number", first: `"anonymousId":7,"properties":{"sku":"A"}`, second: `"anonymousId":"7","properties":{"sku":"A"}`, same: true},
		{name: "two consumers", first: `"anonymousId":"a","properties":{"sku":"A"}`, second: `"anonymousId":"b","properties":{"sku":"A"}`},
		{name: "a user", first: `"userId":"u","properties":{"sku":"A"}`, second: `"anonymousId":"","user_id":"u","properties":{"sku":"A"}`, same: true},
		{name: "a user of another's name", first: `"userId":"a","properties":{"sku":"A"}`, second: `"anonymousId":"a","properties":{"sku":"A"}`},
		{name: "a cart by itself", first: `"properties":{"sku":"A","cart_id":"c"}`, second: `"properties":{"sku":"A","cartId":"c"}`, same: true},
		{name: "a cart used by two", first: `"anonymousId":"a","properties":{"sku":"A","cart_id":"c"}`, second: `"anonymousId":"b","properties":{"sku":"A","cart_id":"c"}`},
		{name: "a cart used by two, by cart", settings: "key: cart_id", first: `"anonymousId":"a","properties":{"sku":"A","cart_id":"c"}`, second: `"anonymousId":"b","properties":{"sku":"A","cart_id":"c"}`, same: true},
		{name: "a consumer by cart", settings: "key: cart_id", first: `"anonymousId":"a","properties":{"sku":"A"}`, second: `"anonymousId":"a","properties":{"sku":"A"}`, same: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := newTestProcessor(t, service.MockResources(), test.settings)
			require.Equal(t, []string{"A×1"}, lines(t, send(t, p, fmt.Sprintf(added, `"messageId":"1",`+test.first))))
			want := []string{"A×1"}
			if test.same {
				want = []string{"A×2"}
			}
			assert.Equal(t, want, lines(t, send(t, p, fmt.Sprintf(added, `"messageId":"2",`+test.second))))
		})
	}
}

func TestARepeatedEventChangesNothing(t *testing.T) {
	t.Parallel()
	event := func(id, rest string) string { return fmt.Sprintf(`{"anonymousId":"a",%s%s}`, id, rest) }
	for name, ids := range map[string][2]string{
		"by message id":  {`"messageId":"1",`, `"message_id":"2",`},
		"by its content": {`"timestamp":"2026-02-25T14:41:00Z",`, `"timestamp":"2026-02-25T14:41:01Z",`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			memory := newFaulty()
			mgr, _ := built(t, memory)
			p := newTestProcessor(t, mgr, "cache: carts")
			first := event(ids[0], `"event":"Product Added","properties":{"sku":"A"}`)
			second := event(ids[1], `"event":"Product Added","properties":{"sku":"A"}`)
			assert.Equal(t, []string{"A×1"}, lines(t, send(t, p, first)))
			assert.Equal(t, []string{"A×1"}, lines(t, send(t, p, first)))
			assert.Equal(t, []string{"A×2"}, lines(t, send(t, p, second)))
			assert.Equal(t, []string{"A×2"}, lines(t, send(t, p, first)), "the cart as it is")

			order := event("", `"event":"Order Completed","properties":{"order_id":"o"}`)
			send(t, p, order)
			assert.Equal(t, []string{}, lines(t, send(t, p, first)), "also after an order")
			send(t, p, event("", `"event":"Product Added","properties":{"sku":"B"}`))
			send(t, p, order)
			assert.Equal(t, []string{"B×1"}, lines(t, send(t, p, first)), "nor does a repeated order")
			assert.Equal(t, 4, memory.sets, "what changes nothing is not written")
		})
	}
}

func TestTheCartIDOfAnOlderCartIsNotHandedOn(t *testing.T) {
	t.Parallel()
	p := newTestProcessor(t, service.MockResources(), "")
	first := `{"event":"Product Added","anonymousId":"a","messageId":"1","properties":{"sku":"A","cart_id":"1"}}`
	assert.Equal(t, "1", send(t, p, first)["properties"].(map[string]any)["cart_id"])
	send(t, p, `{"event":"Product Added","anonymousId":"a","messageId":"2","properties":{"sku":"B","cart_id":"2"}}`)
	assert.NotContains(t, send(t, p, first)["properties"], "cart_id")
}

func TestSoManyEventsAreKnownAgain(t *testing.T) {
	t.Parallel()
	p := newTestProcessor(t, service.MockResources(), "")
	event := func(i int) string {
		return fmt.Sprintf(`{"event":"Product Added","anonymousId":"a","messageId":"%d","properties":{"sku":"A"}}`, i)
	}
	for i := range maxApplied + 1 {
		send(t, p, event(i))
	}
	assert.Equal(t, []string{fmt.Sprint("A×", maxApplied+1)}, lines(t, send(t, p, event(1))), "the oldest that is known")
	assert.Nil(t, lines(t, send(t, p, event(0))), "one that is not any more: the cart is not known, rather than wrong")
	assert.Nil(t, lines(t, send(t, p, event(maxApplied+1))), "nothing tells whether this one is new")
	send(t, p, `{"event":"Cart Viewed","anonymousId":"a","messageId":"whole","properties":{"products":[{"sku":"A","quantity":7}]}}`)
	assert.Equal(t, []string{"A×7"}, lines(t, send(t, p, `{"event":"Cart Viewed","anonymousId":"a","messageId":"shown","properties":{}}`)))
	assert.Nil(t, lines(t, send(t, p, event(maxApplied+2))))
}

// Many events in a moment, as a load test sends them: their times don't tell which are new.
func TestEventsWhoseTimesStandStill(t *testing.T) {
	t.Parallel()
	p := newTestProcessor(t, service.MockResources(), "")
	add := func(id int, at string) []string {
		return lines(t, send(t, p, fmt.Sprintf(`{"event":"Product Added","anonymousId":"a","messageId":"%d","timestamp":%s,"properties":{"sku":"A"}}`, id, at)))
	}
	for i := range maxApplied + 1 {
		require.Equal(t, []string{fmt.Sprint("A×", i+1)}, add(i, `"2026-03-14 00:00:00"`))
	}
	assert.Equal(t, []string{fmt.Sprint("A×", maxApplied+2)}, add(-1, "1773446400001"), "a millisecond later")
	assert.Equal(t, []string{fmt.Sprint("A×", maxApplied+2)}, add(0, `"2026-03-14 00:00:00"`), "repeated")

	p = newTestProcessor(t, service.MockResources(), "")
	for i := range maxApplied + 1 {
		add(i, "1773446400000")
	}
	assert.Nil(t, add(-1, "1773446400000"))
}

// A consumer has two carts, such as in two shops of one company, and goes to and fro.
func TestAConsumerWithSeveralCarts(t *testing.T) {
	t.Parallel()
	add := func(p *processor, id int, cart, sku string) []string {
		return lines(t, send(t, p, fmt.Sprintf(`{"event":"Product Added","anonymousId":"a","messageId":"m-%d","properties":{"sku":%q,"cart_id":%q}}`, id, sku, cart)))
	}
	p := newTestProcessor(t, service.MockResources(), "")
	assert.Equal(t, []string{"A×1"}, add(p, 1, "one", "A"))
	assert.Equal(t, []string{"B×1"}, add(p, 2, "two", "B"))
	assert.Nil(t, add(p, 3, "one", "C"), "the cart has A as well")
	assert.Nil(t, add(p, 4, "two", "D"), "and this one has B")
	assert.Equal(t, []string{"E×1"}, add(p, 5, "three", "E"))
	send(t, p, `{"event":"Cart Viewed","anonymousId":"a","messageId":"v","properties":{"cart_id":"one","products":[{"sku":"A"},{"sku":"C"}]}}`)
	assert.Equal(t, []string{"A×1", "C×2"}, add(p, 6, "one", "C"), "an event has the whole cart")

	p = newTestProcessor(t, service.MockResources(), "key: cart_id")
	assert.Equal(t, []string{"A×1"}, add(p, 1, "one", "A"))
	assert.Equal(t, []string{"B×1"}, add(p, 2, "two", "B"))
	assert.Equal(t, []string{"A×1", "C×1"}, add(p, 3, "one", "C"), "each cart by itself")
}

// A cart has more events than are remembered. If the events have times, the cart does not change when
// they come again.
func TestADayOfOneCartCanBeReplayed(t *testing.T) {
	t.Parallel()
	p := newTestProcessor(t, service.MockResources(), "")
	day := time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC)
	const events = maxApplied + 200
	replay := func() (last []string) {
		for i := range events {
			at := day.Add(time.Duration(i) * 24 * time.Hour / events).Format(time.RFC3339)
			last = lines(t, send(t, p, fmt.Sprintf(`{"event":"Product Added","anonymousId":"a","messageId":"%d","timestamp":"%s","properties":{"sku":"A"}}`, i, at)))
		}
		return last
	}
	want := []string{fmt.Sprint("A×", events)}
	assert.Equal(t, want, replay())
	assert.Equal(t, want, replay())
	assert.Equal(t, []string{fmt.Sprint("A×", events+1)},
		lines(t, send(t, p, `{"event":"Product Added","anonymousId":"a","messageId":"new","timestamp":"2026-03-15T00:00:00Z","properties":{"sku":"A"}}`)))
}

// An event from the future does not make the events after it old.
func TestAWrongClockStopsNoCart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newTestProcessor(t, service.MockResources(), "")
		add := func(id string, at time.Time) []string {
			return lines(t, send(t, p, fmt.Sprintf(`{"event":"Product Added","anonymousId":"a","messageId":"%s","timestamp":"%s","properties":{"sku":"A"}}`, id, at.Format(time.RFC3339))))
		}
		add("future", time.Now().AddDate(50, 0, 0))
		for i := range maxApplied {
			add(fmt.Sprint(i), time.Now())
		}
		time.Sleep(time.Second)
		assert.Equal(t, []string{fmt.Sprint("A×", maxApplied+2)}, add("later", time.Now()))
	})
}

func TestCartsExpire(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string]string{"in this process": "ttl: 1h", "in a cache that keeps all": "{ttl: 1h, cache: carts}"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newTestProcessor(t, service.MockResources(service.MockResourcesOptAddCache("carts")), settings)
				add := func(id string) []string {
					return lines(t, send(t, p, fmt.Sprintf(`{"event":"Product Added","anonymousId":"a","messageId":"%s","properties":{"sku":"A"}}`, id)))
				}
				assert.Equal(t, []string{"A×1"}, add("1"))
				time.Sleep(time.Hour - time.Millisecond)
				assert.Equal(t, []string{"A×2"}, add("2"), "each change prolongs it")
				time.Sleep(time.Hour - time.Millisecond)
				assert.Equal(t, []string{"A×2"}, add("2"), "a repeated event does not")
				time.Sleep(time.Millisecond)
				assert.Equal(t, []string{"A×1"}, add("3"))
			})
		})
	}
}

func TestAFailingCacheFailsTheEvent(t *testing.T) {
	t.Parallel()
	memory := newFaulty()
	mgr, _ := built(t, memory)
	p := newTestProcessor(t, mgr, "cache: carts")
	events := []string{
		`{"event":"Product Added","anonymousId":"hunter2","properties":{"sku":"A"}}`,
		`{"event":"Checkout Started","anonymousId":"hunter2","properties":{"products":[{"sku":"A"},{"sku":"B"}]}}`,
		`{"event":"Order Completed","anonymousId":"hunter2"}`,
	}
	for _, fail := range []func(){func() { memory.failGet, memory.failSet = true, false }, func() { memory.failGet, memory.failSet = false, true }} {
		fail()
		for _, event := range events {
			batch, err := p.Process(t.Context(), service.NewMessage([]byte(event)))
			require.ErrorIs(t, err, errRefused)
			assert.Empty(t, batch)
		}
	}
	memory.failGet, memory.failSet = false, false
	assert.Equal(t, []string{"A×1"}, lines(t, send(t, p, events[0])), "what comes again is done then")
	assert.Zero(t, p.locks.Len())
}

func TestAFailingCacheIsNamedAndCounted(t *testing.T) {
	t.Parallel()
	memory := newFaulty()
	memory.failGet = true
	mgr, counted := built(t, memory)
	p := newTestProcessor(t, mgr, "cache: carts")
	_, err := p.Process(t.Context(), service.NewMessage([]byte(`{"event":"Product Added","anonymousId":"hunter2","properties":{"sku":"A"}}`)))
	require.EqualError(t, err, "the cart cache carts fails: connection refused")
	assert.Equal(t, int64(1), counted.of("liveperson_cart_errors"))
}

func TestWhatCannotBeReadIsNotKnown(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"", "not JSON", "[]", `{"lines":"none"}`, `{"lines":[{"product":{"sku":"B"},"quantity":-1}]}`} {
		t.Run(value, func(t *testing.T) {
			t.Parallel()
			memory := newFaulty()
			mgr, counted := built(t, memory)
			p := newTestProcessor(t, mgr, "cache: carts")
			send(t, p, `{"event":"Product Added","anonymousId":"a","messageId":"0","properties":{"sku":"B"}}`)
			for key := range memory.kept {
				memory.kept[key] = []byte(value)
			}
			assert.Nil(t, lines(t, send(t, p, `{"event":"Product Added","anonymousId":"a","messageId":"1","properties":{"sku":"A"}}`)))
			assert.Equal(t, int64(1), counted.of("liveperson_cart_errors"))
			assert.Equal(t, int64(1), counted.of("liveperson_cart_unknown"))

			send(t, p, `{"event":"Checkout Started","anonymousId":"a","messageId":"2","properties":{"products":[]}}`)
			assert.Equal(t, []string{"A×1"}, lines(t, send(t, p, `{"event":"Product Added","anonymousId":"a","messageId":"3","properties":{"sku":"A"}}`)))
			assert.Equal(t, int64(1), counted.of("liveperson_cart_errors"))
			assert.Equal(t, int64(1), counted.of("liveperson_cart_unknown"))
		})
	}
}

func TestIDsAreNotRemembered(t *testing.T) {
	t.Parallel()
	memory := newFaulty()
	mgr, _ := built(t, memory)
	p := newTestProcessor(t, mgr, "cache: carts")
	send(t, p, `{"event":"Product Added","anonymousId":"hunter2","userId":"hunter2","messageId":"hunter2","properties":{"sku":"A","cart_id":"hunter2","email":"hunter2"}}`)
	require.Len(t, memory.kept, 1)
	for key, value := range memory.kept {
		assert.Regexp(t, "^liveperson-cart-[0-9a-f]{32}$", key)
		assert.Contains(t, string(value), `"sku":"A"`)
		assert.NotContains(t, string(value), "hunter2")
	}
}

func TestChangesAtTheSameTime(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string]string{"in this process": "", "in a cache": "cache: carts"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mgr, _ := built(t, newFaulty())
			processors := []*processor{newTestProcessor(t, mgr, settings), newTestProcessor(t, mgr, settings)}
			if settings == "" {
				processors[1] = processors[0]
			}
			const workers, consumers, changes = 8, 3, 40
			var all sync.WaitGroup
			for w := range workers {
				all.Go(func() {
					for i := range changes {
						for c := range consumers {
							event := fmt.Sprintf(`{"event":"Product Added","anonymousId":"c-%d","messageId":"%d-%d","properties":{"sku":"A"}}`, c, w, i)
							_, err := processors[w%2].Process(t.Context(), service.NewMessage([]byte(event)))
							assert.NoError(t, err)
						}
					}
				})
			}
			all.Wait()
			for c := range consumers {
				last := fmt.Sprintf(`{"event":"Product Added","anonymousId":"c-%d","messageId":"last","properties":{"sku":"A"}}`, c)
				assert.Equal(t, []string{fmt.Sprintf("A×%d", workers*changes+1)}, lines(t, send(t, processors[0], last)))
			}
			assert.Zero(t, processors[0].locks.Len())
		})
	}
}

func BenchmarkAdded(b *testing.B) {
	p := newTestProcessor(b, service.MockResources(), "")
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		event := fmt.Appendf(nil, `{"type":"track","event":"Product Added","anonymousId":"a","messageId":"m-%d","properties":{"sku":"SKU-%d","name":"Widget","price":49.99,"currency":"USD"}}`, i, i%5)
		if _, err := p.Process(b.Context(), service.NewMessage(event)); err != nil {
			b.Fatal(err)
		}
	}
}

// The user's own names count before those of the preset. Case and punctuation make no difference.
func TestOwnNamesOfEvents(t *testing.T) {
	t.Parallel()
	p := newTestProcessor(t, service.MockResources(), "events: {Basket Filled: product_added, Line Dropped: product_removed, Amount Changed: quantity_updated, Bestellung!: order_completed, Product Added: ignored, Ticket Bought: lead}")
	about := func(name string, quantity int) string {
		return fmt.Sprintf(`{"event":%q,"anonymousId":"c-1","messageId":"%s-%d","properties":{"sku":"A","price":5,"quantity":%d}}`, name, name, quantity, quantity)
	}
	for _, step := range []struct {
		event string
		want  []string
	}{
		{about("basket_filled", 3), []string{"A×3"}},
		{about("Line Dropped", 1), []string{"A×2"}},
		{about("amount changed", 5), []string{"A×5"}},
		{about("Product Added", 9), nil},
		{about("Ticket Bought", 9), nil},
		{about("Add to Cart", 1), []string{"A×6"}},
		{about("Bestellung", 1), nil},
		{about("Basket Filled", 2), []string{"A×2"}},
	} {
		assert.Equal(t, step.want, lines(t, send(t, p, step.event)), step.event)
	}
}
