// Package identity turns ID tokens into identities of a report. The Bloblang method
// liveperson_identity returns an identity. The processor liveperson_identity adds one to
// a report.
//
// The package verifies tokens of other systems. It does not issue or store tokens. The
// processor gets keys from a file or a URL. The method gets them from a file only: a URL in a
// mapping could come from an event.
package identity

// identity is the consumer that a verified token names.
type identity struct {
	issuer, subject string
}

// levelAuthenticated is the acr of a consumer who has logged in.
// https://developers.liveperson.com/monitoring-api-methods-engagement.html
const levelAuthenticated = "loa1"

// report returns the identity in the form of a report.
func (i identity) report() map[string]any {
	return map[string]any{"iss": i.issuer, "acr": levelAuthenticated, "sub": i.subject}
}
