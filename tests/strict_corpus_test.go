package tests

import (
	"encoding/json"
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

// documentsYAML is a pipeline as the files of mapping tests have it. A processor that looks at the report
// stands behind the mapping in some files; it is left out.
const documentsYAML = `
try:
  %s
`

// A strict sandbox accepts the report of every document of the corpus, and of the tests that have a pipeline of their own.
// A document that a mapping refuses is one whose test expects it.
func TestAStrictSandboxTakesTheCorpus(t *testing.T) {
	t.Parallel()
	corpus, err := filepath.Glob("tests/corpus/*.yaml")
	require.NoError(t, err)
	others, err := filepath.Glob("tests/*.yaml")
	require.NoError(t, err)
	tested := 0
	for _, file := range append(corpus, others...) {
		documents := documentsOf(t, file)
		if documents == nil {
			continue
		}
		tested++
		t.Run(filepath.ToSlash(file), func(t *testing.T) {
			t.Parallel()
			s, address := newSandbox(t, sandbox.Options{Strict: true})
			run := newStream(t)
			run.run(t, documents.processors, fmt.Sprintf(outputYAML, sandbox.DefaultAppInstallationID, address, run.deadLetters), documents.batch)
			require.NoError(t, run.pushErr)
			refused := 0
			for _, l := range run.letters(t) {
				if strings.Contains(l.Reason, "an earlier processor failed") {
					refused++ // the mapping tests say whether that is right
					continue
				}
				assert.Fail(t, "the mapping has made a report that is refused", "%s: %s", l.Reason, l.Content)
			}
			summary := s.Summary()
			for _, reject := range summary.Rejects { // of visits that the samples have invented
				assert.Equal(t, 404, reject.Status, "%+v", reject)
			}
			assert.LessOrEqual(t, refused, documents.refused, "more documents are refused than the tests expect")
			assert.Positive(t, summary.Reports)
		})
	}
	assert.GreaterOrEqual(t, tested, 35)
}

// documents are the inputs of a file of mapping tests, and the pipeline that they go through.
type documents struct {
	processors string
	batch      service.MessageBatch
	refused    int // how many messages the tests expect to fail
}

// documentsOf returns the documents of a file, or nil if the file has no pipeline that ends in a preset.
func documentsOf(t *testing.T, path string) *documents {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var file struct {
		Pipeline struct{ Processors []any }
		Tests    []struct {
			Target string                 `yaml:"target_processors"`
			Input  []map[string]yaml.Node `yaml:"input_batch"`
			Output [][]map[string]any     `yaml:"output_batches"`
		}
	}
	require.NoError(t, yaml.Unmarshal(text, &file), path)
	processors, ends := upToThePreset(t, file.Pipeline.Processors)
	if !ends {
		return nil
	}
	d := &documents{processors: processors}
	for _, test := range file.Tests {
		// Outputs of the adapter alone may have no identity, which the preset refuses.
		alone := test.Target != "" && test.Target != "/pipeline/processors"
		for _, message := range test.Input {
			meta := map[string]any{}
			if node, exists := message["metadata"]; exists {
				require.NoError(t, node.Decode(&meta), path)
			}
			if meta["adapter"] != nil {
				continue
			}
			msg := service.NewMessage(bodyOf(t, message))
			for name, value := range meta {
				msg.MetaSetMut(name, value)
			}
			d.batch = append(d.batch, msg)
		}
		for _, batch := range test.Output {
			for _, expected := range batch {
				if condition, _ := expected["bloblang"].(string); alone || strings.Contains(condition, "errored()") || strings.Contains(condition, "error()") {
					d.refused++
				}
			}
		}
	}
	return d
}

// bodyOf returns a message's content. Unlike contentOf, it takes text that is not JSON.
func bodyOf(t *testing.T, message map[string]yaml.Node) []byte {
	t.Helper()
	if node, isText := message["content"]; isText {
		var content string
		require.NoError(t, node.Decode(&content))
		return []byte(content)
	}
	return contentOf(t, message)
}

// upToThePreset returns the processors of a file as YAML, without those behind the last preset.
func upToThePreset(t *testing.T, processors []any) (asYAML string, ends bool) {
	t.Helper()
	for last := len(processors) - 1; last >= 0; last-- {
		one, err := json.Marshal(processors[last])
		require.NoError(t, err)
		if strings.Contains(string(one), "liveperson_map") || strings.Contains(string(one), "liveperson_retail") {
			all, err := json.Marshal(processors[:last+1])
			require.NoError(t, err)
			return fmt.Sprintf(documentsYAML, all), true
		}
	}
	return "", false
}
