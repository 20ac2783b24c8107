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

// isControl picks the characters that have no place in text. Line breaks and tabs do.
func isControl(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' || r == unicode.ReplacementChar
}

// isPersonal tells whether an id is an e-mail address, or a phone number with its
// country.
func isPersonal(id string) bool {
	id = strings.TrimSpace(id)
	if user, host, found := strings.Cut(id, "@"); found {
		return user != "" && strings.Contains(strings.Trim(host, "."), ".") && !strings.ContainsFunc(id, unicode.IsSpace)
	}
	if len(id) > 4 && strings.EqualFold(id[:4], "tel:") {
		id = id[4:]
	}
	number, isPhone := strings.CutPrefix(id, "+")
	if !isPhone {
		return false
	}
	digits := phonePunctuation.Replace(number)
	return len(digits) >= 7 && len(digits) <= 15 && strings.Trim(digits, "0123456789") == ""
}

var phonePunctuation = strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", ".", "", "/", "")
