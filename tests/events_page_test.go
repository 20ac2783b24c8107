package tests

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// sampledPresets are the presets whose samples make up the page of events, in its
// order.
var sampledPresets = []string{"retail"}

// presetSamples are the cases of tests/<preset>_samples.yaml: what goes in, and what
// comes out.
type presetSamples struct {
	Preset  string
	Samples []eventSample
}

type eventSample struct{ Name, Event, EntryPoints, Attributes string }

func samplesOf(t *testing.T) []presetSamples {
	t.Helper()
	var all []presetSamples
	for _, preset := range sampledPresets {
		text, err := os.ReadFile("tests/" + preset + "_samples.yaml")
		require.NoError(t, err)
		var file struct {
			Tests []struct {
				Name   string
				Input  []map[string]yaml.Node   `yaml:"input_batch"`
				Output [][]map[string]yaml.Node `yaml:"output_batches"`
			}
		}
		require.NoError(t, yaml.Unmarshal(text, &file))
		require.NotEmpty(t, file.Tests, preset)
		samples := presetSamples{Preset: preset}
		for _, test := range file.Tests {
			_, name, found := strings.Cut(test.Name, ": ")
			require.True(t, found, "%s: the name of a sample is its number, a colon and what it shows", test.Name)
			require.NotEmpty(t, test.Output, test.Name)
			var report struct{ EntryPoints, EngagementAttributes json.RawMessage }
			require.NoError(t, json.Unmarshal(jsonOf(t, test.Output[0][0]["json_equals"]), &report), test.Name)
			sample := eventSample{
				Name:        strings.ToUpper(name[:1]) + name[1:],
				Event:       indented(t, contentOf(t, test.Input[0])),
				EntryPoints: string(report.EntryPoints),
				Attributes:  indented(t, report.EngagementAttributes),
			}
			samples.Samples = append(samples.Samples, sample)
		}
		all = append(all, samples)
	}
	return all
}

func contentOf(t *testing.T, message map[string]yaml.Node) json.RawMessage {
	t.Helper()
	if node, asJSON := message["json_content"]; asJSON {
		return jsonOf(t, node)
	}
	return jsonOf(t, message["content"])
}

// jsonOf gives a node as JSON, its members in their order; text is JSON already.
func jsonOf(t *testing.T, node yaml.Node) json.RawMessage {
	t.Helper()
	if node.Kind == yaml.AliasNode {
		node = *node.Alias
	}
	if node.Kind == yaml.ScalarNode && node.Tag == "!!str" {
		return json.RawMessage(node.Value)
	}
	return inJSON(t, &node)
}

func inJSON(t *testing.T, node *yaml.Node) json.RawMessage {
	t.Helper()
	var out bytes.Buffer
	switch node.Kind {
	case yaml.AliasNode:
		return inJSON(t, node.Alias)
	case yaml.MappingNode:
		out.WriteByte('{')
		for i := 0; i < len(node.Content); i += 2 {
			if i > 0 {
				out.WriteByte(',')
			}
			out.Write(scalarInJSON(t, node.Content[i]))
			out.WriteByte(':')
			out.Write(inJSON(t, node.Content[i+1]))
		}
		out.WriteByte('}')
	case yaml.SequenceNode:
		out.WriteByte('[')
		for i, item := range node.Content {
			if i > 0 {
				out.WriteByte(',')
			}
			out.Write(inJSON(t, item))
		}
		out.WriteByte(']')
	default:
		return scalarInJSON(t, node)
	}
	return out.Bytes()
}

// scalarInJSON leaves numbers as they are written.
func scalarInJSON(t *testing.T, node *yaml.Node) json.RawMessage {
	t.Helper()
	if node.Tag == "!!int" || node.Tag == "!!float" {
		return json.RawMessage(node.Value)
	}
	var value any
	require.NoError(t, node.Decode(&value))
	text, err := json.Marshal(value)
	require.NoError(t, err)
	return text
}

func indented(t *testing.T, text json.RawMessage) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, json.Indent(&out, text, "", "  "), "%s", text)
	return out.String()
}
