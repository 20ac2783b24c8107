package tests

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The pipelines of the page about customizing are run with their tests, as a reader would.
func TestThePipelinesOfTheCustomizePagePassTheirTests(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("docs/customize.md")
	require.NoError(t, err)
	var files []string
	for i, block := range strings.Split(string(page), "```yaml\n")[1:] {
		config, _, found := strings.Cut(block, "```")
		require.True(t, found)
		require.Contains(t, config, "\ntests:\n")
		path := filepath.Join(t.TempDir(), fmt.Sprintf("customize-%d.yaml", i))
		require.NoError(t, os.WriteFile(path, []byte(config), 0o600))
		files = append(files, path)
	}
	require.Len(t, files, 5)
	stdout, stderr, err := process(t, nil, append([]string{"test"}, files...)...)
	require.NoError(t, err, stdout+stderr)
	assert.Equal(t, len(files), strings.Count(stdout, "succeeded"), stdout)
}
