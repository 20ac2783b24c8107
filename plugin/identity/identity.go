// Package identity turns ID tokens into identities of a report: the Bloblang
// method liveperson_identity gives one, the processor liveperson_identity puts one
// into a report.
//
// It verifies what others have signed, and makes and keeps no tokens. Reading keys
// from the network does not come in: a file is what an operator can see, mount and
// replace.
package identity

// identity is who a verified token says the consumer is.
type identity struct {
	issuer, subject string
}

// levelAuthenticated is the acr of a consumer who has logged in.
// https://developers.liveperson.com/monitoring-api-methods-engagement.html
const levelAuthenticated = "loa1"

// report gives the identity as a report has it.
func (i identity) report() map[string]any {
	return map[string]any{"iss": i.issuer, "acr": levelAuthenticated, "sub": i.subject}
}
