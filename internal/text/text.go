// Package text compares names and writes scalar values as text.
package text

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode"
)

// Squash returns the letters and digits of a name, in lower case. Two names that
// differ only in case, spaces and punctuation squash to the same text.
func Squash(name string) string {
	return string(AppendSquashed(nil, name))
}

// AppendSquashed appends what Squash returns. It saves an allocation where the result
// is only a key of a map.
func AppendSquashed(to []byte, name string) []byte {
	for _, letter := range strings.ToLower(name) {
		switch {
		case letter < unicode.MaxASCII:
			if 'a' <= letter && letter <= 'z' || '0' <= letter && letter <= '9' {
				to = append(to, byte(letter))
			}
		case unicode.IsLetter(letter) || unicode.IsNumber(letter):
			to = append(to, string(letter)...)
		}
	}
	return to
}

// Of returns a string or a number of an event as text. Numbers keep all their digits.
// For other types, ok is false.
func Of(value any) (text string, ok bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	}
	return "", false
}
