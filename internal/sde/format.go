package sde

import (
	"time"
	"unicode"
)

// The formats that the schemas name, and JSON Schema does not.
const (
	formatImpersonalID = "impersonal-id"
	formatCalendarDate = "calendar-date"
)

// format checks members of an object that depend on each other.
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

// hasControl tells whether a text has control characters other than line breaks and tabs.
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
