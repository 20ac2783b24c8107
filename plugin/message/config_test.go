package message

import (
	"fmt"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func build(yaml string) error {
	for _, spec := range []*service.ConfigSpec{outputSpec(), processorSpec()} {
		parsed, err := spec.ParseYAML(yaml, nil)
		if err != nil {
			return err
		}
		c, err := configFromParsed(parsed)
		if err != nil {
			return err
		}
		if _, err := newEngine(c, service.MockResources()); err != nil {
			return err
		}
	}
	return nil
}

func TestConfigErrorsNameTheField(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ yaml, errContains string }{
		"account":         {"account_id: 1/2\nclient_id: a\nclient_secret: hush", "account_id"},
		"no id":           {"account_id: '1'\nclient_id: ''\nclient_secret: hush", "client_id: must not be empty"},
		"no secret":       {"account_id: '1'\nclient_id: a\nclient_secret: ''", "client_secret: must not be empty"},
		"messaging":       {required + "messaging_domain: http://va.msg.liveperson.net", "messaging_domain"},
		"sentinel":        {required + "sentinel_domain: a/b", "sentinel_domain"},
		"idp":             {required + "idp_domain: a/b", "idp_domain"},
		"swift":           {required + "swift_domain: a/b", "swift_domain"},
		"action":          {required + "action: shout", "action: expected one of auto, message, chat_state, receipt, rich_reply, file, profile, csat, close"},
		"scope":           {required + "close_scope: all", "close_scope: expected one of conversation, dialog"},
		"time-outs":       {required + "on_timeout: hope", "on_timeout: expected one of retry, fail"},
		"cache":           {required + "conversation_cache: gone", `conversation_cache: there is no cache resource labelled "gone"`},
		"rate limit":      {required + "rate_limit: gone", `rate_limit: there is no rate limit resource labelled "gone"`},
		"pauses":          {required + "retry_pauses: [soon]", "retry_pauses[0]"},
		"interpolation":   {required + "consumer: ${! this. }", "consumer"},
		"profile mapping": {required + "conversation: {profile: 'root = '}", "profile"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := build(test.yaml)
			require.ErrorContains(t, err, test.errContains)
			assert.NotContains(t, err.Error(), "hush")
		})
	}
	for _, yaml := range []string{"", "action: Message", "action: ${! @action }", "close_scope: Dialog", "on_timeout: FAIL", "split: false", "features: [RICH_CONTENT]"} {
		assert.NoError(t, build(required+yaml), yaml)
	}
}

func TestLint(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ yaml, lint string }{
		"nothing":               {"", ""},
		"an unset variable":     {"messaging_domain: ''", ""},
		"an action":             {"action: shout", "action: expected one of auto, message"},
		"an action in capitals": {"action: Close", ""},
		"an interpolated one":   {"action: '${! @action }'", ""},
		"an urgency":            {"conversation: {ttr: soon}", "expected one of NORMAL, URGENT, PRIORITIZED"},
		"an urgency in small":   {"conversation: {ttr: urgent}", ""},
		"half a campaign":       {"conversation: {campaign_id: '1'}", "campaign_id and engagement_id go together"},
		"a campaign":            {"conversation: {campaign_id: '1', engagement_id: '2'}", ""},
		"a scope":               {"close_scope: all", "close_scope: expected one of conversation, dialog"},
		"time-outs":             {"on_timeout: hope", "on_timeout: expected one of fail, retry"},
		"a list":                {"conversation: {skill_id: x}, features: x", "expected array value"},
		"a pause":               {"retry_pauses: [soon]", "expected a list of durations"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			linter := service.GlobalEnvironment().NewComponentConfigLinter()
			yaml := "liveperson_message: {account_id: '1', client_id: a, client_secret: hush, " + test.yaml + "}"
			for _, lint := range []func([]byte) ([]service.Lint, error){linter.LintOutputYAML, linter.LintProcessorYAML} {
				lints, err := lint([]byte(yaml))
				require.NoError(t, err)
				if test.lint == "" {
					assert.Empty(t, lints)
					continue
				}
				assert.Contains(t, fmt.Sprint(lints), test.lint)
			}
		})
	}
}
