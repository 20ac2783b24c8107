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

// sampleFiles are the tests that the page of events is made from, by preset. Each case gives an input
// and its output.
var sampleFiles = []struct {
	preset string
	files  []string
}{
	{"retail", []string{"retail_samples", "retail_other_senders", "retail_product_list", "retail_checkout", "retail_service", "retail_error", "retail_campaign"}},
	{"lead_generation", []string{"lead_generation_events"}},
	{"b2b_saas", []string{"b2b_saas_events"}},
	{"impressions", []string{"impressions_events"}},
}

type presetSamples struct {
	Preset  string
	Samples []eventSample
}

type eventSample struct{ Name, Event, EntryPoints, Attributes string }

func samplesOf(t *testing.T) []presetSamples {
	t.Helper()
	var all []presetSamples
	for _, preset := range sampleFiles {
		samples := presetSamples{Preset: preset.preset}
		for _, file := range preset.files {
			samples.Samples = append(samples.Samples, samplesIn(t, "tests/"+file+".yaml")...)
		}
		all = append(all, samples)
	}
	return all
}

// samplesIn returns the cases of a file that contain the whole report.
func samplesIn(t *testing.T, path string) []eventSample {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var file struct {
		Tests []struct {
			Name   string
			Input  []map[string]yaml.Node   `yaml:"input_batch"`
			Output [][]map[string]yaml.Node `yaml:"output_batches"`
		}
	}
	require.NoError(t, yaml.Unmarshal(text, &file))
	var samples []eventSample
	for _, test := range file.Tests {
		if len(test.Output) == 0 || len(test.Output[0]) == 0 {
			continue
		}
		result, writtenOut := test.Output[0][0]["json_equals"]
		if !writtenOut {
			continue
		}
		var report struct{ EntryPoints, EngagementAttributes json.RawMessage }
		require.NoError(t, json.Unmarshal(jsonOf(t, result), &report), test.Name)
		_, name, numbered := strings.Cut(test.Name, ": ")
		if !numbered {
			name = test.Name
		}
		samples = append(samples, eventSample{
			Name:        strings.ToUpper(name[:1]) + name[1:],
			Event:       indented(t, contentOf(t, test.Input[0])),
			EntryPoints: string(report.EntryPoints),
			Attributes:  indented(t, report.EngagementAttributes),
		})
	}
	require.NotEmpty(t, samples, path)
	return samples
}

func contentOf(t *testing.T, message map[string]yaml.Node) json.RawMessage {
	t.Helper()
	if node, asJSON := message["json_content"]; asJSON {
		return jsonOf(t, node)
	}
	return jsonOf(t, message["content"])
}

// jsonOf returns a node as JSON, with its members in order. A text node has JSON already.
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

// scalarInJSON returns a scalar as JSON. It keeps the spelling of numbers.
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

// indented writes each member of an object, or each item of a list, on its own line.
func indented(t *testing.T, text json.RawMessage) string {
	t.Helper()
	var all bytes.Buffer
	require.NoError(t, json.Indent(&all, text, "", "\t"), "%s", text)
	lines := strings.Split(all.String(), "\n")
	var out strings.Builder
	for i, line := range lines {
		inner := strings.TrimLeft(line, "\t")
		depth := len(line) - len(inner)
		closes := strings.HasPrefix(inner, "}") || strings.HasPrefix(inner, "]")
		switch {
		case i == 0:
		case depth == 0:
			out.WriteString("\n")
		case depth == 1 && !closes:
			out.WriteString("\n  ")
		case !closes && !strings.HasSuffix(lines[i-1], "{") && !strings.HasSuffix(lines[i-1], "["):
			out.WriteString(" ")
		}
		out.WriteString(inner)
	}
	return out.String()
}
