package tests

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// reportTo is an output that reads the account from the environment.
const reportTo = `liveperson_report: { account_id: "${LIVEPERSON_ACCOUNT_ID}", app_installation_id: "${LIVEPERSON_APP_INSTALLATION_ID}", domain_api: "${LIVEPERSON_DOMAIN_API}" }`

func writeConfig(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestDoctorOfAConfigThatIsWell(t *testing.T) {
	t.Parallel()
	letters := filepath.Join(t.TempDir(), "letters.jsonl")
	p := newPatient(t, sandbox.Options{}, nil)
	e := p.examine(t, []string{"DEAD_LETTER_FILE=" + letters}, "config/retail.yaml")
	assert.Equal(t, 0, e.code, e.stdout)
	assert.Equal(t, "ok", e.status, e.stdout)
	assert.Equal(t, []string{"config_settings", "config_order", "config_deadlines", "config_dead_letters", "dns", "domain_api"}, e.only("ok")[:6])
	assert.Contains(t, e.of("config_deadlines"), "(3m30s)")
	assert.NoFileExists(t, letters, "nothing ran")
	assert.NotContains(t, p.page(t, "/sandbox/good"), `"endpoint":"report"`)
}

// The account comes from the config. Flags count only for what it does not say.
func TestDoctorTakesTheAccountFromTheConfig(t *testing.T) {
	t.Parallel()
	config := writeConfig(t, `{ pipeline: { threads: 1 }, output: { fallback: [ { liveperson_report: { account_id: "87654321", app_installation_id: app-1, domain_api: "${LIVEPERSON_DOMAIN_API}" } }, { drop: {} } ] } }`)
	e := newPatient(t, sandbox.Options{}, nil).examine(t, nil, config)
	assert.Contains(t, e.of("domain_api"), "LivePerson does not know the account")
}

func TestDoctorFindsWhatIsWrongWithAConfig(t *testing.T) {
	t.Parallel()
	file := writeConfig(t, "not a folder")
	const letters = "fallback: [ { " + reportTo + " }, { drop: {} } ]"
	for name, test := range map[string]struct {
		config string
		check  string
		want   string
	}{
		"threads": {
			"{ pipeline: { processors: [ { liveperson_retail: {} } ] }, output: { " + letters + " } }", "config_order",
			"warning: pipeline.threads is not 1, so events of a consumer can overtake each other before liveperson_report sees them: set pipeline: { threads: 1 }",
		},
		"threads, and no order asked for": {
			"{ output: { " + strings.Replace(letters, "account_id", "ordering: none, account_id", 1) + " } }", "config_order", "ok: nothing in this config needs an order",
		},
		"threads, and nothing for them to do": {
			"{ output: { " + letters + " } }", "config_order", "ok: one thread",
		},
		"a broker that spreads": {
			"{ pipeline: { threads: 1 }, output: { broker: { pattern: round_robin, outputs: [ { " + letters + " } ] } } }", "config_order", "warning: output: the broker's pattern round_robin spreads",
		},
		"no dead letters": {
			"{ pipeline: { threads: 1 }, output: { " + reportTo + " } }", "config_dead_letters", "warning: output: is not inside a fallback output",
		},
		"no dead letters, and a sender who is told": {
			"{ input: { http_server: {} }, output: { " + reportTo + " } }", "config_dead_letters", "ok: ",
		},
		"retry": {
			"{ pipeline: { threads: 1 }, output: { fallback: [ { retry: { output: { " + reportTo + " } } }, { drop: {} } ] } }", "config_dead_letters",
			"warning: output.fallback.0.retry.output: is inside a retry output",
		},
		"a deadline by default": {
			"{ input: { http_server: {} }, output: { " + letters + " } }", "config_deadlines",
			"warning: input: timeout of http_server is 5s, and the output retries an event for up to 3m30s",
		},
		"a deadline that is long enough for short retries": {
			"{ input: { http_server: { timeout: 45s } }, output: { " + strings.Replace(letters, "account_id", `retry_pauses: [1s], timeout: 20s, account_id`, 1) + " } }", "config_deadlines",
			"ok: no deadline of an input that the config shows is shorter than the output's retries (41s)",
		},
		"a variable that is not set": {
			`{ input: { file: { paths: [ "${NOT_SET_HERE}" ] } }, output: { ` + letters + " } }", "config_settings", "NOT_SET_HERE",
		},
		"a field that does not exist": {
			"{ output: { " + letters + " }, pipeline: { thread: 1 } }", "config_settings", "failed: line 1: field thread not recognised",
		},
		"an input of another binary": {
			"{ input: { kafka_tapes: {} }, output: { " + letters + " } }", "config_settings", "kafka_tapes",
		},
		"an account that is empty": {
			"{ output: { fallback: [ { liveperson_report: { account_id: '${NOT_SET_HERE:}', app_installation_id: a } }, { drop: {} } ] } }", "account", "failed: account_id: must not be empty",
		},
		"two accounts": {
			"{ output: { broker: { outputs: [ { " + letters + " }, { liveperson_report: { account_id: '87654321', app_installation_id: a } } ] } } }", "account", "failed: output.broker.outputs.1: has another account_id",
		},
		"a cache that can't be read": {
			"{ output: { " + letters + " }, cache_resources: [ { label: sessions, file: { directory: " + file + " } } ] }", "cache_sessions", "failed: file can't be read: ",
		},
		"a cache that can": {
			"{ output: { " + letters + " }, cache_resources: [ { label: sessions, memory: {} } ] }", "cache_sessions", "ok: memory can be read",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newPatient(t, sandbox.Options{}, nil).examine(t, nil, writeConfig(t, test.config))
			assert.Contains(t, e.of(test.check), test.want, e.stdout)
			assert.Equal(t, strings.Contains(e.stdout, `"status": "failed"`), e.code == 1, e.stdout)
		})
	}
}

// An outage is told apart from what needs a change.
func TestDoctorTellsTemporaryFailuresApart(t *testing.T) {
	t.Parallel()
	down := func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.URL.Path, "/report") {
			return false
		}
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	}
	p := newPatient(t, sandbox.Options{}, down)
	e := p.examine(t, nil, "config/retail.yaml")
	assert.Equal(t, []string{"monitoring"}, e.only("failed"))
	assert.Equal(t, 4, e.code)
	assert.Contains(t, e.stdout, `"temporary": true`)

	e = p.examine(t, []string{"LIVEPERSON_CLIENT_SECRET=wrong-one"})
	assert.Equal(t, []string{"monitoring", "app_token"}, e.only("failed"))
	assert.Equal(t, 1, e.code, "one failure needs a change")
}

// The secrets of a config come before those of the variables.
func TestDoctorTriesEachSecretOfTheConfig(t *testing.T) {
	t.Parallel()
	config := writeConfig(t, `
input:
  liveperson_webhook:
    account_id: "`+sandbox.DefaultAccountID+`"
    client_id: `+sandbox.DefaultClientID+`
    client_secrets: [ wrong-one, "`+webhookSecret+`" ]
output: { drop: {} }
`)
	hook := runWebhook(t, "")
	e := newPatient(t, sandbox.Options{}, nil).examine(t, nil, "--endpoint", hook.url, config)
	assert.Contains(t, e.of("webhook_secret_1"), "failed: a notification that is signed with client_secrets[0] is refused with 401: ")
	assert.Equal(t, "ok: a notification that is signed with client_secrets[1] is accepted", e.of("webhook_secret_2"))
	assert.Empty(t, hook.messages, "the pipeline gets nothing")
}
