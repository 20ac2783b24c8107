package cli

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/plugin/sandbox/campaign"
	"github.com/benthos-liveperson/benthos-liveperson/plugin/sandbox/chaos"
	"github.com/benthos-liveperson/benthos-liveperson/plugin/sandbox/messaging"
)

// readChaos reads rules from a file, or takes those of a preset.
func readChaos(name string) ([]chaos.Rule, error) {
	if name == "" {
		return nil, nil
	}
	if slices.Contains(chaos.PresetNames(), name) {
		return chaos.Preset(name)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("%w; the presets are %s", err, strings.Join(chaos.PresetNames(), ", "))
	}
	rules, err := chaos.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return rules, nil
}

// readCampaigns reads engagements from a file; nil without one.
func readCampaigns(name string) ([]campaign.Engagement, error) {
	if name == "" {
		return nil, nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	engagements, err := campaign.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return engagements, nil
}

// readWebhooks reads webhooks from a file, or takes one address for all.
func readWebhooks(address, name string) (messaging.Webhooks, error) {
	switch {
	case address != "" && name != "":
		return messaging.Webhooks{}, errors.New("--webhook and --webhooks: only one of them")
	case address != "":
		hooks, err := messaging.ParseWebhookURL(address)
		if err != nil {
			return hooks, fmt.Errorf("--webhook: %w", err)
		}
		return hooks, nil
	case name == "":
		return messaging.Webhooks{}, nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return messaging.Webhooks{}, fmt.Errorf("--webhooks: %w", err)
	}
	hooks, err := messaging.ParseWebhooks(text)
	if err != nil {
		return hooks, fmt.Errorf("--webhooks: %s: %w", name, err)
	}
	return hooks, nil
}

// readScript reads the agent's script; nil when there is none.
func readScript(name string) (*messaging.Script, error) {
	if name == "" {
		return nil, nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	script, err := messaging.ParseScript(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &script, nil
}
