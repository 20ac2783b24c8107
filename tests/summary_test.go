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
	path := filepath.Join(t.TempDir(), "messages.yaml")
	require.NoError(t, os.WriteFile(path, []byte(`
http: { enabled: false }
input:
  generate: { count: 1, interval: "", mapping: 'root = {"consumer": "jane", "text": "hello"}' }
output:
  liveperson_message:
    account_id: "${LIVEPERSON_ACCOUNT_ID}"
    client_id: "${LIVEPERSON_CLIENT_ID}"
    client_secret: "${LIVEPERSON_CLIENT_SECRET}"
    domain_api: "${LIVEPERSON_DOMAIN_API}"
`), 0o600))
	stdout, stderr, err := process(t, nil, "run", "--sandbox", "--summary", path)
	require.NoError(t, err, stderr)
	assert.Contains(t, stdout, "\nEvents\nnone was read; messages and questions are not counted here\n")
	assert.NotContains(t, stdout, "dead letters (failed)")
	assertRows(t, stdout, "send +1")
}
