package text

import "strings"

// placeholders are the texts that senders write where they have no id, in lower case. Each
// stands for nobody and nothing: GA4 writes (not set), JavaScript undefined and
// [object Object], Python None, Ruby and Go nil, PHP and Java null or 0, shops guest.
var placeholders = map[string]bool{
	"": true, "-1": true, "-": true,
	"null": true, "(null)": true, "<null>": true, "nil": true, "<nil>": true, "none": true, "(none)": true,
	"undefined": true, "nan": true, "[object object]": true, "[object undefined]": true, "[object null]": true, "false": true,
	"(not set)": true, "not set": true, "not_set": true, "notset": true, "not-set": true, "(direct)": true, "n/a": true, "unknown": true, "(unknown)": true, "empty": true,
	"guest": true, "anonymous": true,
}

// IsPlaceholder says whether a text that stands where an id should be means that there is
// none. Case, and spaces and quotation marks around the text, make no difference. Besides the
// known words, these are placeholders: text of zeros and separators, such as 0,
// 00000000-0000-0000-0000-000000000000 and the advertising id of somebody who refused
// tracking, and a variable that a template left as it was, such as {{user_id}}.
func IsPlaceholder(id string, more ...string) bool {
	id = strings.TrimFunc(id, isAround)
	if len(id) > longestPlaceholder {
		return isZero(id) || isVariable(id)
	}
	lower := strings.ToLower(id)
	if placeholders[lower] || isZero(id) || isVariable(id) {
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

// isZero says whether a text has zeros, and nothing else but separators.
func isZero(id string) bool {
	return strings.Contains(id, "0") && strings.Trim(id, "0-.:_ {}") == ""
}

func isVariable(id string) bool {
	return strings.HasPrefix(id, "{{") && strings.HasSuffix(id, "}}") || strings.HasPrefix(id, "${") && strings.HasSuffix(id, "}")
}
