package tests

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Messages are no events. The summary of a pipeline that has only messages says so, instead of a table of zeros.
func TestTheSummaryOfMessages(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "none.jsonl")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	stdout, stderr, err := process(t, []string{"EVENTS_FILE=" + path}, "run", "--sandbox", "--summary", "--set", "http.enabled=false", "--set", `input={"generate":{"count":1,"interval":"","mapping":"root = {\"consumer\":\"jane\",\"text\":\"hello\"}"}}`, "config/messaging-out.yaml")
	require.NoError(t, err, stderr)
	assert.Contains(t, stdout, "\nEvents\nnone was read; messages and questions are not counted here\n")
	assert.NotContains(t, stdout, "dead letters (failed)")
}
