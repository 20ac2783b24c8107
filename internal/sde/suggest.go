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
	if meant, ok := otherNames[text.Squash(name[:min(len(name), 2*maxName)])]; ok {
		return meant
	}
	return text.Nearest(name, append(slices.Clone(writeTypes), CartStatus, SearchContent))
}

// unknownMember records a finding about a member that LivePerson does not document, if its name
// is nearly a documented name or has control characters. Other members are accepted.
func (c *checker) unknownMember(s *schema, name string) {
	if hasControl(name) {
		c.find(codeControl, "the name has control characters", "take them out")
		return
	}
	for _, meant := range s.names {
		if s.properties[meant].otherName == name {
			c.find(codeUnknownMember, "a table of LivePerson's spells the member so, its sample does not", "write "+meant)
			return
		}
	}
	if meant := text.Nearest(name, s.names); meant != "" {
		c.find(codeUnknownMember, "LivePerson has no such member", "write "+meant)
	}
}
