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

// documentsYAML is a pipeline as a file of mapping tests has it. In some files, an adapter has no preset behind it for some
// documents; then retail maps these.
const documentsYAML = `
try:
  - try: %s
  - switch:
      - check: 'this.engagementAttributes.type() != "array"'
        processors: [{liveperson_retail: {sde_names: liveperson, user_id_salt: pepper}}]
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
			if documents.whole {
				assert.Equal(t, documents.refused, refused, "the documents that the tests expect to be refused")
			}
			assert.Positive(t, summary.Reports+refused)
		})
	}
	assert.GreaterOrEqual(t, tested, 35)
}

// documents are the inputs of a file of mapping tests, and the pipeline that they go through.
type documents struct {
	processors string
	batch      service.MessageBatch
	refused    int  // how many messages the tests expect to fail
	whole      bool // whether all tests are about the whole pipeline, as those of the corpus are; an adapter alone refuses less
}

// documentsOf returns the documents of a file, or nil if the file has no pipeline that ends in a preset.
func documentsOf(t *testing.T, path string) *documents {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var file struct {
		Pipeline struct{ Processors []any }
		Tests    []struct {
			Target string                 `yaml:"target_processors"` // empty: a mapping alone
			Input  []map[string]yaml.Node `yaml:"input_batch"`
			Output [][]map[string]any     `yaml:"output_batches"`
		}
	}
	require.NoError(t, yaml.Unmarshal(text, &file), path)
	processors, ends := upToThePreset(t, file.Pipeline.Processors)
	if !ends {
		return nil
	}
	d := &documents{processors: processors, whole: filepath.Base(filepath.Dir(path)) == "corpus"}
	for _, test := range file.Tests {
		d.whole = d.whole && test.Target == "/pipeline/processors"
		for _, message := range test.Input {
			meta := map[string]any{}
			if node, exists := message["metadata"]; exists {
				require.NoError(t, node.Decode(&meta), path)
			}
			d.whole = d.whole && meta["adapter"] == nil
			msg := service.NewMessage(bodyOf(t, message))
			for name, value := range meta {
				msg.MetaSetMut(name, value)
			}
			d.batch = append(d.batch, msg)
		}
		for _, batch := range test.Output {
			for _, expected := range batch {
				if condition, _ := expected["bloblang"].(string); strings.Contains(condition, "error") && !strings.Contains(condition, "!errored()") {
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
		if writtenNames(processors[last]) {
			all, err := json.Marshal(processors[:last+1])
			require.NoError(t, err)
			return fmt.Sprintf(documentsYAML, all), true
		}
	}
	return "", false
}

// writtenNames sets the names of attributes that LivePerson documents for sending at each preset of a processor. It reports
// whether there is one.
func writtenNames(config any) (found bool) {
	switch v := config.(type) {
	case []any:
		for _, item := range v {
			found = writtenNames(item) || found
		}
	case map[string]any:
		for name, item := range v {
			if fields, isObject := item.(map[string]any); isObject && (name == "liveperson_map" || name == "liveperson_retail") {
				fields["sde_names"] = "liveperson"
				found = true
			}
			found = writtenNames(item) || found
		}
	}
	return found
}
