package tests

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// asCLI in the environment makes the test binary behave as benthos-liveperson.
const asCLI = "TEST_AS_BENTHOS_LIVEPERSON=1"

// process runs the command line in its own process, because Benthos ends the process some time
// after a pipeline has ended. The process has only the given environment.
func process(t *testing.T, env []string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	cmd := command(t, env, args...)
	var out, errOut strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err = cmd.Run()
	if err != nil {
		assertToldOnPage(t, out.String()+errOut.String())
	}
	return out.String(), errOut.String(), err
}

// command returns a process that is not started yet.
func command(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	// If a variable is set twice, the last value counts.
	cmd.Env = append([]string{asCLI, "DEAD_LETTER_FILE=" + filepath.Join(t.TempDir(), "letters.jsonl")}, env...)
	return cmd
}

// watched starts a process. The end of the test kills it. Its standard input stays open until then.
func watched(t *testing.T, env []string, args ...string) (pid int, log *syncBuffer) {
	t.Helper()
	cmd := command(t, env, args...)
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	log = &syncBuffer{}
	cmd.Stdout, cmd.Stderr = log, log
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd.Process.Pid, log
}

func assertRows(t *testing.T, table string, rows ...string) {
	t.Helper()
	for _, row := range rows {
		assert.Regexp(t, regexp.MustCompile(`(?m)^ *`+row+`( .*)?$`), table)
	}
}

func lines(t testing.TB, path string) []string {
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
	assertRows(t, table, "reports +312", "cart +29", "ctmrinfo +14", "lead +10", "mrktInfo +3", "personal +14", "prodView +94", "purchase +21", "searchInfo +35", "404/37 +2")
	assert.Len(t, lines(t, letters), 6, "the broken events")
	_, table, found = strings.Cut(stdout, "\nEvents\n")
	require.True(t, found, stdout)
	assertRows(t, table, "read +326", "reported +312", "dropped, unknown to the preset +2", "dropped, of no use to the preset +6", "dead letters \\(failed\\) +6")
	assert.NotContains(t, stdout, "Failed to send message", "a dead letter is no error")
	assert.NotContains(t, stdout, "level=error")
	assert.Equal(t, 1, strings.Count(stdout, "is unknown to the preset retail"), "one line for both")
}

