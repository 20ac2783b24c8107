package report

import (
	"strings"
	"testing"
	"time"

	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/session"
)

const required = "account_id: '12345678'\napp_installation_id: app\n"

func TestConfigErrorsNameTheField(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, yaml, errContains string
	}{
		{name: "account with a slash", yaml: "account_id: 12345678/app\napp_installation_id: app", errContains: "account_id: an account id has digits alone"},
		{name: "empty account", yaml: "account_id: ''\napp_installation_id: app", errContains: "account_id: must not be empty"},
		{name: "empty app installation", yaml: "account_id: '1'\napp_installation_id: ''", errContains: "app_installation_id: must not be empty"},
		{name: "app installation as a URL", yaml: "account_id: '1'\napp_installation_id: https://x/y", errContains: "app_installation_id"},
		{name: "domain with a path", yaml: required + "monitoring_domain: va.v.liveperson.net/api", errContains: "monitoring_domain"},
		{name: "plain http", yaml: required + "monitoring_domain: http://va.v.liveperson.net", errContains: "monitoring_domain: \"http://va.v.liveperson.net\": plain http is for loopback"},
		{name: "plain http for the Domain API", yaml: required + "domain_api: http://api.liveperson.net", errContains: "domain_api"},
		{name: "pause", yaml: required + "retry_pauses: [3s, soon]", errContains: `retry_pauses[1]: "soon" is not a duration`},
		{name: "negative pause", yaml: required + "retry_pauses: [-3s]", errContains: "retry_pauses[0]"},
		{name: "time-out", yaml: required + "timeout: soon", errContains: "timeout"},
		{name: "version", yaml: required + "api_version: '2.0'", errContains: `api_version: "2.0"`},
		{name: "method", yaml: required + "method: GET", errContains: "method: expected one of post, put"},
		{name: "coalescing without order", yaml: required + "ordering: none\ncoalesce: true", errContains: "coalesce: needs ordering: consumer"},
		{name: "no requests at all", yaml: required + "concurrency: 0", errContains: "concurrency: must be at least 1"},
		{name: "unknown cache", yaml: required + "session_cache: sesions", errContains: `session_cache: there is no cache resource labelled "sesions"`},
		{name: "unknown rate limit", yaml: required + "rate_limit: slow", errContains: `rate_limit: there is no rate limit resource labelled "slow"`},
		{name: "session lifetime", yaml: required + "session_lifetime: long", errContains: "session_lifetime"},
		{name: "dedupe", yaml: required + "dedupe: orders", errContains: `dedupe: expected off, purchases or events, got "orders"`},
		{name: "unknown dedupe cache", yaml: required + "dedupe: purchases\ndedupe_cache: orders", errContains: `dedupe_cache: there is no cache resource labelled "orders"`},
		{name: "no dedupe window", yaml: required + "dedupe_window: 0s", errContains: "dedupe_window: must be more than 0s"},
		{name: "dedupe window", yaml: required + "dedupe_window: long", errContains: "dedupe_window"},
		{name: "proxy", yaml: required + "proxy_url: 'user:secret'", errContains: "proxy_url"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := build(test.yaml)
			require.ErrorContains(t, err, test.errContains)
			assert.NotContains(t, err.Error(), "secret")
		})
	}
}

func TestConfigTakesWhatTheLinterTakes(t *testing.T) {
	t.Parallel()
	for _, yaml := range []string{"method: put", "dedupe: Events", "dedupe: off\ndedupe_cache: not looked for", "api_version: 1.1", "api_version: 1.0", "retry_pauses: []", "proxy_url: socks5://127.0.0.1:1080"} {
		_, err := build(required + yaml)
		assert.NoError(t, err, yaml)
	}
}

// build creates an output as Benthos does, without linting the config.
func build(yaml string) (*reportOutput, error) {
	parsed, err := spec().ParseYAML(yaml, nil)
	if err != nil {
		return nil, err
	}
	c, err := configFromParsed(parsed)
	if err != nil {
		return nil, err
	}
	return newOutput(c, service.MockResources())
}

