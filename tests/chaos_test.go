package tests

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// eventsEach is the number of leads for each of two consumers. It is small, so that their failures
// don't look like an outage.
const eventsEach = 3

// For each kind of fault, the test checks the output's guarantees.
func TestWhatChaosComesTo(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		rule    string
		timeout string
		// class is the class of jane's dead letters, and lost is their number. The faults never
		// affect john's leads.
		class string
		lost  int
		// again means that LivePerson may get a lead twice, because its answer to the first one
		// was lost.
		again bool
	}{
		"an error that passes":          {rule: `times: 1, status: 500, code: 18`},
		"an outage that passes":         {rule: `times: 2, status: 503`},
		"errors without end":            {rule: `status: 500`, class: "server", lost: eventsEach},
		"a refusal":                     {rule: `skip: 1, times: 1, status: 400, code: 5`, class: "invalid", lost: 1},
		"authentication":                {rule: `times: 1, status: 401`, class: "unauthorised", lost: 1},
		"forbidden":                     {rule: `times: 1, status: 403`, class: "unauthorised", lost: 1},
		"an unknown app":                {rule: `times: 1, status: 404, code: 18`, class: "not_found", lost: 1},
		"a session that is not known":   {rule: `skip: 1, times: 1, status: 404, code: 39`},
		"too many requests":             {rule: `times: 1, status: 429`},
		"too many requests, in seconds": {rule: `times: 1, status: 429, retry_after: 1s`},
		"too many requests, as a date":  {rule: `times: 1, status: 429, retry_after: 1s, retry_after_date: true`},
		"a loading account":             {rule: `times: 2, loading: true`},
		"a reset":                       {rule: `times: 1, connection: reset`},
		"a reset after the call":        {rule: `times: 1, connection: reset_after`, again: true},
		"no answer":                     {rule: `times: 1, connection: timeout`, timeout: "200ms", again: true},
		"no answer after the call":      {rule: `times: 1, connection: timeout_after`, timeout: "200ms", again: true},
		"an answer that breaks off":     {rule: `times: 1, body: truncated`},
		"an answer that is no JSON":     {rule: `times: 1, body: malformed`},
		"a slow answer":                 {rule: `times: 3, latency: 20ms`},
		"one in three, by chance":       {rule: `probability: 0.3, seed: 3, status: 500`},
		"another content type":          {rule: `content_type: application/octet-stream`},
		"an outage that ends":           {rule: `until: 100ms, status: 503`},
		"an outage to come":             {rule: `from: 1h, status: 503`},
		"an account that is not ours":   {rule: `account: "1", status: 503`},
		"a quota":                       {rule: `quota: {calls: 1, per: 100ms}, status: 500`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rules, err := sandbox.ParseChaos([]byte("rules: [{endpoint: report, consumer: jane, " + test.rule + "}]"))
			require.NoError(t, err)
			_, address := newSandbox(t, sandbox.Options{Chaos: rules})
			timeout := test.timeout
			if timeout == "" {
				timeout = "1m"
			}
			letters := runLeads(t, address, timeout)

			require.Len(t, letters, test.lost)
			for _, l := range letters {
				assert.Contains(t, l.Reason, "class="+test.class+" ")
				assert.Contains(t, l.Content, "jane")
			}
			assert.Equal(t, eventsEach, await(t, address, "john", eventsEach))
			got := leadsOf(t, address, "jane")
			if test.again {
				assert.GreaterOrEqual(t, got, eventsEach)
			} else {
				assert.Equal(t, eventsEach-test.lost, got)
			}
		})
	}
}

func TestPresetsOfChaosAreSurvived(t *testing.T) {
	t.Parallel()
	for _, name := range sandbox.ChaosPresets() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rules, err := sandbox.ChaosPreset(name)
			require.NoError(t, err)
			_, address := newSandbox(t, sandbox.Options{Chaos: rules})
			if name == "region_down" {
				go passTheOutage(t, address)
			}
			assert.Empty(t, runLeads(t, address, "1m"))
			assert.Equal(t, eventsEach, leadsOf(t, address, "jane"))
			assert.Equal(t, eventsEach, leadsOf(t, address, "john"))
		})
	}
}

// passTheOutage moves the sandbox's clock past an outage, after two requests were refused.
func passTheOutage(t *testing.T, address string) {
	t.Helper()
	res, err := http.Get(address + "/sandbox/wait?verdict=bad&count=2&timeout=1m")
	if assert.NoError(t, err) {
		assert.NoError(t, res.Body.Close())
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, address+"/sandbox/clock", strings.NewReader(`{"advance":"5m"}`))
	if !assert.NoError(t, err) {
		return
	}
	if res, err = http.DefaultClient.Do(request); assert.NoError(t, err) {
		assert.NoError(t, res.Body.Close())
	}
}

// runLeads sends the leads of two consumers in turn, and returns the dead letters.
func runLeads(t *testing.T, address, timeout string) []letter {
	t.Helper()
	s := newStream(t)
	var batch service.MessageBatch
	for i := range eventsEach {
		for _, consumer := range []string{"jane", "john"} {
			batch = append(batch, service.NewMessage(fmt.Appendf(nil, `{"consumerId":%q,"engagementAttributes":[{"type":"lead","lead":{"leadId":"%d"}}]}`, consumer, i)))
		}
	}
	s.run(t, "", fmt.Sprintf(`
fallback:
  - liveperson_report:
      account_id: "12345678"
      app_installation_id: %s
      domain_api: %s
      timeout: %s
      retry_pauses: [1ms, 200ms]
  - file:
      path: %s
      codec: lines
    processors:
      - mapping: |
          root.reason = @fallback_error
          root.content = content().string()
`, sandbox.DefaultAppInstallationID, address, timeout, s.deadLetters), batch)
	require.NoError(t, s.pushErr, "dead letters are no failure")
	return s.letters(t)
}

// leadsOf returns how many leads of a consumer LivePerson has accepted. It fails if they did not
// come in order.
func leadsOf(t *testing.T, address, consumer string) int {
	t.Helper()
	query := url.Values{"verdict": {"good"}, "order_by": {"engagementAttributes.0.lead.leadId"}}
	res, err := http.Get(address + "/sandbox/consumers/" + consumer + "?" + query.Encode())
	require.NoError(t, err)
	defer res.Body.Close()
	if res.StatusCode == http.StatusNotFound {
		return 0
	}
	var page struct {
		Timeline []struct{ ID int }
		Disorder []struct{ ID, Before int }
	}
	require.NoError(t, json.NewDecoder(res.Body).Decode(&page))
	assert.Empty(t, page.Disorder)
	return len(page.Timeline)
}
