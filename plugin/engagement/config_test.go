package engagement

import (
	"testing"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestConfigDefaults(t *testing.T) {
	t.Parallel()
	c := parse(t, "")
	assert.Equal(t, apiMonitoring, c.api)
	assert.Equal(t, operationAsk, c.operation)
	assert.Equal(t, []time.Duration{3 * time.Second, 10 * time.Second, 30 * time.Second, 90 * time.Second}, c.requests.RetryPauses)
	assert.Equal(t, 64, c.requests.Concurrency)
	assert.True(t, c.requests.FailWhileDown)
	assert.Equal(t, appTypeExternal, c.reader.appType)
	assert.Nil(t, c.requestMap)
	assert.Zero(t, c.cache.ttl)
	assert.Zero(t, c.maxWait)
	assert.False(t, c.requests.FixedLimit)
	assert.Equal(t, []time.Duration{time.Second, 2 * time.Second, 3 * time.Second}, c.requests.OutagePauses)
	assert.True(t, c.monitoring.OnBehalfOfVisitor)

	assert.Equal(t, appTypeMSDK, parse(t, "api: APP_ENGAGEMENT\napp_type: msdk").reader.appType)
}

// Pauses that would end after max_wait are left out.
func TestOnlyPausesWithinMaxWait(t *testing.T) {
	t.Parallel()
	assert.Empty(t, parse(t, "max_wait: 3s").requests.RetryPauses)
	assert.Equal(t, []time.Duration{3 * time.Second}, parse(t, "max_wait: 13s").requests.RetryPauses)
	assert.Len(t, parse(t, "max_wait: 1h").requests.RetryPauses, 4)
	assert.Equal(t, []time.Duration{200 * time.Millisecond}, parse(t, "max_wait: 1s\nretry_pauses: [200ms, 800ms]").requests.RetryPauses)
	assert.True(t, parse(t, "max_wait: 1s").requests.FixedLimit)
}

func TestConfigErrors(t *testing.T) {
	t.Parallel()
	const ids = "account_id: '12345678'\napp_installation_id: app\n"
	tests := map[string]struct{ yaml, errContains string }{
		"no app installation":     {"account_id: '12345678'", "app_installation_id: must not be empty"},
		"not needed by the other": {"account_id: '12345678'\napi: app_engagement", ""},
		"any case":                {ids + "api: APP_ENGAGEMENT\noperation: Update\napp_type: msdk", ""},
		"api":                     {ids + "api: chat", "api: expected one of monitoring, app_engagement"},
		"operation":               {ids + "operation: tell", "operation: expected one of ask, update"},
		"update by Monitoring":    {ids + "operation: update", "operation: update is for api: app_engagement"},
		"app type":                {ids + "api: app_engagement\napp_type: IVR", "app_type: expected one of MSDK, EXTERNAL"},
		"domain":                  {ids + "api: app_engagement\napp_engagement_domain: http://example.com", "app_engagement_domain: "},
		"no cache":                {ids + "cache: gone", `cache: there is no cache resource labelled "gone"`},
		"no session cache":        {ids + "session_cache: gone", `session_cache: there is no cache resource labelled "gone"`},
		"no rate limit":           {ids + "rate_limit: gone", `rate_limit: there is no rate limit resource labelled "gone"`},
		"no time":                 {ids + "cache: offers\ncache_ttl: 0s", "cache_ttl: must be more than 0s"},
		"no time to wait":         {ids + "max_wait: 0s", "max_wait: must be more than 0s"},
		"no time for nothing":     {ids + "cache_ttl_not_available: 0s", "cache_ttl_not_available: must be more than 0s"},
		"no pause of an outage":   {ids + "outage_pauses: []", "outage_pauses: must have at least one duration"},
		"pause of an outage":      {ids + "outage_pauses: [soon]", `outage_pauses[0]: "soon" is not a duration`},
		"no conversations":        {ids + "cache: offers\nconversation_cache: gone", `conversation_cache: there is no cache resource labelled "gone"`},
		"pause":                   {ids + "retry_pauses: [soon]", `retry_pauses[0]: "soon" is not a duration`},
		"nothing at a time":       {ids + "concurrency: 0", "concurrency: must be at least 1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parsed, err := spec().ParseYAML(test.yaml, nil)
			require.NoError(t, err)
			c, err := configFromParsed(parsed)
			if err == nil {
				_, err = newProcessor(c, service.MockResources(service.MockResourcesOptAddCache("offers")))
			}
			if test.errContains == "" {
				require.NoError(t, err)
				return
			}
			assert.ErrorContains(t, err, test.errContains)
		})
	}
}

func TestLint(t *testing.T) {
	t.Parallel()
	const ids = "account_id: '12345678', app_installation_id: app"
	tests := map[string]struct{ yaml, want string }{
		"required fields alone": {ids, ""},
		"unset variables":       {"account_id: '', app_installation_id: ''", ""},
		"no pauses":             {ids + ", retry_pauses: []", ""},
		"pauses":                {ids + ", retry_pauses: [1s, 1m30s]", ""},
		"no pause":              {ids + ", retry_pauses: [soon]", "expected a list of durations"},
		"no list":               {ids + ", retry_pauses: 1s", "expected a list of durations"},
		"api":                   {ids + ", api: chat", "api: expected one of app_engagement, monitoring"},
		"update by Monitoring":  {ids + ", operation: update", "operation: update is for api: app_engagement"},
		"update by the other":   {ids + ", api: app_engagement, operation: update", ""},
		"mapping":               {ids + ", request_map: root = this.", "expected"},
		"how long answers hold": {ids + ", cache_ttl: soon", "expected a duration such as 10s"},
	}
	linter := service.GlobalEnvironment().NewComponentConfigLinter()
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lints, err := linter.LintProcessorYAML([]byte("liveperson_engagement: {" + test.yaml + "}"))
			require.NoError(t, err)
			if test.want == "" {
				assert.Empty(t, lints)
				return
			}
			require.NotEmpty(t, lints)
			assert.Contains(t, lints[0].What, test.want)
		})
	}
}
