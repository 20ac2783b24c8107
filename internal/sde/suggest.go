package sde

import (
	"slices"
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/internal/text"
)

// otherNames are squashed names of engagement attributes that must not be sent: LivePerson's own
// names on other pages, and common mistakes. Each has the type to send.
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

// suggestType returns the type that was probably meant, or "".
func suggestType(name string) string {
	if meant, ok := otherNames[squash(name)]; ok {
		return meant
	}
	return nearest(name, append(slices.Clone(writeTypes), CartStatus, SearchContent))
}

// unknownMember records a finding about a member that LivePerson does not document, if its name
// is nearly a documented name or has control characters. Other members are accepted.
func (c *checker) unknownMember(s *schema, name string) {
	if hasControl(name) {
		c.find(codeControl, "the name has control characters", "take them out")
		return
	}
	if meant := nearest(name, s.names); meant != "" {
		c.find(codeUnknownMember, "LivePerson has no such member", "write "+meant)
	}
}

// nearest returns the name that differs only in case and punctuation. If there is none, it
// returns a name that differs in one or two letters.
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

// editDistance returns Levenshtein's distance of two texts in bytes.
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
