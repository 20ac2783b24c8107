package cart

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhatIsRememberedIsBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", maxBytes)
	for name, properties := range map[string]string{
		"name":     `"sku":"A","name":"` + long + `"`,
		"sku":      `"sku":"` + long + `"`,
		"currency": `"sku":"A","currency":"` + long + `"`,
		"price":    `"sku":"A","price":1.` + strings.Repeat("0", maxBytes),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			memory := newFaulty()
			mgr, _ := built(t, memory)
			p := newTestProcessor(t, mgr, "cache: carts")
			add := func(properties string) []string {
				return lines(t, send(t, p, fmt.Sprintf(`{"event":"Product Added","anonymousId":"a","properties":{%s}}`, properties)))
			}
			require.Equal(t, []string{"B×1"}, add(`"sku":"B"`))
			assert.Nil(t, add(properties), "a cart that is too large is not known")
			assert.Nil(t, add(`"sku":"C"`))
			assert.Less(t, memory.bytes(), 300)
		})
	}

	memory := newFaulty()
	mgr, _ := built(t, memory)
	p := newTestProcessor(t, mgr, "cache: carts")
	long = long[:1000]
	for i := range maxApplied + 100 {
		send(t, p, fmt.Sprintf(`{"event":"Product Added","anonymousId":"a%s","messageId":"%d%s","properties":{"sku":"A","cart_id":"%s","url":"%s"}}`, long, i, long, long, long))
	}
	assert.Less(t, memory.bytes(), 33_000, "ids are remembered as digests, and the rest not at all")
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"id":"0a","currency":"EUR","lines":[{"product":{"sku":"A","price":9.50},"quantity":2}],"earlier":["0b"],"applied":{"seen":"AAAAAAAAAAAAAAAA","full":true,"older_ms":1772030000000},"changed":1772030000000}`))
	f.Add([]byte(`{"lines":[{"product":null,"quantity":1}],"unknown":true}`))
	f.Fuzz(func(t *testing.T, value []byte) {
		c, err := decode(value)
		if err != nil {
			return
		}
		c.apply(change{effect: productAdded, event: mark{digest: [digestBytes]byte{1}}, lines: []line{{Product: map[string]any{"sku": "A"}, Quantity: one}}}, 100)
		c.apply(change{effect: productRemoved, event: mark{digest: [digestBytes]byte{2}}, lines: []line{{Product: map[string]any{"sku": "A"}, Quantity: one}}}, 100)
		_, err = c.encode()
		require.NoError(t, err)
	})
}
