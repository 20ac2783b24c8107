package cart

import (
	"fmt"
	"strings"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLocalMemoryIsBoundedInBytes(t *testing.T) {
	t.Parallel()
	l := newLocal()
	value := make([]byte, maxBytes)
	const fit = localBytes / maxBytes
	for i := range fit + 100 {
		require.NoError(t, l.set(t.Context(), fmt.Sprint(i), value))
	}
	require.NoError(t, l.set(t.Context(), fmt.Sprint(fit), value), "again")
	assert.Equal(t, localBytes, l.bytes)
	assert.Equal(t, fit, l.cache.Len())

	_, err := l.get(t.Context(), "100")
	require.NoError(t, err)
	require.NoError(t, l.set(t.Context(), "one more", value))
	gone, err := l.get(t.Context(), "100")
	require.NoError(t, err)
	assert.Nil(t, gone, "those changed longest ago go first, also if read since")
	kept, err := l.get(t.Context(), "101")
	require.NoError(t, err)
	assert.Len(t, kept, maxBytes)
}

func TestLocalMemoryIsBoundedInNumber(t *testing.T) {
	t.Parallel()
	l := newLocal()
	for i := range localCarts + 1000 {
		require.NoError(t, l.set(t.Context(), fmt.Sprint(i), []byte("12345")))
	}
	assert.Equal(t, localCarts, l.cache.Len())
	assert.Equal(t, 5*localCarts, l.bytes)
}

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
			p := newTestProcessor(t, service.MockResources(), "")
			add := func(properties string) []string {
				return lines(t, send(t, p, fmt.Sprintf(`{"event":"Product Added","anonymousId":"a","properties":{%s}}`, properties)))
			}
			require.Equal(t, []string{"B×1"}, add(`"sku":"B"`))
			assert.Nil(t, add(properties), "a cart that is too large is not known")
			assert.Nil(t, add(`"sku":"C"`))
			assert.Less(t, p.backend.(*local).bytes, 300)
		})
	}

	p := newTestProcessor(t, service.MockResources(), "")
	for i := range 3 * maxApplied {
		send(t, p, fmt.Sprintf(`{"event":"Product Added","anonymousId":"a%s","messageId":"%d%s","properties":{"sku":"A","cart_id":"%s","url":"%s"}}`, long, i, long, long, long))
	}
	assert.Less(t, p.backend.(*local).bytes, 2000, "ids are remembered as digests, and the rest not at all")
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"id":"0a","currency":"EUR","lines":[{"product":{"sku":"A","price":9.50},"quantity":2}],"applied":["0b"],"changed":1772030000000}`))
	f.Add([]byte(`{"lines":[{"product":null,"quantity":1}],"unknown":true}`))
	f.Fuzz(func(t *testing.T, value []byte) {
		c, err := decode(value)
		if err != nil {
			return
		}
		c.apply(change{effect: productAdded, event: "e", lines: []line{{Product: map[string]any{"sku": "A"}, Quantity: one}}}, 100)
		c.apply(change{effect: productRemoved, event: "f", lines: []line{{Product: map[string]any{"sku": "A"}, Quantity: one}}}, 100)
		_, err = c.encode()
		require.NoError(t, err)
	})
}
