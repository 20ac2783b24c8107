package message

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// checkUTF8 refuses a value that has a text which is not UTF-8, however deep. The error
// names the member that has the text.
//
// JSON is UTF-8, but values come from more than JSON: a mapping, a CSV file or a queue can
// give texts of any bytes. encoding/json would replace such bytes, and another text would
// be sent than the one that was given.
func checkUTF8(name string, value any) error {
	return refuseTexts(name, value, func(text string) bool { return !utf8.ValidString(text) })
}

// checkDecoded does the same for a value that has been read from JSON, which has had its
// bytes replaced by then.
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

// findText gives the path of a text that is bad, such as .info.name or [0].
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

// plainName is what the name of a member looks like. Any other name may be data, such as
// an e-mail address, and errors do not repeat data.
var plainName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,39}$`)

func memberName(member string) string {
	if plainName.MatchString(member) {
		return member
	}
	return "*"
}
