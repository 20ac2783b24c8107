package message

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
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

// id reads a text, or a number as a text. Null and a missing member are "".
func id(name string, value any) (string, error) {
	if n, ok := integer(value); ok {
		return fmt.Sprint(n), nil
	}
	return optional(name, value)
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
		whole, err := n.Int64()
		return whole, err == nil
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
