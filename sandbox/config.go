package sandbox

import (
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/access"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/campaign"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/messaging"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/storage"
)

// The parts of Options that are read from YAML.
type (
	// ChaosRule makes some calls fail. ParseChaos and ChaosPreset return rules.
	ChaosRule = chaos.Rule
	// APIKey is an API key with its secrets.
	APIKey = access.APIKey
	// Engagement is an engagement of a campaign. ParseCampaigns returns engagements.
	Engagement = campaign.Engagement
	// Storage says what the account stores of the attributes that it accepts. ParseStorage returns it.
	Storage = storage.Rules
	// Webhooks are the addresses to which notifications go. ParseWebhooks and ParseWebhookURL return them.
	Webhooks = messaging.Webhooks
	// Script is what the agent answers. ParseScript returns one.
	Script = messaging.Script
)

// ParseChaos reads the rules of a YAML document.
func ParseChaos(yaml []byte) ([]ChaosRule, error) { return chaos.Parse(yaml) }

// ChaosPresets returns the names that ChaosPreset knows.
func ChaosPresets() []string { return chaos.PresetNames() }

// ChaosPreset returns the rules of a preset.
func ChaosPreset(name string) ([]ChaosRule, error) { return chaos.Preset(name) }

// ParseCampaigns reads the engagements of a YAML document.
func ParseCampaigns(yaml []byte) ([]Engagement, error) { return campaign.Parse(yaml) }

// ParseStorage reads from a YAML document what the account stores.
func ParseStorage(yaml []byte) (Storage, error) { return storage.Parse(yaml) }

// ParseWebhooks reads the webhooks of a YAML document.
func ParseWebhooks(yaml []byte) (Webhooks, error) { return messaging.ParseWebhooks(yaml) }

// ParseWebhookURL returns webhooks that send every type of notification to one address.
func ParseWebhookURL(address string) (Webhooks, error) { return messaging.ParseWebhookURL(address) }

// ParseScript reads the agent's script from a YAML document.
func ParseScript(yaml []byte) (Script, error) { return messaging.ParseScript(yaml) }

// NotificationTypes returns the types of notifications that a webhook can have an address for.
func NotificationTypes() []string { return messaging.Keys }
