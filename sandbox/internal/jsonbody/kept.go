package jsonbody

import (
	"slices"
	"strconv"
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
)

// Kept returns the engagement attributes in a list of an accepted call, without the parts that the account dropped. body is
// the result of Of.
func Kept(call *journal.Entry, body map[string]any, list string) []map[string]any {
	items, _ := List(body, list)
	name := list
	if call.Endpoint == chaos.EndpointEngagementAttributes {
		name = "" // a bare list
	}
	kept := make([]map[string]any, 0, len(items))
	for i, item := range items {
		attribute, _ := item.(map[string]any)
		if len(call.Dropped) > 0 {
			attribute = without(attribute, name+"["+strconv.Itoa(i)+"]", call.Dropped)
			if attribute == nil {
				continue
			}
		}
		kept = append(kept, attribute)
	}
	return kept
}

// without removes the dropped parts from an attribute, which it changes. It returns nil if the whole attribute was
// dropped.
func without(attribute map[string]any, path string, dropped []journal.Dropped) map[string]any {
	for _, d := range slices.Backward(dropped) { // a later item of a list goes first, so that the indices fit
		rest, inside := strings.CutPrefix(d.Path, path)
		switch {
		case !inside || rest != "" && rest[0] != '.':
		case rest == "":
			return nil
		default:
			remove(attribute, stepsOf(rest[1:]))
		}
	}
	return attribute
}

// stepsOf splits a path such as products[0].product.name.
func stepsOf(path string) []string {
	return strings.Split(strings.NewReplacer("[", ".", "]", "").Replace(path), ".")
}

// remove removes the member or the item at the end of the steps, and returns the value without it.
func remove(value any, steps []string) any {
	switch v := value.(type) {
	case map[string]any:
		if len(steps) == 1 {
			delete(v, steps[0])
		} else if inner, has := v[steps[0]]; has {
			v[steps[0]] = remove(inner, steps[1:])
		}
	case []any:
		i, err := strconv.Atoi(steps[0])
		switch {
		case err != nil || i < 0 || i >= len(v):
		case len(steps) == 1:
			return slices.Delete(v, i, i+1)
		default:
			v[i] = remove(v[i], steps[1:])
		}
	}
	return value
}
