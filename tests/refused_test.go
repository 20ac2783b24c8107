package tests

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/exit"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// If LivePerson refuses the account or the app, a job that reads a file ends by itself, with a special exit
// code. It logs the reason once.
func TestARefusedAccountEndsTheProcess(t *testing.T) {
	t.Parallel()
	s, url := newSandbox(t, sandbox.Options{})
	dir := t.TempDir()
	config := filepath.Join(dir, "config.yaml")
	require.NoError(t, os.WriteFile(config, []byte(`
http: {enabled: false}
input:
  file: {paths: [config/quickstart/events.jsonl], scanner: {lines: {}}}
pipeline:
  threads: 1
  processors: [{liveperson_map: {preset: retail}}]
output:
  liveperson_report:
    account_id: ${LIVEPERSON_ACCOUNT_ID}
    app_installation_id: ${LIVEPERSON_APP_INSTALLATION_ID}
    domain_api: ${LIVEPERSON_DOMAIN_API}
    on_refused_account: stop
`), 0o600))
	for name, ids := range map[string][2]string{
		"account": {"87654321", sandbox.DefaultAppInstallationID},
		"app key": {sandbox.DefaultAccountID, "wrong"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stdout, stderr, err := process(t, []string{
				"LIVEPERSON_ACCOUNT_ID=" + ids[0], "LIVEPERSON_APP_INSTALLATION_ID=" + ids[1], "LIVEPERSON_DOMAIN_API=" + url,
			}, "run", config)
			log := stdout + stderr
			assert.Equal(t, exit.AccountRefused, exitCode(t, err), log)
			assert.Equal(t, 1, strings.Count(log, "LivePerson refuses the account, and on_refused_account is stop"), log)
			assert.Zero(t, s.Summary().Reports)
		})
	}
}
