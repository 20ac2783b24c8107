package contact

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/benthos-liveperson/benthos-liveperson/internal/text"
)

// Printable returns a name that may stand in a log or a table: short, on one line, and without
// contacts.
func Printable(name string) string {
	if !utf8.ValidString(name) || strings.ContainsFunc(name, isHidden) || In(name, Text) {
		return "(a name that is not shown)"
	}
	return text.Shortened(name)
}

// isHidden says whether a rune could change the lines around it, such as a line break.
func isHidden(r rune) bool { return !unicode.IsPrint(r) }