// The quickstart's reports are what a strict sandbox takes. The two that it refuses at first name
// visits that do not exist.
func TestTheQuickstartIsStrict(t *testing.T) {
	t.Parallel()
	s, address := newSandbox(t, sandbox.Options{Strict: true})
	runAt(t, address, "config/quickstart.yaml")
	summary := s.Summary()
	assert.Equal(t, 312, summary.Reports)
	for _, reject := range summary.Rejects {
		assert.Equal(t, 404, reject.Status, "%+v", reject)
	}
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
	assert.Contains(t, stdout, "it got no requests; to reach it, a component needs: domain_api: ${LIVEPERSON_DOMAIN_API:https://api.liveperson.net}")

	stdout, stderr, err = process(t, []string{"EVENTS_FILE=config/quickstart/events.jsonl"}, "run", "--sandbox", "--set", "http.enabled=false", "config/retail.yaml")
	require.NoError(t, err, stderr)
	assert.NotContains(t, stdout, "it got no requests")
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
	assertRows(t, stdout, "reports +5", "cart +3", "prodView +1", "purchase +1")
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
			want: "account_id: must not be empty: check that its environment variable is set",
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

// The error about a typo in a file has the file, the line, the probable name and the known names. It has no types of Go.
func TestTyposInFilesAreTold(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args []string // the file comes last
		text string
		says string
	}{
		"a webhook's member":  {[]string{"sandbox", "--webhooks"}, "speed: 1\nspedd: 3\n", `line 2: there is no member "spedd": write speed; there are endpoint, max_retries, headers, events, retry, algorithm,`},
		"an event's member":   {[]string{"sandbox", "--webhooks"}, "events:\n  cqm.ExConversationChangeNotification: { endpont: \"https://hunter2\" }\n", `line 2: events.cqm.ExConversationChangeNotification: there is no member "endpont": write endpoint; there are endpoint, max_retries, headers`},
		"a retry's member":    {[]string{"sandbox", "--webhooks"}, "retry: { retention: 5 }\n", `line 1: retry: there is no member "retention": write retention_time; there are retention_time`},
		"a fault's member":    {[]string{"sandbox", "--webhooks"}, "faults:\n  - { fualt: duplicate }\n", `line 2: faults[0]: there is no member "fualt": write fault;`},
		"a header's member":   {[]string{"sandbox", "--webhooks"}, "headers: [{ name: hunter2 }]\n", `line 1: headers[0]: there is no member "name"; there are header_name, header_value`},
		"a list of webhooks":  {[]string{"sandbox", "--webhooks"}, "- endpoint: https://hunter2\n", "line 1: expected an object with endpoint,"},
		"a secret's place":    {[]string{"sandbox", "--webhooks"}, "headers: hunter2\n", "line 1: headers: expected a list, got text"},
		"a chaos rule":        {[]string{"sandbox", "--chaos"}, "rules:\n  - { endpoint: all, probabilty: 0.5 }\n", `line 2: rules[0]: there is no member "probabilty": write probability; there are name, endpoint, account`},
		"a chaos rule's time": {[]string{"sandbox", "--chaos"}, "rules: [{ endpoint: all, latency: soon }]\n", `line 1: rules[0].latency: "soon" is not a duration such as 30s or 1m30s`},
		"a quota":             {[]string{"sandbox", "--chaos"}, "rules: [{ endpoint: all, quota: { call: 5 } }]\n", `line 1: rules[0].quota: there is no member "call": write calls; there are calls, per`},
		"a campaign":          {[]string{"sandbox", "--campaigns"}, "engagments: []\n", `line 1: there is no member "engagments": write engagements; there are engagements`},
		"a condition":         {[]string{"sandbox", "--campaigns"}, "engagements:\n  - when:\n      - atleast: 5\n", `line 3: engagements[0].when[0]: there is no member "atleast": write at_least; there are attribute, member,`},
		"an agent's rule":     {[]string{"sandbox", "--agent"}, "rules:\n  - { contain: x }\n", `line 2: rules[0]: there is no member "contain": write contains; there are contains, matches, delay, manager, note, answer, rich, quick_replies, file, form, transfer, leave, close, close_by`},
		"an agent's pattern":  {[]string{"sandbox", "--agent"}, "rules: [{ matches: '(', answer: x }]\n", "line 1: rules[0]: matches: error parsing regexp: missing closing )"},
		"a file with tabs":    {[]string{"sandbox", "--agent"}, "rules:\n\t- x\n", "line 2: found character that cannot start any token"},
		"a file that is none": {[]string{"sandbox", "--campaigns"}, "\x00\x01", "control characters are not allowed"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "file.yaml")
			require.NoError(t, os.WriteFile(path, []byte(test.text), 0o600))
			stdout, stderr, err := process(t, nil, append(test.args, path)...)
			require.Error(t, err)
			said := stdout + stderr
			assert.Contains(t, said, test.args[1]+": "+path+": "+test.says)
			for _, never := range []string{"struct", "messaging.", ": yaml: ", "unmarshal", "hunter2", "[]"} {
				assert.NotContains(t, said, never)
			}
		})
	}
}

