package chaos

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/strictyaml"
)

var start = time.Unix(1513095142, 0)

// strikes returns an x for each call that fails and a dot for each other call. A call comes every interval.
func strikes(t *testing.T, rules string, calls int, every time.Duration) string {
	t.Helper()
	parsed, err := Parse([]byte(rules))
	require.NoError(t, err)
	set := NewSet(parsed, start)
	var out strings.Builder
	for i := range calls {
		fault := set.Strike(Call{Endpoint: EndpointReport, Account: "1", Consumer: "jane"}, start.Add(time.Duration(i)*every))
		if fault == (Fault{}) {
			out.WriteByte('.')
		} else {
			out.WriteByte('x')
		}
	}
	return out.String()
}

func TestWhichCallsGoWrong(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ rules, want string }{
		"all":                               {`rules: [{endpoint: all, status: 500}]`, "xxxxxxxxxx"},
		"none":                              {`rules: []`, ".........."},
		"nothing at all":                    {``, ".........."},
		"N fail, then it recovers":          {`rules: [{endpoint: all, times: 3, status: 500}]`, "xxx......."},
		"the first N succeed":               {`rules: [{endpoint: all, skip: 3, status: 500}]`, "...xxxxxxx"},
		"both":                              {`rules: [{endpoint: all, skip: 2, times: 3, status: 500}]`, "..xxx....."},
		"another endpoint":                  {`rules: [{endpoint: domain, status: 500}]`, ".........."},
		"this endpoint":                     {`rules: [{endpoint: report, status: 500}]`, "xxxxxxxxxx"},
		"another account":                   {`rules: [{endpoint: all, account: "2", status: 500}]`, ".........."},
		"another consumer":                  {`rules: [{endpoint: all, consumer: john, status: 500}]`, ".........."},
		"this consumer":                     {`rules: [{endpoint: all, consumer: jane, account: "1", status: 500}]`, "xxxxxxxxxx"},
		"an outage":                         {`rules: [{endpoint: all, from: 3s, until: 6s, status: 503}]`, "...xxx...."},
		"a rule that ends":                  {`rules: [{endpoint: all, until: 4s, status: 503}]`, "xxxx......"},
		"a quota a window":                  {`rules: [{endpoint: all, quota: {calls: 2, per: 5s}, status: 429}]`, "..xxx..xxx"},
		"no quota at all":                   {`rules: [{endpoint: all, quota: {calls: 0, per: 5s}, status: 429}]`, "xxxxxxxxxx"},
		"the second when the first is done": {`rules: [{endpoint: all, times: 1, status: 500}, {endpoint: all, times: 1, latency: 1s}]`, "xx........"},
		"the same with the same seed":       {`rules: [{endpoint: all, probability: 0.5, seed: 7, status: 500}]`, strikes(t, `rules: [{endpoint: all, probability: 0.5, seed: 7, status: 500}]`, 10, time.Second)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, test.want, strikes(t, test.rules, 10, time.Second))
		})
	}
}

func TestProbabilityIsAShare(t *testing.T) {
	t.Parallel()
	struck := strings.Count(strikes(t, `rules: [{endpoint: all, probability: 0.2, seed: 7, status: 500}]`, 10_000, 0), "x")
	assert.InDelta(t, 2000, struck, 150)
}

func TestTheFirstRuleDecidesAndAllHaveSeenIt(t *testing.T) {
	t.Parallel()
	rules, err := Parse([]byte(`rules: [{name: one, endpoint: all, times: 2, status: 500, code: 20}, {name: two, endpoint: all, status: 503}]`))
	require.NoError(t, err)
	set := NewSet(rules, start)
	var statuses []int
	for range 3 {
		statuses = append(statuses, set.Strike(Call{}, start).Status)
	}
	assert.Equal(t, []int{500, 500, 503}, statuses)
	inForce := set.Rules(start)
	require.Len(t, inForce, 2)
	assert.Equal(t, []int{3, 2, 3, 1}, []int{inForce[0].Seen, inForce[0].Struck, inForce[1].Seen, inForce[1].Struck})
}

