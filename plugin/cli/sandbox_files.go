package cli

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// readChaos reads the rules of a file or of a preset.
func readChaos(name string) ([]sandbox.ChaosRule, error) {
	if name == "" {
		return nil, nil
	}
	if slices.Contains(sandbox.ChaosPresets(), name) {
		return sandbox.ChaosPreset(name)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("%w; the presets are %s", err, strings.Join(sandbox.ChaosPresets(), ", "))
	}
	rules, err := sandbox.ParseChaos(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return rules, nil
}

// readCampaigns reads engagements from a file. It returns nil if there is none.
func readCampaigns(name string) ([]sandbox.Engagement, error) {
	if name == "" {
		return nil, nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	engagements, err := sandbox.ParseCampaigns(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return engagements, nil
}

// readStorage reads from a file what the account stores. Without a file, it stores everything.
func readStorage(name string) (sandbox.Storage, error) {
	if name == "" {
		return sandbox.Storage{}, nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return sandbox.Storage{}, err
	}
	rules, err := sandbox.ParseStorage(text)
	if err != nil {
		return rules, fmt.Errorf("%s: %w", name, err)
	}
	return rules, nil
}

// webhooksTo sends all notifications to one address, and repeats those that fail, as LivePerson does for an app whose
// manifest has a retention time.
func webhooksTo(address string) (sandbox.Webhooks, error) {
	hooks, err := sandbox.ParseWebhookURL(address)
	hooks.Retention = 24 * time.Hour
	return hooks, err
}

// readWebhooks reads webhooks from a file, or uses one address for all notifications.
func readWebhooks(address, name string) (sandbox.Webhooks, error) {
	switch {
	case address != "" && name != "":
		return sandbox.Webhooks{}, errors.New("--webhook and --webhooks: only one of them")
	case address != "":
		hooks, err := webhooksTo(address)
		if err != nil {
			return hooks, fmt.Errorf("--webhook: %w", err)
		}
		return hooks, nil
	case name == "":
		return sandbox.Webhooks{}, nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return sandbox.Webhooks{}, fmt.Errorf("--webhooks: %w", err)
	}
	hooks, err := sandbox.ParseWebhooks(text)
	if err != nil {
		return hooks, fmt.Errorf("--webhooks: %s: %w", name, err)
	}
	return hooks, nil
}

// readScript reads the agent's script. It returns nil if there is none.
func readScript(name string) (*sandbox.Script, error) {
	if name == "" {
		return nil, nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	script, err := sandbox.ParseScript(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &script, nil
}
