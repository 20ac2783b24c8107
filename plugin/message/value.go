package message

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// object reads an object that may have only these members. Errors name the allowed members
// and never repeat a value.
func object(name string, value any, members ...string) (map[string]any, error) {
	m, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%s: expected an object with %s", name, strings.Join(members, ", "))
	}
	for member := range m {
		if !slices.Contains(members, member) {
			return nil, fmt.Errorf("%s: has an unknown member: expected only %s", name, strings.Join(members, ", "))
		}
	}
	return m, nil
}

// optional reads a text. Null and a missing member are "".
func optional(name string, value any) (string, error) {
	if value == nil {
		return "", nil
	}
	text, ok := value.(string)
	if !ok {
		return "", fmt.Errorf("%s: expected a text", name)
	}
	return text, checkUTF8(name, text)
}

// id reads a text, or a number as its digits. Null and a missing member are "".
func id(name string, value any) (string, error) {
	switch n := value.(type) {
	case json.Number:
		if digits.MatchString(n.String()) {
			return n.String(), nil // a number of any length
		}
	case float64:
		if n == math.Trunc(n) && math.Abs(n) >= 1<<53 {
			return "", fmt.Errorf("%s: the number has lost digits before it came here: give it as a text", name)
		}
	}
	if n, ok := integer(value); ok {
		return strconv.FormatInt(n, 10), nil
	}
	return optional(name, value)
}

// digits matches a whole number that is written out. exponential matches the form in which Bloblang
// writes a large number as text.
var (
	digits      = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)
	exponential = regexp.MustCompile(`^-?[0-9](\.[0-9]+)?e\+[0-9]{2,3}$`)
)

// idOfText reads a text that may be a number in exponential form.
func idOfText(name, text string) (string, error) {
	if !exponential.MatchString(text) {
		return text, checkUTF8(name, text)
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return text, nil // not a number
	}
	return id(name, n)
}

// oneOf reads a text that must be one of the allowed ones. Case does not matter.
func oneOf[T ~string](name string, value any, allowed ...T) (T, error) {
	text, _ := value.(string)
	for _, option := range allowed {
		if strings.EqualFold(text, string(option)) {
			return option, nil
		}
	}
	names := make([]string, len(allowed))
	for i, option := range allowed {
		names[i] = string(option)
	}
	return "", fmt.Errorf("%s: expected one of %s", name, strings.Join(names, ", "))
}

// integer reads a whole number.
func integer(value any) (int64, bool) {
	switch n := value.(type) {
	case json.Number:
		if whole, err := n.Int64(); err == nil {
			return whole, true
		}
		f, err := n.Float64() // such as 5.0
		return int64(f), err == nil && f == math.Trunc(f) && math.Abs(f) < 1<<53
	case float64:
		return int64(n), n == math.Trunc(n) && math.Abs(n) < 1<<53
	case int64:
		return n, true
	case int:
		return int64(n), true
	}
	return 0, false
}

// sequences reads the numbers of a conversation's events.
func sequences(name string, value any) ([]int64, error) {
	list, _ := value.([]any)
	numbers := make([]int64, len(list))
	for i, item := range list {
		n, ok := integer(item)
		if !ok || n < 0 {
			return nil, fmt.Errorf("%s[%d]: expected a number of at least 0", name, i)
		}
		numbers[i] = n
	}
	if len(numbers) == 0 {
		return nil, fmt.Errorf("%s: expected a list of liveperson_sequence numbers of an agent's messages", name)
	}
	return numbers, nil
}
