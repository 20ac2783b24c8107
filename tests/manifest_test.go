package tests

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/plugin/cli"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// defaultManifest is LivePerson's default manifest (Connector API, getting started).
const defaultManifest = `{
  "client_name": "App name",
  "description": "App description",
  "grant_types": ["client_credentials"],
  "scope": "msg.consumer",
  "logo_uri": "/src/modules/campaigns/assets/img/software/Mobile-App.png",
  "capabilities": {
    "webhooks": {
      "ms.MessagingEventNotification.ContentEvent":      {"endpoint": "https://your/webhooks/endpoint", "max_retries": 3},
      "ms.MessagingEventNotification.RichContentEvent":  {"endpoint": "https://your/webhooks/endpoint", "max_retries": 5},
      "ms.MessagingEventNotification.AcceptStatusEvent": {"endpoint": "https://your/webhooks/endpoint", "max_retries": 1},
      "ms.MessagingEventNotification.ChatStateEvent":    {"endpoint": "https://your/webhooks/endpoint"},
      "cqm.ExConversationChangeNotification":            {"endpoint": "https://your/webhooks/endpoint"}
    },
    "engagement": {
      "design_engagement": false,
      "design_window": false,
      "entry_point": ["section"],
      "visitor_behavior": ["visited_location","time_on_location","flow","engaged_in_session","about_to_abandon","cart_value","cart_items","visitor_error","viewed_products","service_activity"],
      "target_audience": ["external_referral","search_keywords","ip","platform","geo_location","returning_visitors","marketing_source","customer_type","age","balance","customer_id","gender","store_zip_code","store_number","company_size","registration_date"],
      "goal": ["url","purchase_total","num_of_pages","lead","service_activity"],
      "consumer_identity": ["auth"],
      "language_selection": false
    }
  }
}`

// exitCode returns the exit code of a process that has ended.
func exitCode(t *testing.T, err error) int {
	t.Helper()
	if err == nil {
		return 0
	}
	var ended *exec.ExitError
	require.ErrorAs(t, err, &ended)
	return ended.ExitCode()
}

func TestManifestCanBeTheDefaultOne(t *testing.T) {
	t.Parallel()
	stdout, stderr, err := process(t, []string{"LIVEPERSON_WEBHOOK_ENDPOINT=https://your/webhooks/endpoint"}, "manifest",
		"--name", "App name", "--description", "App description",
		"--logo-uri", "/src/modules/campaigns/assets/img/software/Mobile-App.png",
		"--max-retries", "ms.MessagingEventNotification.ContentEvent=3",
		"--max-retries", "ms.MessagingEventNotification.RichContentEvent=5",
		"--max-retries", "ms.MessagingEventNotification.AcceptStatusEvent=1")
	require.NoError(t, err, stderr)
	assert.JSONEq(t, defaultManifest, stdout)
	assert.Empty(t, stderr)
}

func TestManifestOfSomeEvents(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "manifest.json")
	stdout, stderr, err := process(t, []string{"LIVEPERSON_APP_NAME=Shop"}, "manifest",
		"--endpoint", "https://hooks.example.com/x?a=1&b=<2>", "--output", path, "--retention", "72h", "--scope", "msg.consumer other",
		"--event", "ms.MessagingEventNotification.ContentEvent", "--event", "cqm.ExConversationChangeNotification",
		"--max-retries", "5", "--max-retries", "cqm.ExConversationChangeNotification=0",
		"--header", "X-Shop=a,b=c", "--header", "Authorization=Bearer x")
	require.NoError(t, err, stderr)
	assert.Empty(t, stdout)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Contains(t, string(text), "?a=1&b=<2>", "as it was given")
	var written struct {
		Scope        string
		Logo         *string `json:"logo_uri"`
		Capabilities struct{ Webhooks json.RawMessage }
	}
	require.NoError(t, json.Unmarshal(text, &written))
	assert.Equal(t, "msg.consumer other", written.Scope)
	assert.Nil(t, written.Logo)
	const headers = `[{"header_name":"X-Shop","header_value":"a,b=c"},{"header_name":"Authorization","header_value":"Bearer x"}]`
	const endpoint = `"endpoint":"https://hooks.example.com/x?a=1&b=<2>"`
	assert.JSONEq(t, `{
		"ms.MessagingEventNotification.ContentEvent":{`+endpoint+`,"max_retries":5,"headers":`+headers+`},
		"cqm.ExConversationChangeNotification":{`+endpoint+`,"max_retries":0,"headers":`+headers+`},
		"retry":{"retention_time":259200}}`, string(written.Capabilities.Webhooks))
}

