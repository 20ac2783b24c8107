package sandbox

import (
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/campaign"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/messaging"
)

// The parts of Options that are read from YAML.
type (
	// ChaosRule makes some calls go wrong. ParseChaos and ChaosPreset return rules.
	ChaosRule = chaos.Rule
	// Engagement is an engagement of a campaign. ParseCampaigns returns engagements.
	Engagement = campaign.Engagement
	// Webhooks are the addresses to which notifications go. ParseWebhooks and ParseWebhookURL return them.
	Webhooks = messaging.Webhooks
	// Script is what the agent answers. ParseScript returns one.
	Script = messaging.Script
)

// What a sandbox tells of what it received.
type (
	// Call is one request to an API of LivePerson's and what became of it.
	Call = journal.Call
	// Why is one thing that is wrong with a report.
	Why = journal.Why
	// Offer is an engagement as it was handed out.
	Offer = journal.Offer
	// Summary has the totals, of calls that are no longer kept too.
	Summary = journal.Summary
	// Reject is one reason for which calls were refused, and how often.
	Reject = journal.Reject
)

// The credentials of the app that may send messages, where Options has none.
const (
	DefaultClientID     = messaging.DefaultClientID
	DefaultClientSecret = messaging.DefaultClientSecret
)

// EndpointReport is the name of the report call in chaos rules and in Summary.Calls.
const EndpointReport = chaos.EndpointReport

// ParseChaos reads the rules of a YAML document.
func ParseChaos(yaml []byte) ([]ChaosRule, error) { return chaos.Parse(yaml) }

// ChaosPresets returns the names that ChaosPreset knows.
func ChaosPresets() []string { return chaos.PresetNames() }

// ChaosPreset returns the rules of a preset.
func ChaosPreset(name string) ([]ChaosRule, error) { return chaos.Preset(name) }

// ParseCampaigns reads the engagements of a YAML document.
func ParseCampaigns(yaml []byte) ([]Engagement, error) { return campaign.Parse(yaml) }

// ParseWebhooks reads the webhooks of a YAML document.
func ParseWebhooks(yaml []byte) (Webhooks, error) { return messaging.ParseWebhooks(yaml) }

// ParseWebhookURL returns webhooks that send every type of notification to one address.
func ParseWebhookURL(address string) (Webhooks, error) { return messaging.ParseWebhookURL(address) }

// ParseScript reads the agent's script from a YAML document.
func ParseScript(yaml []byte) (Script, error) { return messaging.ParseScript(yaml) }

// NotificationTypes returns the types of notifications that a webhook can have an address for.
func NotificationTypes() []string { return messaging.Keys }
