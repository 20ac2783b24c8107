package readback

import (
	"testing"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestConfig(t *testing.T) {
	t.Parallel()
	const account = "account_id: '12345678'\n"
	for name, test := range map[string]struct{ yaml, errContains string }{
		"login":            {byLogin, ""},
		"api key":          {account + "credentials: {api_key: {key: k, secret: s, token: t, token_secret: u}}", ""},
		"oauth2":           {account + "credentials: {oauth2: {client_id: c, client_secret: s}}\nask: interactions", ""},
		"visits by an app": {account + "credentials: {oauth2: {client_id: c, client_secret: s}}", "credentials: oauth2 is for ask: interactions and search"},
		"any case":         {byLogin + "ask: Interactions", ""},
		"no credentials":   {account + "credentials: {}", "credentials: set one of login, api_key and oauth2"},
		"blank password":   {account + "credentials: {login: {user: u, password: ' '}}", "login: user and password must not be empty"},
		"two":              {account + "credentials: {login: {user: u, password: p}, oauth2: {client_id: c, client_secret: s}}\nask: search", "credentials: set only one"},
		"ask":              {byLogin + "ask: history", "ask: expected one of interactions, search, visit_information"},
		"no sample":        {byLogin + "sample: 0", "sample: must be from 1 to 100"},
		"too much":         {byLogin + "sample: 101", "sample: must be from 1 to 100"},
		"max_wait":         {byLogin + "max_wait: -1s", "max_wait: expected a duration"},
		"delay":            {byLogin + "delay: soon", "delay: expected a duration"},
		"pause":            {byLogin + "recheck_pauses: [soon]", "recheck_pauses[0]: expected a duration"},
		"no rate limit":    {byLogin + "rate_limit: gone", `rate_limit: there is no rate limit resource labelled "gone"`},
		"nothing at once":  {byLogin + "concurrency: 0", "concurrency: must be at least 1"},
		"domain":           {byLogin + "monitoring_domain: http://example.com", "monitoring_domain: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parsed, err := spec().ParseYAML(test.yaml, nil)
			require.NoError(t, err)
			c, err := configFromParsed(parsed)
			if err == nil {
				_, err = newProcessor(c, service.MockResources())
			}
			if test.errContains == "" {
				require.NoError(t, err)
				return
			}
			assert.ErrorContains(t, err, test.errContains)
		})
	}
	parsed, err := spec().ParseYAML(byLogin, nil)
	require.NoError(t, err)
	c, err := configFromParsed(parsed)
	require.NoError(t, err)
	assert.Equal(t, askVisit, c.ask)
	assert.Equal(t, []time.Duration{time.Second, 4 * time.Second, 15 * time.Second}, c.recheckPauses)
	assert.Equal(t, []time.Duration{5 * time.Second, 10 * time.Second, 15 * time.Second}, c.requests.RetryPauses)
}
