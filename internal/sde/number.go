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

// fitsLong tells whether a whole number fits 64 bits. It reads the digits, because a float can't
// tell the largest numbers from larger ones.
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

// bounds returns the allowed numbers in words.
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

// asFloat reads a number of any type that JSON decoders and mappings produce. fits is false if
// JSON or a double can't hold it.
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

// wrongType records that a value has the wrong type.
func (c *checker) wrongType(s *schema, value any) {
	message := "expected " + s.types.String() + ", got " + typeName(value)
	fix := "write it as " + s.types.String() + s.such()
	text, isText := value.(string)
	if isText && !c.aboutPerson && s.types&(kindNumber|kindInteger) != 0 {
		if shown, number, ok := amount(text); ok {
			message, fix = "expected "+s.types.String()+", got "+strconv.Quote(shown), "write "+number
		}
	}
	if s.otherType != "" {
		message += ": " + s.otherType
	}
	c.find(codeType, message, fix)
}

// Errors show an amount only if it is too short for a phone number: in bytes for a number with
// its country, in digits for a number without.
const (
	maxAmount       = 12
	maxAmountDigits = 9
)

// amount reads a text that was meant as a number. It may have a decimal comma or separators of
// thousands. shown is the part that errors may show.
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

// looksDialled tells whether a text is more likely a phone number within a country.
func looksDialled(text string) bool {
	count := 0
	for _, r := range text {
		if r >= '0' && r <= '9' {
			count++
		}
	}
	return count > maxAmountDigits || len(text) > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9'
}

// String returns the types in words.
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
