package contact

import (
	"unicode/utf8"

	"github.com/benthos-liveperson/benthos-liveperson/internal/text"
)

// Printable returns a name that may stand in a log: short, and without contacts.
func Printable(name string) string {
	if !utf8.ValidString(name) || In(name, Text) {
		return "(a name that is not shown)"
	}
	return text.Shortened(name)
}
