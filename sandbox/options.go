package sandbox

import (
	"crypto/rand"
	"io"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/campaign"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/control"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/messaging"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/storage"
)

// The defaults of Options and of Storage.
const (
	// DefaultAccountID is an invented account. LivePerson's account ids are numbers in practice.
	DefaultAccountID = "12345678"
	// DefaultAppInstallationID is an invented app key. LivePerson's app keys are UUIDs in practice.
	DefaultAppInstallationID = "a1b2c3d4-1234-5678-90ab-cdef12345678"
	// DefaultSessionLifetime is how long LivePerson keeps a visit in memory at most (Visit Information API).
	DefaultSessionLifetime = 6 * time.Hour
	// DefaultKeep is the number of calls to keep. 50,000 reports of 1 kB take about 90 MB. It is the sandbox's own number.
	DefaultKeep = 50_000
	// DefaultKeepFor is how long the sandbox keeps calls. It is the sandbox's own number.
	DefaultKeepFor = 24 * time.Hour
	// DefaultKeepBytes is the size of the calls to keep. It is the sandbox's own number.
	DefaultKeepBytes = 256 << 20
	// DefaultKeepSessions is the number of sessions to keep. With the visitors, they take 100 MB at most. It is the sandbox's
	// own number. LivePerson has limits but does not publish them.
	DefaultKeepSessions = 200_000
	// DefaultHistoryDelay is how late Messaging Interactions are.
	DefaultHistoryDelay = storage.DefaultHistoryDelay
	// DefaultClientID and DefaultClientSecret are the credentials of the app that may send messages.
	DefaultClientID     = messaging.DefaultClientID
	DefaultClientSecret = messaging.DefaultClientSecret
)

// DefaultAPIKey is the API key that may read visits and conversations. It is invented. LivePerson's keys have 32 hexadecimal
// digits in practice.
var DefaultAPIKey = APIKey{
	AppKey: "5a4d8b0c1e2f4a6b9c7d3e5f1a2b3c4d", Secret: "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
	AccessToken: "9b8a7c6d5e4f3a2b1c0d9e8f7a6b5c4d", AccessTokenSecret: "1a2b3c4d5e6f708192a3b4c5d6e7f809",
}

// Options describe the account and the behavior of the sandbox. The zero value works.
type Options struct {
	// AccountID is the only account. Empty: DefaultAccountID.
	AccountID string
	// AppInstallationID is the only app key of the account. Empty: DefaultAppInstallationID.
	AppInstallationID string
	// Strict refuses data that LivePerson's pages do not allow. LivePerson's server may accept some of it. A strict sandbox
	// refuses:
	//   - a report without engagementAttributes, which "Monitoring API, report" marks as required
	//   - engagement attributes that differ from "Types of engagement attributes"
	//   - impressions of an engagement that the session was not offered
	//   - devices that "Monitoring API, engagement" does not list
	//   - a request that reads a visit without a login or an API key
	//   - a wrong signature of OAuth 1.0
	Strict bool
	// LoadingCalls is the number of calls that find the account still loading (Monitoring API, overview). 0: none.
	LoadingCalls int
	// SessionLifetime is how long a session is valid after its start. 0: DefaultSessionLifetime.
	SessionLifetime time.Duration
	// Keep is the number of calls to keep. The sandbox forgets older calls, but still counts them. 0: DefaultKeep.
	Keep int
	// KeepFor is how long the sandbox keeps a call. 0: DefaultKeepFor.
	KeepFor time.Duration
	// KeepBytes is the size of the calls to keep, in bytes, because reports may be long. It is not exact. 0: DefaultKeepBytes.
	KeepBytes int
	// KeepSessions is the number of sessions to keep, and about that of visitors. The oldest session ends if there are more.
	// 0: DefaultKeepSessions.
	KeepSessions int
	// Password protects the pages under /sandbox except health, and what LivePerson's methods show of visits and conversations.
	// It is also the password of users who log in. Empty: no password.
	Password string
	// Chaos are the chaos rules at the start. ParseChaos and ChaosPreset return rules.
	Chaos []ChaosRule
	// Campaigns are the engagements at the start. ParseCampaigns returns engagements. nil: one engagement for each API, on
	// offer to everybody.
	Campaigns []Engagement
	// Storage says at the start what the account stores of the attributes that it accepts. ParseStorage returns it. Its zero
	// value: the account stores everything under both sets of names.
	Storage Storage
	// ClientID and ClientSecret are the credentials of the only app that may send messages. Empty: DefaultClientID,
	// DefaultClientSecret.
	ClientID, ClientSecret string
	// APIKey is the only API key that may read visits and conversations. Its zero value: DefaultAPIKey.
	APIKey APIKey
	// Webhooks say where the sandbox posts notifications of conversations. The zero value posts none.
	Webhooks Webhooks
	// Agent is the script of the agent who answers consumers. nil: the agent repeats what the consumer wrote.
	Agent *Script
	// Examples are events that the page can send to pipelines. nil: none.
	Examples []Example
	// Now is the clock for sessions and timestamps. It must be safe for concurrent use. nil: time.Now.
	Now func() time.Time
	// Random is the source of ids. One goroutine at a time reads from it. It must not fail. nil: crypto/rand.Reader.
	Random io.Reader
}

// Example is an event that a site might send to a pipeline.
type Example = control.Example

func (o Options) withDefaults() Options {
	if o.AccountID == "" {
		o.AccountID = DefaultAccountID
	}
	if o.AppInstallationID == "" {
		o.AppInstallationID = DefaultAppInstallationID
	}
	if o.ClientID == "" {
		o.ClientID = DefaultClientID
	}
	if o.ClientSecret == "" {
		o.ClientSecret = DefaultClientSecret
	}
	if o.APIKey == (APIKey{}) {
		o.APIKey = DefaultAPIKey
	}
	if o.SessionLifetime <= 0 {
		o.SessionLifetime = DefaultSessionLifetime
	}
	if o.Keep <= 0 {
		o.Keep = DefaultKeep
	}
	if o.KeepFor <= 0 {
		o.KeepFor = DefaultKeepFor
	}
	if o.KeepBytes <= 0 {
		o.KeepBytes = DefaultKeepBytes
	}
	if o.KeepSessions <= 0 {
		o.KeepSessions = DefaultKeepSessions
	}
	if o.Campaigns == nil {
		o.Campaigns = campaign.Default()
	}
	if o.Agent == nil {
		o.Agent = &messaging.Echo
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	return o
}
