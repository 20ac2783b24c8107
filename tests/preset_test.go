package tests

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPresetsCanBeExportedAndUsedAnywhere(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "own", "bloblang")
	stdout, stderr, err := process(t, nil, "preset", "export", folder)
	require.NoError(t, err, stderr)
	assert.Contains(t, stdout, fmt.Sprintf("- mapping: from %q", filepath.Join(folder, "retail.blobl")))

	config := filepath.Join(t.TempDir(), "config.yaml")
	require.NoError(t, os.WriteFile(config, []byte(fmt.Sprintf(`
http: { enabled: false }
logger: { level: "NONE" }
input: { generate: { count: 1, interval: "", mapping: 'root = {"type": "track", "event": "Order Completed", "anonymousId": "a1", "properties": {"order_id": "o-1", "revenue": 5}}' } }
pipeline:
  threads: 1
  processors:
    - mapping: |
        meta liveperson_options = {"issuer": "shop.example.com", "acr": "loa1"}
        root = this
    - mapping: from %q
output: { stdout: {} }
`, filepath.Join(folder, "retail.blobl"))), 0o600))
	cmd := command(t, nil, "run", config)
	cmd.Dir = t.TempDir() // another folder than that of the files
	out, err := cmd.Output()
	require.NoError(t, err)
	assert.JSONEq(t, `{"consumerId":"a1","identities":[{"iss":"shop.example.com","acr":"loa1","sub":"a1"}],"entryPoints":[],
		"engagementAttributes":[{"type":"purchase","total":5,"orderId":"o-1"}]}`, string(out))

	_, stderr, err = process(t, nil, "preset", "export", folder)
	require.NoError(t, err, "the same files again: %s", stderr)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "page.blobl"), []byte("# my own\n"), 0o600))
	_, stderr, err = process(t, nil, "preset", "export", folder)
	require.Error(t, err)
	assert.Contains(t, stderr, "page.blobl is there already and differs")
	text, err := os.ReadFile(filepath.Join(folder, "page.blobl"))
	require.NoError(t, err)
	assert.Equal(t, "# my own\n", string(text))
	_, stderr, err = process(t, nil, "preset", "export", "--force", folder)
	require.NoError(t, err, stderr)
	_, stderr, err = process(t, nil, "preset", "export")
	require.Error(t, err)
	assert.Contains(t, stderr, "preset export DIR")
}
