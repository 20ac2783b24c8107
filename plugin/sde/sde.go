// Package sde knows LivePerson's engagement attributes, also called structured
// data entities (SDEs): their names and what they are for. Nothing here sends or
// receives.
//
// See https://developers.liveperson.com/engagement-attributes-types-of-engagement-attributes.html.
package sde

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

// The read-side names of two attributes, which some senders write as well.
const (
	CartStatus    = "cartStatus"
	SearchContent = "searchContent"
)

var known = map[string]bool{
	CustomerInfo: true, PersonalInfo: true, MarketingSource: true, Cart: true, Purchase: true,
	ProductView: true, Lead: true, Service: true, VisitorError: true, Search: true,
	ImpressionDisplay: true, ImpressionAccept: true, ImpressionExpanded: true,
	ImpressionTimeout: true, ImpressionClose: true,
	CartStatus: true, SearchContent: true,
}

// Known tells whether name is the type of an engagement attribute, in either
// spelling of the two that have one more.
func Known(name string) bool { return known[name] }
