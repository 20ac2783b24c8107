package messaging

import (
	"iter"
	"slices"
)

// recent keeps a number of the latest values by key.
type recent[V any] struct {
	keep  int
	order []string // oldest first
	value map[string]V
}

func newRecent[V any](keep int) *recent[V] { return &recent[V]{keep: keep, value: map[string]V{}} }

func (r *recent[V]) get(key string) (V, bool) {
	v, ok := r.value[key]
	return v, ok
}

// put keeps a value. It forgets the oldest value if there are too many. A value with a known key replaces the former value
// and keeps its age.
func (r *recent[V]) put(key string, v V) {
	_, known := r.value[key]
	r.value[key] = v
	if known {
		return
	}
	r.order = append(r.order, key)
	if len(r.order) > r.keep {
		delete(r.value, r.order[0])
		r.order[0] = ""
		r.order = r.order[1:]
	}
}

// all returns the values, oldest first.
func (r *recent[V]) all() iter.Seq[V] {
	return func(yield func(V) bool) {
		for _, key := range slices.Clone(r.order) {
			if !yield(r.value[key]) {
				return
			}
		}
	}
}
