package events

import (
	"slices"
	"strconv"
)

// Lines returns the product lines that an event lists. Senders write one product as an object
// instead of a list, and PHP writes a list with gaps as an object of indexes. ok is false for
// anything else, such as text.
func Lines(value any) (lines []any, ok bool) {
	switch v := value.(type) {
	case []any:
		return v, true
	case map[string]any:
		if byIndex := linesByIndex(v); byIndex != nil {
			return byIndex, true
		}
		return []any{v}, true
	}
	return nil, false
}

// IsNoLine says whether an item of a list is nothing: null, empty text, or an empty object or
// list. Such an item is left out, because the other lines are still right.
func IsNoLine(item any) bool {
	switch v := item.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// linesByIndex returns the members of an object whose names are all indexes, in the order of
// the indexes. It returns nil for another object.
func linesByIndex(object map[string]any) []any {
	indexes := make([]int, 0, len(object))
	for name := range object {
		index, err := strconv.Atoi(name)
		if err != nil {
			return nil
		}
		indexes = append(indexes, index)
	}
	slices.Sort(indexes)
	lines := make([]any, 0, len(indexes))
	for _, index := range indexes {
		line, found := object[strconv.Itoa(index)]
		if !found { // such as 01
			return nil
		}
		lines = append(lines, line)
	}
	return lines
}
