package chaos

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/strictyaml"
)

// file has a list of rules, the name of a preset, or both.
type file struct {
	Preset string `yaml:"preset"`
	Rules  []Rule `yaml:"rules"`
}

// Parse reads rules from YAML or JSON. Errors name the line.
func Parse(text []byte) ([]Rule, error) {
	var read file
	if err := strictyaml.Decode(text, &read); err != nil {
		return nil, err
	}
	var rules []Rule
	if read.Preset != "" {
		preset, err := Preset(read.Preset)
		if err != nil {
			return nil, err
		}
		rules = preset
	}
	for i, rule := range read.Rules {
		if err := rule.check(); err != nil {
			return nil, fmt.Errorf("line %d: rules[%d]: %w", strictyaml.Line(text, "rules", i), i, err)
		}
	}
	return append(rules, read.Rules...), nil
}

// presets are real situations, by name.
var presets = map[string]string{
	// LivePerson loads an account with little traffic on first use (Monitoring API, overview). The Connector API does not.
	"cold_account": `
rules:
  - { name: cold account, endpoint: all, times: 3, loading: true }`,
	// 40102 asks for a new app token, and 40103 for a new consumer token (Connector API, authorisation).
	"expired_tokens": `
rules:
  - { name: app token expired, endpoint: consumer_token, times: 1, status: 401, code: 40102 }
  - { name: app token expired, endpoint: conversation, times: 1, status: 401, code: 40102 }
  - { name: consumer token invalid, endpoint: send, times: 1, status: 401, code: 40103 }
  - { name: app token expired, endpoint: send, skip: 4, times: 1, status: 401, code: 40102 }`,
	// After a 429, clients should pause for at least a second (Retry policy recommendations). No page names the limit or the
	// header Retry-After.
	"throttled": `
rules:
  - { name: throttled, endpoint: all, quota: { calls: 50, per: 1s }, status: 429, message: Too many requests }`,
	// Outages last for minutes (General retry rules).
	"region_down": `
rules:
  - { name: region down, endpoint: all, until: 5m, status: 503, message: Service unavailable }`,
	// 18 is the Monitoring API's code for an unexpected error. The Connector API has no such code.
	"flaky": `
rules:
  - { name: errors, endpoint: report, probability: 0.05, seed: 1, status: 500, code: 18 }
  - { name: errors, endpoint: engagement, probability: 0.05, seed: 4, status: 500, code: 18 }
  - { name: errors, endpoint: app_engagement, probability: 0.05, seed: 5, status: 500, code: 18 }
  - { name: errors, endpoint: conversation, probability: 0.05, seed: 6, status: 500 }
  - { name: errors, endpoint: send, probability: 0.05, seed: 7, status: 500 }
  - { name: resets, endpoint: all, probability: 0.05, seed: 2, connection: reset }
  - { name: slow, endpoint: all, probability: 0.1, seed: 3, latency: 1s }`,
}

// PresetNames returns the names of the presets, sorted.
func PresetNames() []string { return slices.Sorted(maps.Keys(presets)) }

// Preset returns the rules of a preset.
func Preset(name string) ([]Rule, error) {
	text, known := presets[name]
	if !known {
		return nil, fmt.Errorf("preset: there is no %q, only %s", name, strings.Join(PresetNames(), ", "))
	}
	return Parse([]byte(text))
}