func TestManifestWithAnEndpointPerEventAndAnEngagement(t *testing.T) {
	t.Parallel()
	stdout, stderr, err := process(t, nil, "manifest", "--name", "Shop", "--endpoint", "https://hooks.example.com/all",
		"--event", "ms.MessagingEventNotification.ContentEvent", "--event", "cqm.ExConversationChangeNotification",
		"--event-endpoint", "cqm.ExConversationChangeNotification=https://hooks.example.com/changes?a=1,2",
		"--entry-point", "url", "--entry-point", "section", "--goal", "lead", "--visitor-behavior", "cart_value", "--target-audience", "ip",
		"--consumer-identity", "auth", "--design-window", "--language-selection")
	require.NoError(t, err, stderr)
	var written struct {
		Capabilities struct{ Webhooks, Engagement json.RawMessage }
	}
	require.NoError(t, json.Unmarshal([]byte(stdout), &written))
	assert.JSONEq(t, `{
		"ms.MessagingEventNotification.ContentEvent":{"endpoint":"https://hooks.example.com/all"},
		"cqm.ExConversationChangeNotification":{"endpoint":"https://hooks.example.com/changes?a=1,2"}}`, string(written.Capabilities.Webhooks))
	assert.JSONEq(t, `{"design_engagement":false,"design_window":true,"entry_point":["url","section"],"visitor_behavior":["cart_value"],
		"target_audience":["ip"],"goal":["lead"],"consumer_identity":["auth"],"language_selection":true}`, string(written.Capabilities.Engagement))

	_, stderr, err = process(t, nil, "manifest", "--name", "Shop", "--event", "cqm.ExConversationChangeNotification",
		"--event-endpoint", "cqm.ExConversationChangeNotification=https://hooks.example.com/changes")
	require.NoError(t, err, "no other endpoint is needed: "+stderr)

	_, stderr, err = process(t, nil, "manifest", "--name", "Shop", "--event-endpoint", "https://secret.example.com",
		"--event-endpoint", "ms.ContentEvent=https://secret.example.com", "--event-endpoint", "cqm.ExConversationChangeNotification=http://secret.example.com",
		"--goal", "fame", "--entry-point", "url", "--entry-point", "url")
	assert.Equal(t, 2, exitCode(t, err))
	for _, want := range []string{
		"--event-endpoint: number 1: must be EVENT=URL", `--event-endpoint: there is no "ms.ContentEvent": write ms.MessagingEventNotification.ContentEvent`,
		"--event-endpoint: must begin with https://", "--endpoint: an app that gets notifications must have an endpoint",
		`--goal: there is no "fame": write one of url, purchase_total, num_of_pages, lead, service_activity`, "--entry-point: url is there twice",
	} {
		assert.Contains(t, stderr, want)
	}
	assert.NotContains(t, stderr, "secret.example.com")
}

