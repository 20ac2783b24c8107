package events_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/benthos-liveperson/benthos-liveperson/internal/events"
)

func TestLines(t *testing.T) {
	t.Parallel()
	a, b := map[string]any{"sku": "A"}, map[string]any{"sku": "B"}
	for name, test := range map[string]struct {
		value any
		want  []any
		ok    bool
	}{
		"a list":                  {[]any{a, nil, b}, []any{a, nil, b}, true},
		"an empty list":           {[]any{}, []any{}, true},
		"one product":             {a, []any{a}, true},
		"indexes":                 {map[string]any{"10": b, "2": a}, []any{a, b}, true},
		"indexes as sizes":        {map[string]any{"01": a}, []any{map[string]any{"01": a}}, true},
		"names beside an index":   {map[string]any{"0": a, "sku": "C"}, []any{map[string]any{"0": a, "sku": "C"}}, true},
		"text":                    {"A", nil, false},
		"a number":                {5, nil, false},
		"nothing":                 {nil, nil, false},
		"an object without names": {map[string]any{}, []any{}, true},
	} {
		got, ok := events.Lines(test.value)
		assert.Equal(t, test.ok, ok, name)
		assert.ElementsMatch(t, test.want, got, name)
		if len(got) == 2 && len(test.want) == 2 {
			assert.Equal(t, test.want, got, name)
		}
	}
	for _, nothing := range []any{nil, "", []any{}, map[string]any{}} {
		assert.True(t, events.IsNoLine(nothing), "%v", nothing)
	}
	for _, line := range []any{a, "A", 0, false, []any{nil}} {
		assert.False(t, events.IsNoLine(line), "%v", line)
	}
}
