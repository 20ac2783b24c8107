package sde

import (
	"strings"
	"time"
	"unicode"
)

// The formats that the schemas name, and JSON Schema does not.
const (
	formatImpersonalID = "impersonal-id"
	formatCalendarDate = "calendar-date"
)

// format checks what an object's members say together.
func (c *checker) format(s *schema, object map[string]any) {
	if s.format != formatCalendarDate {
		return
	}
	var date [3]int
	for i, name := range []string{"year", "month", "day"} {
		number, _, fits := asFloat(object[name])
		if !fits {
			return // not given, or found fault with already
		}
		date[i] = int(number)
	}
	year, month, day := date[0], time.Month(date[1]), date[2]
	inRange := year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 && day <= 31
	if inRange && time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Day() != day {
		c.find(codeDate, "expected a day that exists", "correct day, month or year")
	}
}

// hasControl finds the characters that have no place in text. Line breaks and tabs do.
func hasControl(text string) bool {
	for _, r := range text {
		if r >= ' ' && r <= '~' {
			continue // as nearly all are
		}
		if unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' || r == unicode.ReplacementChar {
			return true
		}
	}
	return false
}

// isPersonal tells whether an id is an e-mail address or holds one, or is a phone
// number with its country.
func isPersonal(id string) bool { return hasAddress(id) || isPhone(id) }

func hasAddress(id string) bool {
	id = strings.ReplaceAll(id, "%40", "@")
	if !strings.Contains(id, "@") {
		return false // without a look at each character
	}
	for word := range strings.FieldsFuncSeq(id, isBetweenAddresses) {
		user, host, found := strings.Cut(word, "@")
		if found && user != "" && strings.Contains(strings.Trim(host, "."), ".") {
			return true
		}
	}
	return false
}

func isPhone(id string) bool {
	id = strings.TrimSpace(id)
	if len(id) > 4 && strings.EqualFold(id[:4], "tel:") {
		id = id[4:]
	}
	number, isInternational := strings.CutPrefix(id, "+")
	if !isInternational {
		return false
	}
	digits := strings.Map(func(r rune) rune {
		if isPhonePunctuation(r) {
			return -1
		}
		return r
	}, number)
	return len(digits) >= 7 && len(digits) <= 15 && strings.Trim(digits, "0123456789") == ""
}

func isBetweenAddresses(r rune) bool {
	return unicode.IsSpace(r) || strings.ContainsRune(`<>()[],;"`, r)
}

func isPhonePunctuation(r rune) bool {
	return unicode.IsSpace(r) || unicode.Is(unicode.Dash, r) || strings.ContainsRune("()./", r)
}
