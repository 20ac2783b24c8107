package cart

import (
	"encoding/json"
	"errors"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// quantity counts in millionths, so that quantities by weight add up exactly.
type quantity int64

const one quantity = 1_000_000

// maxQuantity is the largest quantity that the presets accept.
const maxQuantity = math.MaxInt32 * one

var (
	errNoNumber = errors.New("expected a number, or a number as text such as 12.90, without currency sign, thousands separator or decimal comma")
	errTooLarge = errors.New("the number is too large")
	errNegative = errors.New("must not be negative")
)

// decimal matches a number that is written as text, without exponent and thousands
// separator.
var decimal = regexp.MustCompile(`^-?([0-9]+\.?[0-9]*|\.[0-9]+)$`)

// asNumber reads a number. It accepts the same values as the presets.
func asNumber(value any) (float64, error) {
	switch v := value.(type) {
	case float64:
		return v, nil
	case int64:
		return float64(v), nil
	case json.Number:
		return parseNumber(v.String())
	case string:
		if text := strings.TrimSpace(v); decimal.MatchString(text) {
			return parseNumber(text)
		}
	}
	return 0, errNoNumber
}

func parseNumber(text string) (float64, error) {
	number, err := strconv.ParseFloat(text, 64)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return 0, errTooLarge
	case err != nil:
		return 0, errNoNumber
	}
	return number, nil
}

func asQuantity(value any) (quantity, error) {
	number, err := asNumber(value)
	switch {
	case err != nil:
		return 0, err
	case number < 0:
		return 0, errNegative
	case !(number <= math.MaxInt32): // also true for NaN
		return 0, errTooLarge
	}
	return quantity(math.Round(number * float64(one))), nil
}

// String writes a quantity as JSON writes a number.
func (q quantity) String() string {
	text := strconv.FormatInt(int64(q/one), 10)
	if rest := int64(q % one); rest != 0 {
		text += strings.TrimRight("."+strconv.FormatInt(int64(one)+rest, 10)[1:], "0")
	}
	return text
}

func (q quantity) MarshalJSON() ([]byte, error) { return []byte(q.String()), nil }

func (q *quantity) UnmarshalJSON(text []byte) (err error) {
	*q, err = asQuantity(json.Number(text))
	return err
}
