package sde

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// number checks a value that is neither text, bool, list nor object.
func (c *checker) number(s *schema, value any) {
	number, isNumber, fits := asFloat(value)
	if !isNumber {
		c.wrongType(s, value)
		return
	}
	switch {
	case s.types != 0 && s.types&(kindNumber|kindInteger) == 0:
		c.wrongType(s, value)
	case !fits:
		c.find(codeRange, "the number is too large, or none", "write a finite number"+s.such())
	case s.types != 0 && s.types&kindNumber == 0 && number != math.Trunc(number):
		c.find(codeType, "expected a whole number", "write it without a fraction"+s.such())
	case number < s.minimum || number > s.maximum:
		c.find(codeRange, fmt.Sprintf("expected a number %s", s.bounds()), "correct it"+s.such())
	case s.types != 0 && s.types&kindNumber == 0 && !fitsLong(value, number):
		c.find(codeRange, "the number is too large", "write a smaller number"+s.such())
	}
}

// fitsLong tells whether a whole number is one of 64 bits. As a float the largest ones
// can't be told from those beyond.
func fitsLong(value any, number float64) bool {
	if math.Abs(number) < 1<<63 {
		return true
	}
	digits, isText := value.(json.Number)
	if !isText {
		return false
	}
	_, err := digits.Int64()
	return err == nil
}

// bounds says in words which numbers are allowed.
func (s *schema) bounds() string {
	from, to := strconv.FormatFloat(s.minimum, 'f', -1, 64), strconv.FormatFloat(s.maximum, 'f', -1, 64)
	switch {
	case math.IsInf(s.maximum, 1):
		return "of at least " + from
	case math.IsInf(s.minimum, -1):
		return "of at most " + to
	}
	return "from " + from + " to " + to
}

// asFloat reads a number as JSON decoders and mappings give it; fits is false for one
// that JSON or a double can't hold.
func asFloat(value any) (number float64, isNumber, fits bool) {
	switch v := value.(type) {
	case json.Number:
		number, err := v.Float64()
		return number, true, err == nil && !math.IsInf(number, 0) && !math.IsNaN(number)
	case float64:
		return v, true, !math.IsInf(v, 0) && !math.IsNaN(v)
	case float32:
		return asFloat(float64(v))
	case int64:
		return float64(v), true, true
	case int:
		return float64(v), true, true
	case int32:
		return float64(v), true, true
	case uint64:
		return float64(v), true, true
	}
	return 0, false, false
}

// wrongType finds fault with the type of a value.
func (c *checker) wrongType(s *schema, value any) {
	message := "expected " + s.types.String() + ", got " + typeName(value)
	fix := "write it as " + s.types.String() + s.such()
	text, isText := value.(string)
	if isText && !c.aboutPerson && s.types&(kindNumber|kindInteger) != 0 {
		if shown, number, ok := amount(text); ok {
			message, fix = "expected "+s.types.String()+", got "+strconv.Quote(shown), "write "+number
		}
	}
	c.find(codeType, message, fix)
}

// What errors show as an amount is too short for a phone number: with its country, in
// bytes, and without, in digits.
const (
	maxAmount       = 12
	maxAmountDigits = 9
)

// amount reads text that was meant as a number. It has a decimal comma, separators of
// thousands or nothing unusual; shown is what of it errors may show.
func amount(text string) (shown, number string, ok bool) {
	text = strings.TrimSpace(text)
	if len(text) > maxAmount || text == "" {
		return "", "", false
	}
	for _, r := range strings.TrimPrefix(text, "-") {
		if (r < '0' || r > '9') && !strings.ContainsRune(".,' ", r) {
			return "", "", false
		}
	}
	digits := strings.ReplaceAll(strings.ReplaceAll(text, " ", ""), "'", "")
	if looksDialled(digits) {
		return "", "", false
	}
	comma, dot := strings.LastIndexByte(digits, ','), strings.LastIndexByte(digits, '.')
	switch {
	case dot < 0 && strings.Count(digits, ",") == 1 && len(digits)-comma == 4:
		return "", "", false // 1,234 is a thousand to some and one to others
	case comma > dot && strings.Count(digits, ",") == 1: // the comma is the decimal one
		digits = strings.ReplaceAll(digits[:comma], ".", "") + "." + digits[comma+1:]
	case comma >= 0:
		digits = strings.ReplaceAll(digits, ",", "")
	}
	value, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		return "", "", false
	}
	return text, strconv.FormatFloat(value, 'f', -1, 64), true
}

// looksDialled tells text that is rather a phone number within a country.
func looksDialled(text string) bool {
	count := 0
	for _, r := range text {
		if r >= '0' && r <= '9' {
			count++
		}
	}
	return count > maxAmountDigits || len(text) > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9'
}

// String names the types in words.
func (k kinds) String() string {
	switch {
	case k&kindNumber != 0:
		return "a number"
	case k&kindInteger != 0:
		return "a whole number"
	case k&kindText != 0:
		return "text"
	case k&kindArray != 0:
		return "a list"
	case k&kindObject != 0:
		return "an object"
	case k&kindBool != 0:
		return "true or false"
	}
	return "a JSON value"
}

func typeName(value any) string {
	switch value.(type) {
	case string:
		return "text"
	case bool:
		return "true or false"
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	}
	if _, isNumber, _ := asFloat(value); isNumber {
		return "a number"
	}
	return "something that JSON does not have"
}
