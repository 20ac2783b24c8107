package control

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/jsonbody"
)

// maxPath is the longest path of a member, in bytes.
const maxPath = 1000

// memberPath is the path of a member in a body: names of members and numbers of items, with dots
// between them.
type memberPath string

func (p *memberPath) UnmarshalText(text []byte) error {
	if len(text) > maxPath {
		return fmt.Errorf("must have %d bytes at most, has %d", maxPath, len(text))
	}
	*p = memberPath(text)
	return nil
}

// orderCheck checks that the values of a member never fall from one call to the next.
type orderCheck struct {
	path    []string // nil: no check
	highest any
	id      int // the call with the highest value
}

func newOrderCheck(path memberPath) *orderCheck {
	if path == "" {
		return &orderCheck{}
	}
	return &orderCheck{path: strings.Split(string(path), ".")}
}

// check reports whether the value of a call is at least as high as all values before it. If the value is lower, before is
// the id of the call with the highest value. Calls without the member are skipped.
func (o *orderCheck) check(id int, body any) (before int, ok bool) {
	if o.path == nil {
		return 0, true
	}
	value := memberAt(body, o.path)
	if value == nil {
		return 0, true
	}
	if o.highest != nil && compareValues(value, o.highest) < 0 {
		return o.id, false
	}
	o.highest, o.id = value, id
	return 0, true
}

// memberAt returns the value at a path of names of members and numbers of items.
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

// compareValues compares numbers, also those written as text, by their value. It compares other values as text.
func compareValues(a, b any) int {
	if x, ok := jsonbody.Number(a); ok {
		if y, ok := jsonbody.Number(b); ok {
			return x.Cmp(y)
		}
	}
	return cmp.Compare(jsonbody.AsText(a), jsonbody.AsText(b))
}
