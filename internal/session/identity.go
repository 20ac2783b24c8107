package session

import (
	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
)

const fieldIdentity = "identity"

// Identity says when a request leaves out consumerId and identities. Order, sessions and
// de-duplication still use the consumer of the message.
type Identity string

// The values of the field identity.
const (
	IdentityAlways      Identity = "always"
	IdentityUnlessVisit Identity = "unless_visit"
	IdentityNever       Identity = "never"
)

// IdentityField returns the field for an Identity.
func IdentityField() *service.ConfigField {
	return settings.EnumField(fieldIdentity, map[string]string{
		string(IdentityAlways):      "They are sent as the message has them.",
		string(IdentityUnlessVisit): "They are left out if the message carries the ids of a visitor and of a session. If LivePerson does not know these ids, the next attempt has the identity again.",
		string(IdentityNever):       "They are left out. A report then needs a visitor id, of the message itself or remembered. A report without one fails.",
	}).
		Description("When LivePerson gets `consumerId` and `identities`. LivePerson's knowledge base says how to report on visitors who have not logged in, in conversations of a connector: with the ids of the browser's visit, and without an identity. Set `unless_visit` for events that carry these ids, if agents do not see their attributes with `always`. Keep `always` if consumers log in, or if agents find the attributes by the consumer's `sub`. The order, sessions and de-duplication use the consumer of the message in any case.").
		Default(string(IdentityAlways)).
		Advanced()
}

// IdentityFromParsed reads the field.
func IdentityFromParsed(conf *service.ParsedConfig) (Identity, error) {
	return settings.Enum(conf, fieldIdentity, IdentityAlways, IdentityUnlessVisit, IdentityNever)
}

// LeftOut tells whether a request leaves the identity out. visitorID and sessionID are the ids that
// the message carries.
func (i Identity) LeftOut(visitorID, sessionID string) bool {
	return i == IdentityNever || i == IdentityUnlessVisit && visitorID != "" && sessionID != ""
}
