package campaign

import (
	"fmt"
	"math/big"
	"strings"
)

// maxNumber is how long a number may be, in characters: 1e999999999 would take the
// machine's memory.
const maxNumber = 40

// same compares a value with one of a file: numbers, also as text, by size, and text
// whatever its case, as LivePerson does with customer status and type ("Types of
// engagement attributes").
func same(value, wanted any) bool {
	if value == nil {
		return false
	}
	if a, ok := asNumber(value); ok {
		if b, ok := asNumber(wanted); ok {
			return a.Cmp(b) == 0
		}
	}
	return strings.EqualFold(fmt.Sprint(value), fmt.Sprint(wanted))
}

func asNumber(value any) (*big.Rat, bool) {
	text := fmt.Sprint(value)
	if len(text) > maxNumber {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}
