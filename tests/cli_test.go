package tests

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// asCLI in the environment makes the test binary behave as benthos-liveperson.
const asCLI = "TEST_AS_BENTHOS_LIVEPERSON=1"

// process runs the command line in a process of its own, as `run` wants it:
// Benthos ends the process some time after a pipeline has ended. The environment
// is the given one alone.
func process(t *testing.T, env []string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	cmd := command(t, env, args...)
	var out, errOut strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err = cmd.Run()
	return out.String(), errOut.String(), err
}

// command is a process that has not begun.
func command(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	// Of a variable that is given twice the last one counts.
	cmd.Env = append([]string{asCLI, "DEAD_LETTER_FILE=" + filepath.Join(t.TempDir(), "letters.jsonl")}, env...)
	return cmd
}

func assertRows(t *testing.T, table string, rows ...string) {
	t.Helper()
	for _, row := range rows {
		assert.Regexp(t, regexp.MustCompile(`(?m)^ *`+row+`( .*)?$`), table)
	}
}

func lines(t *testing.T, path string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

func TestQuickstart(t *testing.T) {
	t.Parallel()
	letters := filepath.Join(t.TempDir(), "letters.jsonl")
	stdout, stderr, err := process(t, []string{"DEAD_LETTER_FILE=" + letters}, "run", "--sandbox", "config/quickstart.yaml")
	require.NoError(t, err, stderr)
	_, table, found := strings.Cut(stdout, "LivePerson sandbox\n")
	require.True(t, found, stdout)
	assertRows(t, table, "reports +312", "cartStatus +29", "ctmrinfo +14", "lead +10", "mrktInfo +3", "personal +14", "prodView +94", "purchase +21", "searchContent +35", "404/37 +2")
	assert.Len(t, lines(t, letters), 6, "the broken events")
}

func TestProductionConfigRunsAgainstTheSandbox(t *testing.T) {
	t.Parallel()
	stdout, stderr, err := process(t, []string{
		"EVENTS_FILE=config/quickstart/events.jsonl",
		"LIVEPERSON_ACCOUNT_ID=87654321",
		"LIVEPERSON_APP_INSTALLATION_ID=",
	}, "run", "--sandbox", "--set", "http.enabled=false", "config/retail.yaml")
	require.NoError(t, err, stderr)
	assertRows(t, stdout, "reports +312")
}

func TestASandboxThatNobodyAskedSaysSo(t *testing.T) {
	t.Parallel()
	config := filepath.Join(t.TempDir(), "config.yaml")
	require.NoError(t, os.WriteFile(config, []byte("http: { enabled: false }\ninput: { generate: { count: 1, mapping: 'root = {}' } }\noutput: { drop: {} }"), 0o600))
	stdout, stderr, err := process(t, nil, "run", "--sandbox", config)
	require.NoError(t, err, stderr)
	assert.Contains(t, stdout, "nothing was asked of it; a component reaches it by: domain_api: ${LIVEPERSON_DOMAIN_API:https://api.liveperson.net}")

	stdout, stderr, err = process(t, []string{"EVENTS_FILE=config/quickstart/events.jsonl"}, "run", "--sandbox", "--set", "http.enabled=false", "config/retail.yaml")
	require.NoError(t, err, stderr)
	assert.NotContains(t, stdout, "nothing was asked")
}

func TestClickstream(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rows, letters := filepath.Join(dir, "rows.csv"), filepath.Join(dir, "letters.jsonl")
	require.NoError(t, os.WriteFile(rows, []byte(`event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session
2020-05-01 10:00:00 UTC,view,11,2103807459595387724,,acme,35.79,u1,s1
2020-05-01 10:00:01 UTC,cart,11,2103807459595387724,,acme,35.79,u1,s1
2020-05-01 10:00:02 UTC,cart,12,2053013552326770905,garden.tools,,4.20,u1,s1
2020-05-01 10:00:03 UTC,purchase,12,2053013552326770905,garden.tools,,4.20,u1,s1
2020-05-01 10:00:04 UTC,cart,13,2053013552326770905,garden.tools,,1.00,u1,s1
2020-05-01 10:00:05 UTC,view,13,2053013552326770905,garden.tools,,gratis,u2,s2
2020-05-01 10:00:06 UTC,compare,13,2053013552326770905,garden.tools,,1.00,u1,s1
`), 0o600))
	stdout, stderr, err := process(t, []string{"CLICKSTREAM_CSV=" + rows, "DEAD_LETTER_FILE=" + letters},
		"run", "--sandbox", "config/clickstream.yaml")
	require.NoError(t, err, stderr)
	assertRows(t, stdout, "reports +5", "cartStatus +3", "prodView +1", "purchase +1")
	failed := lines(t, letters)
	require.Len(t, failed, 2)
	assert.Contains(t, strings.Join(failed, "\n"), "properties.price: expected a number")
	assert.Contains(t, strings.Join(failed, "\n"), "does not know this event")
}

func TestWrongSettingsAreToldClearly(t *testing.T) {
	t.Parallel()
	campaigns := filepath.Join(t.TempDir(), "campaigns.yaml")
	require.NoError(t, os.WriteFile(campaigns, []byte("engagements:\n  - { campaign_id: 1, engagement_id: 2, apis: [chat] }\n"), 0o600))
	tests := []struct {
		name string
		env  []string
		args []string
		want string
	}{
		{
			name: "no account", args: []string{"run", "config/quickstart.yaml"},
			want: "account_id: must not be empty (is the environment variable set",
		}, {
			name: "an account with a slash", env: []string{"LIVEPERSON_ACCOUNT_ID=1234/5678"}, args: []string{"run", "--sandbox", "config/quickstart.yaml"},
			want: "give the id alone",
		}, {
			name: "a trial run that would go to LivePerson", env: []string{"LIVEPERSON_MONITORING_DOMAIN=va.v.liveperson.net"},
			args: []string{"run", "--sandbox", "config/quickstart.yaml"}, want: "LIVEPERSON_MONITORING_DOMAIN is set to a host that is not this machine",
		}, {
			name: "a sandbox for everybody", args: []string{"sandbox", "--address", "0.0.0.0:0"}, want: "give it a password, or write 127.0.0.1:0",
		}, {
			name: "a password file that is empty", args: []string{"sandbox", "--address", "0.0.0.0:0", "--password-file", os.DevNull}, want: "write the secret into it",
		}, {
			name: "a password file that is not there", args: []string{"sandbox", "verify", "--password-file", "none", "README.md"}, want: "--password-file: open none",
		}, {
			name: "an argument too many", args: []string{"sandbox", "now"}, want: `got "now"`,
		}, {
			name: "wrong campaigns", args: []string{"sandbox", "--campaigns", campaigns},
			want: `campaigns.yaml: line 2: engagements[0]: apis: there is no "chat", only monitoring, app_engagement`,
		}, {
			name: "campaigns that are not there", args: []string{"sandbox", "--campaigns", "nothing.yaml"}, want: "--campaigns: open nothing.yaml",
		}, {
			name: "a webhook that is no URL", args: []string{"sandbox", "--webhook", "/hook"}, want: "--webhook: endpoint: must be a URL",
		}, {
			name: "webhooks twice", args: []string{"sandbox", "--webhook", "http://127.0.0.1:1", "--webhooks", "x"}, want: "only one of them",
		}, {
			name: "webhooks without a file", args: []string{"sandbox", "--webhooks", "missing.yaml"}, want: "--webhooks: open missing.yaml",
		}, {
			name: "an agent without a script", args: []string{"sandbox", "--agent", "go.mod"}, want: "--agent: go.mod: line 1",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			stdout, stderr, err := process(t, test.env, test.args...)
			require.Error(t, err)
			assert.Contains(t, stdout+stderr, test.want)
		})
	}
}

