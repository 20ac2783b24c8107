// Package sde knows LivePerson's engagement attributes, also called structured
// data entities (SDEs): their names and what they are for. Nothing here sends or
// receives.
//
// See https://developers.liveperson.com/engagement-attributes-types-of-engagement-attributes.html.
package sde

import "slices"

// The write names of engagement attributes: the value of the member type when
// one is sent. What LivePerson calls them when they are read back differs.
const (
	CustomerInfo    = "ctmrinfo"
	PersonalInfo    = "personal"
	MarketingSource = "mrktInfo"
	Cart            = "cart"
	Purchase        = "purchase"
	ProductView     = "prodView"
	Lead            = "lead"
	Service         = "service"
	VisitorError    = "error"
	Search          = "searchInfo"
)

// Impressions report what became of an offered engagement. Only the Monitoring
// API's report method takes them.
const (
	ImpressionDisplay  = "impDisplay"
	ImpressionAccept   = "impAccept"
	ImpressionExpanded = "impExpanded"
	ImpressionTimeout  = "impTimeout"
	ImpressionClose    = "impClose"
)

// The names under which LivePerson reads two attributes back, and which some
// senders write as well.
const (
	CartStatus    = "cartStatus"
	SearchContent = "searchContent"
)

var writeTypes = []string{
	Cart, CustomerInfo, VisitorError, Lead, MarketingSource, PersonalInfo, ProductView, Purchase, Search, Service,
	ImpressionAccept, ImpressionClose, ImpressionDisplay, ImpressionExpanded, ImpressionTimeout,
}

var writeNames = map[string]string{CartStatus: Cart, SearchContent: Search}

// WriteTypes gives the types that LivePerson documents for sending: ten engagement
// attributes and five impressions.
func WriteTypes() []string { return slices.Clone(writeTypes) }

// WriteName gives the name to write instead of one that LivePerson reads back; ok is
// false for any other name.
func WriteName(readName string) (name string, ok bool) {
	name, ok = writeNames[readName]
	return name, ok
}

// Known tells whether name is the type of an engagement attribute, in either
// spelling of the two that have one more.
func Known(name string) bool {
	_, alias := writeNames[name]
	return alias || slices.Contains(writeTypes, name)
}

// IsImpression tells whether name is the type of an impression.
func IsImpression(name string) bool {
	switch name {
	case ImpressionDisplay, ImpressionAccept, ImpressionExpanded, ImpressionTimeout, ImpressionClose:
		return true
	}
	return false
}
