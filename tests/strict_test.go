package tests

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// A strict sandbox accepts the report of every event in the presets' tests. Events that a preset refuses
// don't count here.
func TestPresetsGiveWhatAStrictSandboxTakes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		files      string
		processors string // DOMAIN_API is the sandbox's address
		atLeast    int    // reports
	}{
		"retail":          {"retail_*", "liveperson_retail: {sde_names: liveperson, user_id_salt: pepper}", 200},
		"lead_generation": {"lead_generation_*", "liveperson_lead_generation: {sde_names: liveperson, user_id_salt: pepper}", 10},
		"b2b_saas":        {"b2b_saas_*", "liveperson_b2b_saas: {sde_names: liveperson, user_id_salt: pepper}", 10},
		"segment":         {"from_segment", "try: [{liveperson_from_segment: {}}, {liveperson_retail: {sde_names: liveperson, user_id_salt: pepper}}]", 10},
		"rudderstack":     {"from_rudderstack", "try: [{liveperson_from_rudderstack: {}}, {liveperson_retail: {sde_names: liveperson, user_id_salt: pepper}}]", 8},
		"ga4":             {"from_ga4", "try: [{liveperson_from_ga4: {}}, {liveperson_retail: {sde_names: liveperson, user_id_salt: pepper}}]", 10},
		"snowplow":        {"from_snowplow", "try: [{liveperson_from_snowplow: {}}, {liveperson_retail: {sde_names: liveperson, user_id_salt: pepper}}]", 8},
		"impressions":     {"impressions*", "try: [" + askingYAML + ", {liveperson_impressions: {user_id_salt: pepper}}]", 80},
		"cart":            {"cart", "try: [{liveperson_cart: {}}, {liveperson_retail: {sde_names: liveperson, user_id_salt: pepper}}]", 5},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files, err := filepath.Glob("tests/" + test.files + ".yaml")
			require.NoError(t, err)
			var batch service.MessageBatch
			for _, file := range files {
				for _, event := range inputsOf(t, file) {
					batch = append(batch, service.NewMessage(event))
				}
			}
			s, address := newSandbox(t, sandbox.Options{Strict: true})
			run := newStream(t)
			run.run(t, strings.ReplaceAll(test.processors, "DOMAIN_API", address), fmt.Sprintf(outputYAML, sandbox.DefaultAppInstallationID, address, run.deadLetters), batch)
			require.NoError(t, run.pushErr)
			for _, l := range run.letters(t) {
				assert.Contains(t, l.Reason, "an earlier processor failed", "the preset has made something that the output refuses: %s", l.Content)
			}
			summary := s.Summary()
			for _, reject := range summary.Rejects { // of ids that the samples have invented
				assert.Equal(t, 404, reject.Status, "%+v", reject)
			}
			assert.GreaterOrEqual(t, summary.Reports, test.atLeast)
		})
	}
}

// askingYAML replaces the engagements in the samples by the sandbox's answer, because a visitor can only be
// shown an engagement that was handed out.
var askingYAML = `{liveperson_engagement: {account_id: "12345678", app_installation_id: ` + sandbox.DefaultAppInstallationID + `, domain_api: DOMAIN_API,
  request_map: 'root.consumerId = this.anonymousId', result_map: root.properties.liveperson = this}}`

// inputsOf returns every input of a file of mapping tests.
func inputsOf(t *testing.T, path string) [][]byte {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var file struct {
		Tests []struct {
			Input []map[string]yaml.Node `yaml:"input_batch"`
		}
	}
	require.NoError(t, yaml.Unmarshal(text, &file))
	var inputs [][]byte
	for _, test := range file.Tests {
		for _, message := range test.Input {
			inputs = append(inputs, contentOf(t, message))
		}
	}
	return inputs
}