func TestPresetsAreRules(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []string{"cold_account", "expired_tokens", "flaky", "region_down", "throttled"}, PresetNames())
	for _, name := range PresetNames() {
		rules, err := Preset(name)
		require.NoError(t, err, name)
		assert.NotEmpty(t, rules, name)
	}
	both, err := Parse([]byte("preset: cold_account\nrules: [{endpoint: all, status: 500}]"))
	require.NoError(t, err)
	assert.Len(t, both, 2)
	asJSON, err := Parse([]byte(`{"rules": [{"endpoint": "all", "status": 500, "retry_after": "2s"}]}`))
	require.NoError(t, err)
	assert.Equal(t, strictyaml.Duration(2*time.Second), asJSON[0].RetryAfter)
}

// TestWhatPresetsDo has, for each endpoint, how many of its 100 calls fail, and the code of the first failure.
func TestWhatPresetsDo(t *testing.T) {
	t.Parallel()
	type harm struct{ calls, status, code int }
	monitoring := []string{EndpointReport, EndpointEngagement, EndpointAppEngagement}
	all := append([]string{EndpointDomain, EndpointVisitInformation, EndpointAppToken, EndpointConsumerToken, EndpointConversation, EndpointSend}, monitoring...)
	each := func(h harm, endpoints ...string) map[string]harm {
		harmed := map[string]harm{}
		for _, endpoint := range endpoints {
			harmed[endpoint] = h
		}
		return harmed
	}
	for name, want := range map[string]map[string]harm{
		"cold_account":   each(harm{3, 0, 0}, monitoring...),
		"throttled":      each(harm{50, 429, 0}, all...),
		"region_down":    each(harm{100, 503, 0}, all...),
		"expired_tokens": {EndpointConsumerToken: {1, 401, 40102}, EndpointConversation: {1, 401, 40102}, EndpointSend: {2, 401, 40103}},
	} {
		for _, endpoint := range all {
			rules, err := Preset(name)
			require.NoError(t, err)
			set := NewSet(rules, start)
			var got harm
			for range 100 {
				if fault := set.Strike(Call{Endpoint: endpoint}, start); fault != (Fault{}) {
					got.calls++
					if got.calls == 1 {
						got.status, got.code = fault.Status, fault.Code
					}
				}
			}
			assert.Equal(t, want[endpoint], got, "%s: %s", name, endpoint)
		}
	}
}

func TestAFlakyRegionHarmsEveryEndpoint(t *testing.T) {
	t.Parallel()
	rules, err := Preset("flaky")
	require.NoError(t, err)
	for endpoint, code := range map[string]int{EndpointReport: 18, EndpointEngagement: 18, EndpointAppEngagement: 18, EndpointConversation: 0, EndpointSend: 0, EndpointDomain: -1, EndpointAppToken: -1} {
		set := NewSet(rules, start)
		var errors, resets, slow int
		for range 2000 {
			switch fault := set.Strike(Call{Endpoint: endpoint}, start); {
			case fault == Fault{}:
			case fault.Status == 500:
				assert.Equal(t, code, fault.Code, endpoint)
				errors++
			case fault.Connection == BeforeReset:
				resets++
			default:
				slow++
			}
		}
		if code < 0 {
			assert.Zero(t, errors, endpoint)
		} else {
			assert.InDelta(t, 100, errors, 40, endpoint)
		}
		assert.InDelta(t, 100, resets, 40, endpoint)
		assert.InDelta(t, 200, slow, 60, endpoint)
	}
}

// Only calls to the Monitoring API can find the account loading. The rule does not count other
// calls.
func TestMessagesFindNoAccountLoading(t *testing.T) {
	t.Parallel()
	rules, err := Preset("cold_account")
	require.NoError(t, err)
	set := NewSet(rules, start)
	for range 5 {
		assert.Zero(t, set.Strike(Call{Endpoint: EndpointDomain}, start))
		assert.Zero(t, set.Strike(Call{Endpoint: EndpointSend}, start))
	}
	assert.Equal(t, []int{0, 0}, []int{set.Rules(start)[0].Seen, set.Rules(start)[0].Struck})
	assert.True(t, set.Strike(Call{Endpoint: EndpointEngagement}, start).Loading)
}