func TestConfigDefaults(t *testing.T) {
	t.Parallel()
	parsed, err := spec().ParseYAML(required, nil)
	require.NoError(t, err)
	c, err := configFromParsed(parsed)
	require.NoError(t, err)

	assert.Equal(t, []time.Duration{3 * time.Second, 10 * time.Second, 30 * time.Second, 90 * time.Second}, c.requests.RetryPauses)
	assert.Equal(t, 1000, c.maxInFlight)
	assert.Equal(t, 64, c.requests.Concurrency)
	assert.True(t, c.ordered)
	assert.Equal(t, coalescing{maxCount: 20, maxBytes: 65536}, c.coalesce)
	assert.Equal(t, session.Limits{Lifetime: 6 * time.Hour, Idle: 30 * time.Minute}, c.sessions.Limits)
	assert.Equal(t, dedupeConfig{window: 24 * time.Hour}, c.dedupe)
	assert.Equal(t, "POST", c.monitoring.Method)
	assert.Equal(t, "1.0", c.monitoring.APIVersion)
	assert.True(t, c.monitoring.OnBehalfOfVisitor)
	assert.Equal(t, "https://api.liveperson.net", c.account.DomainAPI)
	assert.Equal(t, 10*time.Second, c.account.Timeout)
}

func TestLint(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, yaml, want string
	}{
		{name: "required fields alone", yaml: required},
		{name: "values of unset environment variables", yaml: "account_id: ''\napp_installation_id: ''\nmonitoring_domain: ''"},
		{name: "all fields", yaml: required + "monitoring_domain: va.v.liveperson.net\nmethod: PUT\napi_version: '1.1'\non_behalf_of_visitor: false\nretry_pauses: [1s, 1m30s]\ntimeout: 5s\nproxy_url: ''\ntls: {skip_cert_verify: true}\nmax_in_flight: 8\nordering: consumer\ncoalesce: true\ncoalesce_count: 5\ncoalesce_bytes: 1000\nconsumer: '${! content() }'\nsession_cache: sessions\nsession_lifetime: 1h\nsession_idle: 5m\nconcurrency: 8\nrate_limit: slow\ndedupe: events\ndedupe_cache: orders\ndedupe_window: 1h\nbatching: {count: 10}"},
		{name: "no account", yaml: "app_installation_id: app", want: "account_id is required"},
		{name: "account with a slash", yaml: "account_id: 1/2\napp_installation_id: app", want: "give the id alone"},
		{name: "time-out", yaml: required + "timeout: soon", want: "expected a duration such as 10s"},
		{name: "pause", yaml: required + "retry_pauses: [soon]", want: "retry_pauses: expected a list of durations"},
		{name: "method", yaml: required + "method: GET", want: "method: expected one of POST, PUT"},
		{name: "version", yaml: required + "api_version: '2.0'", want: "expected \"1.0\" or \"1.1\""},
		{name: "version without quotes", yaml: required + "api_version: 1.1"},
		{name: "dedupe", yaml: required + "dedupe: orders", want: "dedupe: expected one of events, off, purchases"},
		{name: "dedupe switched off", yaml: required + "dedupe: off"},
		{name: "dedupe window", yaml: required + "dedupe_window: soon", want: "expected a duration such as 10s"},
		{name: "unknown field", yaml: required + "acount_id: x", want: "acount_id"},
	}
	linter := service.GlobalEnvironment().NewComponentConfigLinter()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			lints, err := linter.LintOutputYAML([]byte("liveperson_report:\n" + indent(test.yaml)))
			require.NoError(t, err)
			if test.want == "" {
				assert.Empty(t, lints)
				return
			}
			var texts []string
			for _, lint := range lints {
				texts = append(texts, lint.What)
			}
			assert.Contains(t, strings.Join(texts, "\n"), test.want)
		})
	}
}

func indent(yaml string) string {
	return "  " + strings.ReplaceAll(strings.TrimSpace(yaml), "\n", "\n  ")
}
