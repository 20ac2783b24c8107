package text

import "strings"

// longestName is the most bytes of a name that are logged.
const longestName = 80

// Shortened cuts a name. What is counted by name must not hold long texts.
func Shortened(name string) string {
	if len(name) <= longestName {
		return name
	}
	return strings.ToValidUTF8(name[:longestName], "") + "…"
}