func TestManifestRefusesWhatLivePersonRefuses(t *testing.T) {
	t.Parallel()
	const five = "ms.MessagingEventNotification.ContentEvent, ms.MessagingEventNotification.RichContentEvent, " +
		"ms.MessagingEventNotification.AcceptStatusEvent, ms.MessagingEventNotification.ChatStateEvent, cqm.ExConversationChangeNotification"
	good := []string{"--name", "Shop", "--endpoint", "https://hooks.example.com/liveperson"}
	tests := map[string]struct {
		args []string
		want []string // the lines, or their beginnings
	}{
		"nothing given":      {nil, []string{"--name: an app must have a name: set the name", "--endpoint: an app that gets notifications must have an endpoint"}},
		"a name of spaces":   {append(good, "--name", "  "), []string{"--name: an app must have a name"}},
		"too long":           {append(good, "--name", strings.Repeat("é", 129), "--description", strings.Repeat("d", 257)), []string{"--name: must have at most 128 characters, but has 129: shorten it", "--description: must have at most 256 characters, but has 257: shorten it"}},
		"scope and logo":     {append(good, "--scope", strings.Repeat("s", 129), "--logo-uri", strings.Repeat("l", 1025)), []string{"--scope: must have at most 128", "--logo-uri: must have at most 1024"}},
		"no scope":           {append(good, "--scope", ""), []string{"--scope: an app must have a scope: leave the flag out for msg.consumer"}},
		"plain http":         {append(good, "--endpoint", "http://hooks.example.com?key=s3cret"), []string{"--endpoint: must begin with https://"}},
		"no host":            {append(good, "--endpoint", "https:///s3cret"), []string{"--endpoint: must have a host"}},
		"no URL":             {append(good, "--endpoint", "https://s3cret host/"), []string{"--endpoint: must be a URL"}},
		"unknown event":      {append(good, "--event", "ChatEvent"), []string{`--event: there is no "ChatEvent": write one of ` + five}},
		"a slip of the docs": {append(good, "--event", "ms.MessagingEventNotification.ExConversationChangeNotification"), []string{`--event: there is no "ms.MessagingEventNotification.ExConversationChangeNotification": write cqm.ExConversationChangeNotification`}},
		"an event's end":     {append(good, "--event", "contentevent"), []string{`--event: there is no "contentevent": write ms.MessagingEventNotification.ContentEvent`}},
		"an event twice":     {append(good, "--event", "cqm.ExConversationChangeNotification,cqm.ExConversationChangeNotification"), []string{"--event: cqm.ExConversationChangeNotification is there twice: leave one out"}},
		"retries": {
			append(good, "--max-retries", "6", "--max-retries", "-1", "--max-retries", "some", "--max-retries", "Chat=1", "--max-retries", "1,2"),
			[]string{"--max-retries: must be a whole number from 0 to 5", "--max-retries: must be a whole number", "--max-retries: must be a whole number", `--max-retries: there is no "Chat": write one of`, "--max-retries: there can be only one number for all"},
		},
		"retries of another event": {
			append(good, "--event", "cqm.ExConversationChangeNotification", "--max-retries", "ms.MessagingEventNotification.ContentEvent=1"),
			[]string{"--max-retries: ms.MessagingEventNotification.ContentEvent is not an event of the app: add --event"},
		},
		"retention too short":    {append(good, "--retention", "1999ms"), []string{"--retention: must be from 2s to 72h (259200 s)"}},
		"retention too long":     {append(good, "--retention", "72h0m1s"), []string{"--retention: must be from 2s to 72h"}},
		"retention of nothing":   {append(good, "--retention", "0s"), []string{"--retention: must be from 2s to 72h"}},
		"retention of fractions": {append(good, "--retention", "2500ms"), []string{"--retention: must be in whole seconds"}},
		"headers": {
			append(good, "--header", "s3cret", "--header", "X Shop=s3cret", "--header", "=s3cret", "--header", "X-Shop=s3cret\r\nX: y", "--header", "Ü=s3cret"),
			[]string{"--header: number 1: must be NAME=VALUE", "--header: number 2: a name may have only", "--header: number 3: a name may have only", "--header: number 4: a value must not have", "--header: number 5: a name may have only"},
		},
		"no duration":      {append(good, "--retention", "long"), []string{`--retention: must be a time such as 30s; see benthos-liveperson manifest --help`}},
		"an unknown flag":  {append(good, "--secret", "s3cret"), []string{"there is no flag --secret; see benthos-liveperson manifest --help"}},
		"an argument":      {append(good, "s3cret"), []string{"manifest takes only flags: check that there is a flag in front of each value"}},
		"all at one time":  {[]string{"--endpoint", "http://x", "--retention", "1s", "--event", "x"}, []string{"--name", "--endpoint", "--event", "--retention"}},
		"not of this text": {append(good, "--name", "\xff"), []string{"--name: must be UTF-8"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stdout, stderr, err := process(t, nil, append([]string{"manifest"}, test.args...)...)
			assert.Equal(t, 2, exitCode(t, err))
			assert.Empty(t, stdout)
			told := strings.Split(strings.TrimSpace(stderr), "\n")
			require.Len(t, told, len(test.want), stderr)
			for i, want := range test.want {
				assert.True(t, strings.HasPrefix(told[i], want), "%s\n%s", told[i], want)
			}
			assert.NotContains(t, stderr, "s3cret")
		})
	}
}

func TestManifestThatCantBeWritten(t *testing.T) {
	t.Parallel()
	_, stderr, err := process(t, nil, "manifest", "--name", "Shop", "--endpoint", "https://x", "--output", filepath.Join(t.TempDir(), "none", "file"))
	assert.Equal(t, 1, exitCode(t, err))
	assert.Contains(t, stderr, "--output: open")
}

func TestHelpShowsNoSecrets(t *testing.T) {
	t.Parallel()
	for _, help := range [][]string{{"manifest", "--help"}, {"doctor", "--help"}, {"help", "manifest"}, {"help", "doctor"}} {
		stdout, stderr, err := process(t, []string{
			"LIVEPERSON_CLIENT_SECRET=s3cret", "LIVEPERSON_WEBHOOK_HEADER=X-Key=s3cret", "LIVEPERSON_WEBHOOK_ENDPOINT=https://x/?key=s3cret",
		}, help...)
		require.NoError(t, err, stderr)
		assert.Contains(t, stdout, "--endpoint")
		assert.NotContains(t, stdout+stderr, "s3cret")
	}
}