func TestWrongRulesAreToldWithTheirLine(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ text, says string }{
		"no such endpoint":       {"rules:\n  - {endpoint: all, status: 500}\n  - endpoint: reprot\n    status: 500", `line 3: rules[1]: endpoint: there is no "reprot", only all, domain, report, engagement, app_engagement, visit_information`},
		"no endpoint":            {"rules:\n  - {endpoint: all, status: 500}\n  - status: 500", "line 3: rules[1]: endpoint: is missing: write one of all, domain, report"},
		"nobody's endpoint":      {"rules: [{endpoint: domain, consumer: jane, status: 500}]", "consumer: calls of domain have no consumer"},
		"no probability at all":  {"rules: [{endpoint: all, probability: 0, status: 500}]", "probability: must be above 0 and at most 1"},
		"no number":              {"rules: [{endpoint: all, probability: .nan, status: 500}]", "probability: must be above 0 and at most 1"},
		"no such member":         {"rules:\n  - status: 500\n    stattus: 501", `line 3: rules[0]: there is no member "stattus": write status; there are name, endpoint`},
		"no such preset":         {"preset: monday", `preset: there is no "monday", only cold_account, expired_tokens, flaky, region_down, throttled`},
		"no rules":               {"- status: 500", "line 1"},
		"no YAML":                {"rules: [", "line 1"},
		"status as text":         {"rules: [{endpoint: all, status: bad}]", "line 1"},
		"duration without unit":  {"rules: [{endpoint: all, latency: 5}]", `"5" is not a duration such as 30s`},
		"duration below zero":    {"rules: [{endpoint: all, latency: -5s}]", `"-5s" is not a duration`},
		"probability above one":  {"rules: [{endpoint: all, probability: 1.5, status: 500}]", "probability: must be above 0 and at most 1"},
		"quota without a window": {"rules: [{endpoint: all, quota: {calls: 5}, status: 429}]", "quota: write calls and per"},
		"it does nothing":        {"rules: [{endpoint: report}]", "does nothing: write latency, status, loading, connection, body, vanish or content_type"},
		"it does two things":     {"rules: [{endpoint: all, status: 500, loading: true}]", "write only one of them"},
		"loading of messages":    {"rules: [{endpoint: send, loading: true}]", "loading: works only with the endpoints report, engagement, app_engagement and all"},
		"code without status":    {"rules: [{endpoint: all, latency: 1s, code: 5}]", "need a status"},
		"status out of range":    {"rules: [{endpoint: all, status: 42}]", "status: must be from 200 to 599"},
		"connection":             {"rules: [{endpoint: all, connection: cut}]", "connection: must be one of reset, reset_after, timeout, timeout_after"},
		"body":                   {"rules: [{endpoint: all, body: empty}]", "body: must be one of truncated, malformed"},
		"type of what is no own": {"rules: [{endpoint: all, status: 500, content_type: a/b}]", "content_type: can't be combined"},
		"type of nothing":        {"rules: [{endpoint: all, connection: reset, content_type: a/b}]", "content_type: can't be combined"},
		"type of two lines":      {"rules: [{endpoint: all, content_type: \"a/b\\nX: y\"}]", "content_type: must be a content type such as application/octet-stream"},
		"until before from":      {"rules: [{endpoint: all, from: 5s, until: 4s, status: 500}]", "until: must be later than from"},
		"negative counts":        {"rules: [{endpoint: all, times: -1, status: 500}]", "must not be negative"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse([]byte(test.text))
			require.ErrorContains(t, err, test.says)
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add("rules: [{endpoint: all, status: 500, times: 3, quota: {calls: 1, per: 1s}}]")
	f.Add("preset: flaky")
	f.Add("rules: [{endpoint: all, probability: .5, seed: 18446744073709551615, latency: 1ns}]")
	f.Fuzz(func(t *testing.T, text string) {
		rules, err := Parse([]byte(text))
		if err != nil {
			return
		}
		set := NewSet(rules, start)
		for i := range 5 {
			set.Strike(Call{Endpoint: EndpointReport}, start.Add(time.Duration(i)*time.Second))
		}
		assert.LessOrEqual(t, len(set.Rules(start)), len(rules))
	})
}