// The error about a wrong flag names the flag and says what to write.
func TestWrongFlagsAreToldByName(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "expectations.yaml")
	require.NoError(t, os.WriteFile(path, []byte("expect: [{count: 1}]"), 0o600))
	typo := filepath.Join(t.TempDir(), "typo.yaml")
	require.NoError(t, os.WriteFile(typo, []byte("expect:\n  - { cuont: 1 }\n"), 0o600))
	write := func(name, text string) string {
		path := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	empty, tab, order := write("empty.yaml", ""), write("tab.yaml", "expect:\n\t- count: 1\n"), write("order.yaml", "expect: [{ types: [order], count: 1 }]")
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<html>", http.StatusNotImplemented) }))
	t.Cleanup(other.Close)
	address, _ := sandboxWith(t, nil)
	tests := []struct {
		args []string
		says string
	}{
		{[]string{"sandbox", "--keep", "many"}, "--keep: must be a whole number such as 50000"},
		{[]string{"sandbox", "--keep", "1.5"}, "--keep: must be a whole number such as 50000"},
		{[]string{"sandbox", "--keep="}, "--keep: must be a whole number such as 50000"},
		{[]string{"sandbox", "--keep", "99999999999999999999"}, "--keep: must be a whole number such as 50000"},
		{[]string{"sandbox", "--keep-mib", "big"}, "--keep-mib: must be a whole number such as 256"},
		{[]string{"sandbox", "--loading-calls", "x"}, "--loading-calls: must be a whole number such as 3"},
		{[]string{"sandbox", "--keep-for", "5"}, "--keep-for: must be a time such as 24h0m0s"},
		{[]string{"sandbox", "--session-lifetime", "long"}, "--session-lifetime: must be a time such as 6h0m0s"},
		{[]string{"sandbox", "--strict=maybe"}, "--strict: must be true or false, or without a value"},
		{[]string{"sandbox", "--address", "8900"}, "--address: reading the listen address"},
		{[]string{"sandbox", "--address", ""}, "write it as 127.0.0.1:8900"},
		{[]string{"sandbox", "--address", "127.0.0.1:99999"}, "--address: resolving the listen address: address 99999: invalid port; write it as 127.0.0.1:8900"},
		{[]string{"sandbox", "--address", "127.0.0.1:http:8"}, "--address: reading the listen address"},
		{[]string{"sandbox", "--adress", "127.0.0.1:0"}, "there is no flag --adress; see benthos-liveperson sandbox --help"},
		{[]string{"sandbox", "--keep"}, "--keep: must have a value"},
		{[]string{"sandbox", "verify", "--wait", "soon", path}, "--wait: must be a time such as 30s"},
		{[]string{"sandbox", "verify", "--wait", "-5s", path}, "--wait: must be a time such as 30s, not negative"},
		{[]string{"sandbox", "verify", "--at", "localhost:8900", path}, "--at: must be an address such as http://127.0.0.1:8900"},
		{[]string{"sandbox", "verify", "--at", "127.0.0.1:8900", path}, "--at: must be an address such as http://127.0.0.1:8900"},
		{[]string{"sandbox", "verify", "--at", "ftp://127.0.0.1", path}, "--at: must be an address such as http://127.0.0.1:8900"},
		{[]string{"sandbox", "verify", "--at", "", path}, "--at: must be an address such as http://127.0.0.1:8900"},
		{[]string{"sandbox", "verify", "--at", address, typo}, `typo.yaml: the sandbox does not accept these expectations: line 2: expect[0]: there is no member "cuont": write count; there are name,`},
		{[]string{"sandbox", "verify", "--at", address, "missing.yaml"}, "the expectations can't be read: open missing.yaml"},
		{[]string{"sandbox", "verify", "--at", address, filepath.Dir(path)}, "the expectations can't be read: read "},
		{[]string{"sandbox", "verify", path, "--at", address}, "verify takes one argument, the file of expectations, behind the flags"},
		{[]string{"sandbox", "verify", "--at", address, empty}, "expect: must be a list of expectations, such as"},
		{[]string{"sandbox", "verify", "--at", address, tab}, "line 2: found character that cannot start any token: YAML is indented with spaces"},
		{[]string{"sandbox", "verify", "--at", address, order}, `there is no type "order"; the types are cart,`},
		{[]string{"sandbox", "verify", "--at", strings.Replace(address, "http:", "https:", 1), path}, "--at: the sandbox speaks plain HTTP: write http://"},
		{[]string{"sandbox", "verify", "--at", address + "/sandbox", path}, "something other than a sandbox answers at " + address + "/sandbox (404 Not Found): --at must be"},
		{[]string{"sandbox", "verify", "--at", other.URL, path}, "something other than a sandbox answers at " + other.URL + " (501 Not Implemented)"},
		{[]string{"sandbox", "verify", "--at", "http://u:geheim@127.0.0.1:1", path}, "no sandbox answers at http://u:xxxxx@127.0.0.1:1: "},
		{[]string{"tail", "--at", "http://127.0.0.1:1"}, "start one with `benthos-liveperson sandbox`, or name its address with --at"},
		{[]string{"tail", "--at", other.URL}, "something other than a sandbox answers at"},
		{[]string{"sandbox", "verfiy", path}, `sandbox takes no arguments, got "verfiy"; its only command is verify`},
		{[]string{"doctor", "--timeout", "soon"}, "--timeout: must be a time such as 10s"},
		{[]string{"doctor", "--send=maybe"}, "--send: must be true or false, or without a value"},
		{[]string{"doctor", "--sent"}, "there is no flag --sent"},
		{[]string{"manifest", "--retention", "1"}, "--retention: must be a time such as 30s"},
	}
	for _, test := range tests {
		t.Run(strings.Join(test.args[:min(len(test.args), 4)], " "), func(t *testing.T) {
			t.Parallel()
			stdout, stderr, err := process(t, nil, test.args...)
			require.Error(t, err)
			assert.Contains(t, stdout+stderr, test.says)
		})
	}
}

// The error about a wrong value names the field and lists its values.
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
		"preset: expected one of account, b2b_saas, from_ga4, from_rudderstack, from_segment, from_snowplow, impressions, lead_generation, retail",
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
	configs, err := filepath.Glob("config/*.yaml")
	require.NoError(t, err)
	_, stderr, err := process(t, nil, append([]string{"lint"}, configs...)...)
	require.NoError(t, err, stderr)
}

func TestAWrongMemoryLimitIsTold(t *testing.T) {
	t.Parallel()
	_, stderr, err := process(t, []string{"AUTOMEMLIMIT=much"}, "--version")
	require.NoError(t, err)
	assert.Contains(t, stderr, "AUTOMEMLIMIT: much. Set GOMEMLIMIT")
}
