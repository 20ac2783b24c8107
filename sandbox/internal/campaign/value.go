package campaign

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// same compares a value with one from the file. It compares numbers, also those written as text, by their value. It compares
// other text without regard to case, as LivePerson does for customer status and type (Types of engagement attributes).
func same(value, wanted any) bool {
	if value == nil {
		return false
	}
	if a, ok := asNumber(value); ok {
		if b, ok := asNumber(wanted); ok {
			return a == b
		}
	}
	return strings.EqualFold(fmt.Sprint(value), fmt.Sprint(wanted))
}

// asNumber reads a number, which some senders write as text.
func asNumber(value any) (float64, bool) {
	number, err := strconv.ParseFloat(fmt.Sprint(value), 64)
	return number, err == nil && !math.IsNaN(number) && !math.IsInf(number, 0)
}
