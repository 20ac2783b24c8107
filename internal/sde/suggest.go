package sde

import (
	"slices"
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/internal/text"
)

// otherNames are names for an engagement attribute that are not those to write,
// squashed: LivePerson's when it is read back or looked for, and common ones.
var otherNames = map[string]string{
	"customerinfo": CustomerInfo, "customer": CustomerInfo,
	"personalinfo":          PersonalInfo,
	"marketingcampaigninfo": MarketingSource, "marketinginfo": MarketingSource, "campaign": MarketingSource,
	"cartupdate": Cart, "transaction": Purchase, "order": Purchase,
	"viewedproduct": ProductView, "productview": ProductView, "productviewed": ProductView,
	"serviceactivity": Service, "visitorerror": VisitorError,
	"searchedcontent": Search, "search": Search,
	"impressiondisplay": ImpressionDisplay, "impressionaccept": ImpressionAccept, "impressionexpanded": ImpressionExpanded,
	"impressiontimeout": ImpressionTimeout, "impressionclose": ImpressionClose,
}

func (c *checker) unknownType(name string) {
	fix := "write one of " + strings.Join(writeTypes, ", ")
	if meant := suggestType(name); meant != "" {
		fix = "write " + meant
	}
	c.find(codeUnknownType, "LivePerson has no such engagement attribute", fix)
}

// suggestType gives the type that was probably meant, "" when there is no telling.
func suggestType(name string) string {
	if meant, ok := otherNames[squash(name)]; ok {
		return meant
	}
	return nearest(name, append(slices.Clone(writeTypes), CartStatus, SearchContent))
}

// unknownMember finds fault with a member that LivePerson does not document only if
// its name is nearly that of one that it does, or is no text: others are let through.
func (c *checker) unknownMember(s *schema, name string) {
	if hasControl(name) {
		c.find(codeControl, "the name has control characters", "take them out")
		return
	}
	if meant := nearest(name, s.names); meant != "" {
		c.find(codeUnknownMember, "LivePerson has no such member", "write "+meant)
	}
}

// nearest gives the name that differs in nothing but case and punctuation, or else in
// a letter or two.
func nearest(name string, names []string) string {
	best, distance := "", 0
	squashed := squash(name)
	for _, other := range names {
		if len(squashed)-len(other) > len(other)/5 {
			continue // the distance is no less
		}
		d := editDistance(squashed, squash(other))
		if d <= len(other)/5 && (best == "" || d < distance) {
			best, distance = other, d
		}
	}
	return best
}

// squash squashes the beginning of a name. Longer names match none of ours.
func squash(name string) string { return text.Squash(name[:min(len(name), 2*maxName)]) }

// editDistance is how many letters must be put in, taken out or replaced to make one
// text the other (Levenshtein's distance), in bytes.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