// Every printed manifest can be installed, with any flags. The sandbox has its own implementation of the rules.
func TestManifestsCanBeInstalled(t *testing.T) {
	t.Parallel()
	app := newAppAdmin(t)
	random := rand.New(rand.NewPCG(11, 7))
	path := filepath.Join(t.TempDir(), "manifest.json")
	written := 0
	for n := range 300 {
		args := manifestArgs(random)
		_ = os.Remove(path)
		code := cli.RunArgs(t.Context(), append([]string{"benthos-liveperson", "manifest", "--output", path}, args...))
		text, err := os.ReadFile(path)
		if code != 0 {
			assert.Equal(t, 2, code)
			assert.ErrorIs(t, err, os.ErrNotExist)
			continue
		}
		require.NoError(t, err)
		written++
		status, answer := app.install(string(text))
		require.Equal(t, http.StatusOK, status, "%d: %q: %s", n, args, answer)
		var wanted, got struct {
			Capabilities struct {
				Webhooks map[string]struct {
					Endpoint      string
					MaxRetries    *int `json:"max_retries"`
					RetentionTime int  `json:"retention_time"`
				}
			}
		}
		require.NoError(t, json.Unmarshal(text, &wanted))
		require.NoError(t, json.Unmarshal([]byte(answer), &got))
		assert.Equal(t, wanted, got)
	}
	assert.Greater(t, written, 50)
	assert.Less(t, written, 250)
}

// manifestArgs returns random flags. Some of them may be wrong.
func manifestArgs(random *rand.Rand) []string {
	pick := func(values ...string) string { return values[random.IntN(len(values))] }
	event := func() string { return sandbox.NotificationTypes()[random.IntN(len(sandbox.NotificationTypes()))] }
	args := []string{
		"--name", pick("Shop", "名前", strings.Repeat("n", 128), strings.Repeat("n", 127+random.IntN(3))),
		"--endpoint", pick("https://hooks.example.com", "https://10.0.0.1:8443/a?b=c", "https://[::1]/", pick("https://x", "https://:1", "http://x")),
	}
	some := func(flag string, value func() string) {
		if random.IntN(3) == 0 {
			args = append(args, flag, value())
		}
	}
	some("--description", func() string { return strings.Repeat("é", random.IntN(270)) })
	some("--scope", func() string { return pick("msg.consumer", "a b", strings.Repeat("s", 120+random.IntN(20))) })
	some("--logo-uri", func() string { return strings.Repeat("/", random.IntN(1100)) })
	some("--retention", func() string { return fmt.Sprintf("%ds", random.IntN(300_000)) })
	some("--max-retries", func() string { return fmt.Sprint(random.IntN(7)) })
	some("--header", func() string { return pick("X-A=b", "X-A=", "X-A=é,\"=", "A B=c") })
	for range random.IntN(3) {
		args = append(args, "--event", event())
	}
	some("--max-retries", func() string { return event() + "=" + fmt.Sprint(random.IntN(6)) })
	return args
}

// appAdmin installs apps like LivePerson's demo app.
type appAdmin struct {
	t        *testing.T
	url      string
	bearer   string
	revision string
}

func newAppAdmin(t *testing.T) *appAdmin {
	t.Helper()
	s := sandbox.New(sandbox.Options{})
	t.Cleanup(s.Close)
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	account := server.URL + "/api/account/" + sandbox.DefaultAccountID
	a := &appAdmin{t: t, url: account + "/configuration/app-install/installations/" + sandbox.DefaultClientID + "?v=1.0"}
	_, text, _ := a.call(http.MethodPost, account+"/login?v=1.3", `{"username":"admin","password":"x"}`)
	var login struct{ Bearer string }
	require.NoError(t, json.Unmarshal([]byte(text), &login))
	a.bearer = login.Bearer
	_, _, a.revision = a.call(http.MethodGet, a.url, "")
	require.NotEmpty(t, a.revision)
	return a
}

// install updates the app.
func (a *appAdmin) install(manifest string) (status int, answer string) {
	status, answer, revision := a.call(http.MethodPut, a.url, manifest)
	if status == http.StatusOK {
		a.revision = revision
	}
	return status, answer
}

func (a *appAdmin) call(method, url, body string) (status int, answer, revision string) {
	a.t.Helper()
	request, err := http.NewRequestWithContext(a.t.Context(), method, url, strings.NewReader(body))
	require.NoError(a.t, err)
	request.Header.Set("Authorization", "Bearer "+a.bearer)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("If-Match", a.revision)
	res, err := http.DefaultClient.Do(request)
	require.NoError(a.t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	require.NoError(a.t, err)
	return res.StatusCode, string(text), res.Header.Get("Ac-Revision")
}
