package sandbox

import (
	"crypto/rand"
	"io"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/campaign"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/messaging"
)

// What a zero Options stands for.
const (
	// DefaultAccountID is an invented account. LivePerson's accounts are numeric in practice.
	DefaultAccountID = "12345678"
	// DefaultAppInstallationID is an invented app key. LivePerson's are UUIDs in practice.
	DefaultAppInstallationID = "a1b2c3d4-1234-5678-90ab-cdef12345678"
	// DefaultSessionLifetime is the longest that LivePerson keeps a visit in memory (Visit Information API).
	DefaultSessionLifetime = 6 * time.Hour
	// DefaultKeep is how many calls stay readable: about 90 MB with reports of 1 kB. It is the sandbox's own number.
	DefaultKeep = 50_000
	// DefaultKeepFor is how long calls stay readable. It is the sandbox's own number.
	DefaultKeepFor = 24 * time.Hour
	// DefaultKeepBytes is how much of calls stays readable. It is the sandbox's own number.
	DefaultKeepBytes = 256 << 20
	// DefaultKeepSessions is how many sessions there can be: 100 MB at most, with the visitors. It is the sandbox's own
	// number; LivePerson has limits, and publishes none.
	DefaultKeepSessions = 200_000
	// DefaultClientID and DefaultClientSecret are the credentials of the app that may send messages.
	DefaultClientID     = messaging.DefaultClientID
	DefaultClientSecret = messaging.DefaultClientSecret
)

// Options say which account the sandbox plays, and how. The zero value works.
type Options struct {
	// AccountID is the one account that exists. Empty: DefaultAccountID.
	AccountID string
	// AppInstallationID is the one app key of that account. Empty: DefaultAppInstallationID.
	AppInstallationID string
	// Strict refuses what LivePerson's pages do not allow and its server may or may not: a report without
	// engagementAttributes, which "Monitoring API, report" marks as required, engagement attributes that "Types of
	// engagement attributes" does not list for writing or has other members for, impressions of an engagement that the
	// session was not handed, devices that "Monitoring API, engagement" does not list, and who reads visits without OAuth.
	Strict bool
	// LoadingCalls is how many calls find the account still loading (Monitoring API, overview). 0: loaded at once.
	LoadingCalls int
	// SessionLifetime is how long a session is valid, counted from its start. 0: DefaultSessionLifetime.
	SessionLifetime time.Duration
	// Keep is how many calls stay readable under /sandbox; older ones are forgotten, totals go on counting.
	// 0: DefaultKeep.
	Keep int
	// KeepFor is how long a call stays readable. 0: DefaultKeepFor.
	KeepFor time.Duration
	// KeepBytes is how many bytes of calls, about, stay readable: reports may be long. 0: DefaultKeepBytes.
	KeepBytes int
	// KeepSessions is how many sessions, and about how many visitors, are remembered. The oldest session ends when
	// there would be more. 0: DefaultKeepSessions.
	KeepSessions int
	// Password is asked of whoever wants to see a page under /sandbox, health excepted, to read visits, or to install apps.
	// Empty: nobody is asked.
	Password string
	// Chaos are the rules in force from the beginning; ParseChaos reads them.
	Chaos []ChaosRule
	// Campaigns are the engagements that there are; ParseCampaigns reads them. nil: campaign.Default.
	Campaigns []Engagement
	// ClientID and ClientSecret are those of the one app that may send messages. Empty: the defaults of package
	// messaging.
	ClientID, ClientSecret string
	// Webhooks say where notifications of conversations are posted. The zero value posts none.
	Webhooks Webhooks
	// Agent is what the agent does who answers consumers. nil: messaging.Echo.
	Agent *Script
	// Now is the clock of sessions and timestamps. It must be safe for concurrent use. nil: time.Now.
	Now func() time.Time
	// Random is where ids come from. It is read by one goroutine at a time and must not fail. nil: crypto/rand.Reader.
	Random io.Reader
}

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