// A value that is none of a field's is told with the field and its values.
func TestLintTellsTheValuesOfAField(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "wrong.yaml")
	require.NoError(t, os.WriteFile(path, []byte(`
pipeline:
  processors:
    - liveperson_map: { preset: retial }
    - liveperson_retail: { sde_names: Signal, unmapped: fail }
    - liveperson_privacy: { contacts: mask, consent: { default: maybe } }
    - liveperson_identity: { keys_file: keys.pem, on_invalid: ignore }
    - liveperson_cart: { key: session }
output:
  liveperson_report: { account_id: "1", app_installation_id: "2", method: GET, validation: loose }
`), 0o600))
	stdout, stderr, err := process(t, nil, "lint", path)
	require.Error(t, err)
	for _, want := range []string{
		"preset: expected one of account, from_ga4, from_rudderstack, from_segment, from_snowplow, impressions, lead_generation, retail",
		"unmapped: expected one of drop, error",
		"contacts: expected one of hash, keep, strip",
		"default: expected one of allow, deny",
		"on_invalid: expected one of anonymous, error",
		"key: expected one of cart_id, consumer",
		"method: expected one of POST, PUT",
		"validation: expected one of off, strict, warn",
	} {
		assert.Contains(t, stdout+stderr, want)
	}
	assert.NotContains(t, stdout+stderr, "sde_names", "case does not matter")
}

func TestLintPassesWithoutAnyVariable(t *testing.T) {
	t.Parallel()
	_, stderr, err := process(t, nil, "lint", "./config/...")
	require.NoError(t, err, stderr)
}
