package message

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// checkUTF8 refuses a value with a text that is not UTF-8, at any depth. The error names the
// member with the text.
//
// JSON is UTF-8, but a mapping, a CSV file or a queue can give texts of any bytes.
// encoding/json would replace such bytes, and LivePerson would get a different text.
func checkUTF8(name string, value any) error {
	return refuseTexts(name, value, func(text string) bool { return !utf8.ValidString(text) })
}

// checkDecoded does the same for a value that was decoded from JSON. The decoder has already
// replaced the bytes.
func checkDecoded(raw []byte, value any) error {
	if utf8.Valid(raw) {
		return nil
	}
	return refuseTexts("", value, func(text string) bool { return strings.ContainsRune(text, utf8.RuneError) })
}

func refuseTexts(name string, value any, bad func(string) bool) error {
	path, found := findText(value, bad)
	if !found {
		return nil
	}
	return errors.New(strings.TrimPrefix(name+path, ".") + ": is not UTF-8")
}

// findText returns the path of the first bad text, such as .info.name or [0].
func findText(value any, bad func(string) bool) (path string, found bool) {
	switch value := value.(type) {
	case string:
		return "", bad(value)
	case []byte:
		return "", bad(string(value))
	case map[string]any:
		for member, item := range value {
			if bad(member) {
				return ".*", true
			}
			if path, found := findText(item, bad); found {
				return "." + memberName(member) + path, true
			}
		}
	case []any:
		for i, item := range value {
			if path, found := findText(item, bad); found {
				return "[" + strconv.Itoa(i) + "]" + path, true
			}
		}
	}
	return "", false
}

// plainName matches the name of a normal member. Any other name may be data, such as an e-mail
// address, and errors don't repeat data.
var plainName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,39}$`)

func memberName(member string) string {
	if plainName.MatchString(member) {
		return member
	}
	return "*"
}
