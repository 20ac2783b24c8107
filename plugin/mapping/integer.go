package mapping

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
)

var (
	errNegative  = errors.New("must not be negative")
	errNoInteger = errors.New("expected a whole number")
)

// maxExact is the smallest whole number n for which float64 can't hold n+1.
const maxExact = 1 << 53

// asInteger reads an id that is a number in LivePerson's APIs, with up to 19 digits. It refuses a
// float64 that may have been rounded, because a rounded id is another id.
func asInteger(value any) (any, error) {
	if text, ok := value.(string); ok {
		text = strings.TrimSpace(text)
		if !decimal.MatchString(text) {
			return nil, errors.New("expected a whole number, got text that is not one")
		}
		value = json.Number(text)
	}
	if digits, ok := value.(json.Number); ok {
		if whole, err := strconv.ParseInt(digits.String(), 10, 64); err == nil {
			value = whole
		}
	}
	if whole, ok := value.(int64); ok {
		if whole < 0 {
			return nil, errNegative
		}
		return whole, nil
	}
	number, err := asFloat(value)
	switch {
	case err != nil:
		return nil, err
	case number < 0:
		return nil, errNegative
	case number != math.Trunc(number):
		return nil, errNoInteger
	case number >= maxExact:
		return nil, errTooLarge
	}
	return int64(number), nil
}
