package cart

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestQuantity(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		value any
		want  string
		err   error
	}{
		{name: "whole", value: json.Number("3"), want: "3"},
		{name: "none", value: json.Number("0"), want: "0"},
		{name: "whole float", value: 2.0, want: "2"},
		{name: "integer", value: int64(7), want: "7"},
		{name: "fraction", value: json.Number("0.250"), want: "0.25"},
		{name: "small fraction", value: json.Number("1.000001"), want: "1.000001"},
		{name: "exponent", value: json.Number("1e2"), want: "100"},
		{name: "text", value: " 1.5 ", want: "1.5"},
		{name: "largest", value: json.Number("2147483647"), want: "2147483647"},
		{name: "next to nothing", value: json.Number("1e-999999999"), want: "0"},
		{name: "negative", value: json.Number("-1"), err: errNegative},
		{name: "too large", value: json.Number("2147483648"), err: errTooLarge},
		{name: "far too large", value: json.Number("1e999"), err: errTooLarge},
		{name: "not a number", value: math.NaN(), err: errTooLarge},
		{name: "infinite", value: math.Inf(1), err: errTooLarge},
		{name: "decimal comma", value: "1,5", err: errNoNumber},
		{name: "exponent in text", value: "1e2", err: errNoNumber},
		{name: "word", value: "two", err: errNoNumber},
		{name: "bool", value: true, err: errNoNumber},
		{name: "list", value: []any{}, err: errNoNumber},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := asQuantity(test.value)
			require.ErrorIs(t, err, test.err)
			if test.err != nil {
				return
			}
			assert.Equal(t, test.want, got.String())

			written, err := json.Marshal(got)
			require.NoError(t, err)
			var read quantity
			require.NoError(t, json.Unmarshal(written, &read))
			assert.Equal(t, got, read)
		})
	}
}

func TestQuantitiesAddUpExactly(t *testing.T) {
	t.Parallel()
	var sum quantity
	for range 10 {
		tenth, err := asQuantity(json.Number("0.1"))
		require.NoError(t, err)
		sum += tenth
	}
	assert.Equal(t, "1", sum.String())
}

func FuzzQuantity(f *testing.F) {
	for _, text := range []string{"1", "0.000001", "2147483647.999999", "1e-7", "-0"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := asQuantity(json.Number(text))
		if err != nil {
			return
		}
		require.GreaterOrEqual(t, q, quantity(0))
		require.True(t, json.Valid([]byte(q.String())), q.String())
		again, err := asQuantity(json.Number(q.String()))
		if q <= maxQuantity {
			require.NoError(t, err)
			require.Equal(t, q, again)
		}
	})
}
