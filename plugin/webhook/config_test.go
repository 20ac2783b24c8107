package webhook

import (
	"strings"
	"testing"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestConfig(t *testing.T) {
	t.Parallel()
	c, err := testConfigWith(t, "")
	require.NoError(t, err)
	assert.Equal(t, config{
		accountID: testAccount, clientID: testClient, clientSecrets: []string{testSecret}, path: "/liveperson/webhook", address: "127.0.0.1:4196",
		events:     map[string]bool{contentEvent: true, richContentEvent: true, acceptStatusEvent: true, chatStateEvent: true, conversationChange: true},
		ackTimeout: 2 * time.Second, maxBodyBytes: 1 << 20,
	}, c)
}

func TestBadConfig(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, yaml  string
		errContains string
	}{
		{name: "no account", yaml: `account_id: ""`, errContains: "account_id: is empty"},
		{name: "no app", yaml: `client_id: ""`, errContains: "client_id: is empty"},
		{name: "no secrets", yaml: `client_secrets: []`, errContains: "client_secrets: is empty"},
		{name: "unset secrets", yaml: `client_secrets: [ "" ]`, errContains: "client_secrets: is empty"},
		{name: "a path that is none", yaml: `path: liveperson`, errContains: "path: expected a path such as /liveperson/webhook"},
		{name: "a path with a pattern", yaml: `path: /{id}`, errContains: "path: expected"},
		{name: "a path that ends in a slash", yaml: `path: /liveperson/`, errContains: "path: expected"},
		{name: "an unknown type", yaml: `events: [ ChatEvent ]`, errContains: `events: there is no "ChatEvent", only AcceptStatusEvent`},
		{name: "no types", yaml: `events: []`, errContains: "events: name at least one"},
		{name: "longer than LivePerson waits", yaml: `ack_timeout: 5s`, errContains: "ack_timeout: must be less than 5s"},
		{name: "no time at all", yaml: `ack_timeout: 0s`, errContains: "ack_timeout: must be more"},
		{name: "no bodies", yaml: `max_body_bytes: 0`, errContains: "max_body_bytes: must be from 1 to 67108864"},
		{name: "a byte more than bodies may have", yaml: `max_body_bytes: 67108865`, errContains: "max_body_bytes: must be from 1 to 67108864"},
		{name: "a product that overflows", yaml: `max_body_bytes: 288230376151711744`, errContains: "max_body_bytes: must be from 1 to 67108864"},
		{name: "the longest int", yaml: `max_body_bytes: 9223372036854775807`, errContains: "max_body_bytes: must be from 1 to 67108864"},
		{name: "longer than an int", yaml: `max_body_bytes: 1e30`, errContains: "max_body_bytes: must be from 1 to 67108864"},
		{name: "a blank secret", yaml: `client_secrets: [ " " ]`, errContains: "client_secrets: is blank"},
		{name: "a blank secret beside another", yaml: `client_secrets: [ old, "\t\r\n " ]`, errContains: "client_secrets: is blank"},
		{name: "a secret of a space that is not ASCII", yaml: `client_secrets: [ "\u00a0" ]`, errContains: "client_secrets: is blank"},
		{name: "half of TLS", yaml: "address: 127.0.0.1:0\ncert_file: a.pem", errContains: "cert_file and key_file: give both"},
		{name: "TLS on the service's server", yaml: "address: ''\ncert_file: a.pem\nkey_file: b.pem", errContains: "need address"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			parsed, err := spec().ParseYAML(testConfigButFor(test.yaml)+test.yaml, nil)
			require.NoError(t, err)
			_, err = configFromParsed(parsed)
			require.ErrorContains(t, err, test.errContains)
			assert.NotContains(t, err.Error(), testSecret)
		})
	}
}

