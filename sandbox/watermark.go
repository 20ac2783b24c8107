package sandbox

import (
	"cmp"
	"encoding/json"
	"math/big"
	"strconv"
	"strings"
)

// watermark follows whether a member's values ever fall.
type watermark struct {
	path  []string // nil: nothing is followed
	value any
	id    int // of the call with the highest value
}

func newWatermark(path string) *watermark {
	if path == "" {
		return &watermark{}
	}
	return &watermark{path: strings.Split(path, ".")}
}

// rises tells whether a call's value is no lower than all before it, and if not, which
// call has a higher one. Calls without the member are passed over.
func (m *watermark) rises(id int, body any) (before int, ok bool) {
	if m.path == nil {
		return 0, true
	}
	value := memberAt(body, m.path)
	if value == nil {
		return 0, true
	}
	if m.value != nil && compareValues(value, m.value) < 0 {
		return m.id, false
	}
	m.value, m.id = value, id
	return 0, true
}

// memberAt follows names of members and numbers of items.
func memberAt(value any, path []string) any {
	for _, step := range path {
		switch v := value.(type) {
		case map[string]any:
			value = v[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(v) {
				return nil
			}
			value = v[i]
		default:
			return nil
		}
	}
	return value
}

// compareValues compares numbers, also as text, by size and all else as text.
func compareValues(a, b any) int {
	if x, ok := asNumber(a); ok {
		if y, ok := asNumber(b); ok {
			return x.Cmp(y)
		}
	}
	return cmp.Compare(asText(a), asText(b))
}

func asNumber(value any) (*big.Rat, bool) {
	if len(asText(value)) > 40 { // 1e999999999 would take the machine's memory
		return nil, false
	}
	return new(big.Rat).SetString(asText(value))
}

func asText(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	text, _ := json.Marshal(value)
	return string(text)
}
