package mapping

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// variants replaces each member of a value in turn, at any depth, and passes the changed value to
// place.
func variants(value any, replacements []any, place func(any)) {
	switch v := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			inner := v[name]
			for _, replacement := range replacements {
				place(with(v, name, replacement))
			}
			variants(inner, replacements, func(changed any) { place(with(v, name, changed)) })
		}
	case []any:
		for i, inner := range v {
			for _, replacement := range replacements {
				place(append(append(slices.Clone(v[:i]), replacement), v[i+1:]...))
			}
			variants(inner, replacements, func(changed any) { place(append(append(slices.Clone(v[:i]), changed), v[i+1:]...)) })
		}
	}
}

func with(object map[string]any, name string, value any) map[string]any {
	changed := maps.Clone(object)
	changed[name] = value
	return changed
}

// A member may be of any type. An adapter reads the rest of the event or returns an error, which
// does not repeat the value.
func TestAdaptersTakeMembersOfAnyType(t *testing.T) {
	t.Parallel()
	replacements := []any{"hunter2", []any{"hunter2"}, map[string]any{"hunter2": "hunter2"}, []any{map[string]any{"id": "hunter2"}}, json.Number("5"), true, nil, []any{}, ""}
	for i, bench := range adapterBenches {
		t.Run(fmt.Sprint(bench.source, i), func(t *testing.T) {
			t.Parallel()
			p := newAdapter(t, bench.source, "")
			var body any
			require.NoError(t, json.Unmarshal([]byte(bench.body), &body))
			variants(body, replacements, func(changed any) {
				content, err := json.Marshal(changed)
				require.NoError(t, err)
				msg := service.NewMessage(content)
				for name, value := range bench.meta {
					msg.MetaSetMut(name, value)
				}
				batch, err := p.Process(t.Context(), msg)
				for _, msg := range batch {
					if err == nil {
						err = msg.GetError()
					}
				}
				if err != nil {
					assert.NotContains(t, err.Error(), "hunter2", "%s", content)
					assert.False(t, strings.HasPrefix(err.Error(), "failed "), "%s: %s", err, content)
				}
			})
		})
	}
}