// testConfigButFor returns the test config without the field that the YAML sets.
func testConfigButFor(yaml string) string {
	field, _, _ := strings.Cut(yaml, ":")
	var kept strings.Builder
	for line := range strings.Lines(testConfig) {
		if yaml == "" || !strings.HasPrefix(line, field+":") {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

func TestUnknownCaches(t *testing.T) {
	t.Parallel()
	for _, field := range []string{"dedupe_cache", "conversation_cache"} {
		c, err := testConfigWith(t, field+": nowhere")
		require.NoError(t, err)
		_, err = newReceiver(c, service.MockResources())
		require.ErrorContains(t, err, field+`: there is no cache resource labelled "nowhere"`)
	}
}

func TestLint(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, yaml   string
		lintContains string // empty: the config passes
	}{
		{name: "the least that is needed", yaml: ""},
		{name: "all of TLS", yaml: "address: 0.0.0.0:8443\ncert_file: a.pem\nkey_file: b.pem"},
		{name: "some types", yaml: "events: [ ContentEvent, ConversationChange ]"},
		{name: "an unknown type", yaml: "events: [ ChatEvent ]", lintContains: "expected one of AcceptStatusEvent"},
		{name: "no types", yaml: "events: []", lintContains: "name at least one type"},
		{name: "half of TLS", yaml: "address: 0.0.0.0:8443\nkey_file: b.pem", lintContains: "cert_file and key_file: give both"},
		{name: "TLS on the service's server", yaml: "address: ''\ncert_file: a.pem\nkey_file: b.pem", lintContains: "need address"},
		{name: "no path", yaml: "path: liveperson", lintContains: "expected a path"},
		{name: "no duration", yaml: "ack_timeout: soon", lintContains: "expected a duration"},
		{name: "as long as LivePerson waits", yaml: "ack_timeout: 5s", lintContains: "less than 5s"},
		{name: "much longer", yaml: "ack_timeout: 1m", lintContains: "less than 5s"},
		{name: "short", yaml: "ack_timeout: 4900ms"},
		{name: "no bodies", yaml: "max_body_bytes: 0", lintContains: "must be from 1 to 67108864"},
		{name: "the longest bodies", yaml: "max_body_bytes: 67108864"},
		{name: "a byte more", yaml: "max_body_bytes: 67108865", lintContains: "must be from 1 to 67108864"},
		{name: "a product that overflows", yaml: "max_body_bytes: 288230376151711744", lintContains: "must be from 1 to 67108864"},
		{name: "the longest int", yaml: "max_body_bytes: 9223372036854775807", lintContains: "must be from 1 to 67108864"},
		{name: "an unset secret beside another", yaml: `client_secrets: [ new, "" ]`},
		{name: "a secret with a space", yaml: `client_secrets: [ "a b" ]`},
		{name: "a blank secret", yaml: `client_secrets: [ " " ]`, lintContains: "client_secrets: is blank"},
		{name: "a blank secret beside another", yaml: `client_secrets: [ old, "\t\v\r\n " ]`, lintContains: "client_secrets: is blank"},
		{name: "secrets of spaces that are not ASCII", yaml: `client_secrets: [ "\u0085\u00a0\u2003\u2028\u3000" ]`, lintContains: "client_secrets: is blank"},
	}
	linter := service.GlobalEnvironment().NewComponentConfigLinter()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			yaml := name + ":" + strings.ReplaceAll(testConfigButFor(test.yaml)+test.yaml, "\n", "\n  ")
			lints, err := linter.LintInputYAML([]byte(yaml))
			require.NoError(t, err)
			if test.lintContains == "" {
				assert.Empty(t, lints)
				return
			}
			require.NotEmpty(t, lints)
			assert.Contains(t, lints[0].Error(), test.lintContains)
		})
	}
}

func TestExamples(t *testing.T) {
	t.Parallel()
	linter := service.GlobalEnvironment().FullConfigSchema("", "").NewStreamConfigLinter().SetSkipEnvVarCheck(true)
	examples := 0
	service.GlobalEnvironment().WalkInputs(func(input string, view *service.ConfigView) {
		if input != name {
			return
		}
		data, err := view.TemplateData()
		require.NoError(t, err)
		for _, example := range data.Examples {
			lints, err := linter.LintYAML([]byte(example.Config))
			require.NoError(t, err)
			assert.Empty(t, lints, example.Title)
			examples++
		}
	})
	assert.Equal(t, 2, examples)
}
