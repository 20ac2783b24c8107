package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// placeholders are the texts that senders write where they have no id, in lower case. Each
// stands for nobody and nothing: GA4 writes (not set), JavaScript undefined and
// [object Object], Python None, Ruby and Go nil, PHP and Java null or 0, shops guest.
var placeholders = map[string]bool{
	"-1":   true,
	"null": true, "(null)": true, "<null>": true, "nil": true, "<nil>": true, "none": true, "(none)": true,
	"undefined": true, "nan": true, "false": true, "true": true, `\n`: true, "#n/a": true,
	"(not set)": true, "not set": true, "not_set": true, "notset": true, "not-set": true, "(direct)": true, "n/a": true, "unknown": true, "(unknown)": true, "empty": true, "(empty)": true,
	"(not provided)": true, "(other)": true, "(data deleted)": true, "(redacted)": true, "[redacted]": true,
	"guest": true, "anonymous": true,
}

// IsPlaceholder says whether a text that stands where an id should be means that there is
// none. Case, and spaces and quotation marks around the text, make no difference. Besides the
// known words, these are placeholders: text without a letter or a digit, such as --, text of
// zeros and separators, such as 0, 00000000-0000-0000-0000-000000000000 and the advertising id
// of somebody who refused tracking, an object of JavaScript, such as [object Window], and a
// variable that a template left as it was, such as {{user_id}}.
func IsPlaceholder(id string, more ...string) bool {
	if !utf8.ValidString(id) {
		return false // an error of its own, which says more
	}
	id = strings.TrimFunc(id, isAround)
	if isZero(id) || isVariable(id) || !strings.ContainsFunc(id, isLetterOrDigit) {
		return true
	}
	if len(id) > longestPlaceholder {
		return false
	}
	lower := strings.ToLower(id)
	if placeholders[lower] || strings.HasPrefix(lower, "[object ") && strings.HasSuffix(lower, "]") {
		return true
	}
	// GA4's client id has two parts. A script that could read neither writes undefined.undefined.
	if first, second, found := strings.Cut(lower, "."); found && first == second && placeholders[first] {
		return true
	}
	for _, other := range more {
		if strings.EqualFold(strings.TrimFunc(other, isAround), id) {
			return true
		}
	}
	return false
}

// longestPlaceholder is more than any known word has.
const longestPlaceholder = 128

func isAround(r rune) bool {
	switch r {
	case ' ', '\t', '\n', '\r', '\v', '\f', '\u00a0', '\u2007', '\u202f', '\u200b', '\ufeff', '\x00', '"', '\'', '`':
		return true
	}
	return false
}

func isLetterOrDigit(r rune) bool {
	return r < utf8.RuneSelf && ('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9') || r >= utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsNumber(r))
}

// isZero says whether a text has zeros, and nothing else but separators.
func isZero(id string) bool {
	return strings.Contains(id, "0") && strings.Trim(id, "0-.:_ {}") == ""
}

func isVariable(id string) bool {
	return strings.HasPrefix(id, "{{") && strings.HasSuffix(id, "}}") || strings.HasPrefix(id, "${") && strings.HasSuffix(id, "}") ||
		len(id) > 4 && strings.HasPrefix(id, "%%") && strings.HasSuffix(id, "%%")
}
