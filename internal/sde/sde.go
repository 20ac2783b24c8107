// Package sde has the schemas of LivePerson's engagement attributes, also called structured data
// entities (SDEs), and checks reports against them. It sends and receives nothing.
//
// See https://developers.liveperson.com/engagement-attributes-types-of-engagement-attributes.html.
package sde

import "slices"

// The types of engagement attributes as they are sent. Two of them have other names when they
// are read back.
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

// Impressions report what a visitor did with an offered engagement. Only the Monitoring API's
// report method accepts them.
const (
	ImpressionDisplay  = "impDisplay"
	ImpressionAccept   = "impAccept"
	ImpressionExpanded = "impExpanded"
	ImpressionTimeout  = "impTimeout"
	ImpressionClose    = "impClose"
)

// The names of two attributes when they are read back. Some senders write these names.
const (
	CartStatus    = "cartStatus"
	SearchContent = "searchContent"
)

var writeTypes = []string{
	Cart, CustomerInfo, VisitorError, Lead, MarketingSource, PersonalInfo, ProductView, Purchase, Search, Service,
	ImpressionAccept, ImpressionClose, ImpressionDisplay, ImpressionExpanded, ImpressionTimeout,
}

var writeNames = map[string]string{CartStatus: Cart, SearchContent: Search}

// WriteTypes returns the types that LivePerson documents for sending: engagement attributes, and
// impressions.
func WriteTypes() []string { return slices.Clone(writeTypes) }

// Names returns the types, and the names under which some of them are read back.
func Names() []string { return append(WriteTypes(), CartStatus, SearchContent) }

// WriteName returns the name to send instead of a name that LivePerson reads back. ok is false
// for any other name.
func WriteName(readName string) (name string, ok bool) {
	name, ok = writeNames[readName]
	return name, ok
}

// Known tells whether name is the type of an engagement attribute, as it is sent or read back.
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
