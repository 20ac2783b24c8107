package tests

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// webToken matches tokens, which no output may have.
var webToken = regexp.MustCompile(`eyJ[\w-]{10,}`)

// patient is a LivePerson for the doctor: a sandbox, some of whose answers a test replaces.
type patient struct {
	url     string
	sandbox *sandbox.Sandbox

	mu     sync.Mutex
	tokens []string // that it has handed out
}

// newPatient returns a patient. The function instead may answer a request in place of the sandbox.
func newPatient(t *testing.T, o sandbox.Options, instead func(w http.ResponseWriter, r *http.Request) bool) *patient {
	t.Helper()
	p := &patient{sandbox: sandbox.New(o)}
	t.Cleanup(p.sandbox.Close)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if instead != nil && instead(w, r) {
			return
		}
		p.sandbox.ServeHTTP(noting{w, p}, r)
	}))
	t.Cleanup(server.Close)
	p.url = server.URL
	return p
}

// noting records the tokens in answers.
type noting struct {
	http.ResponseWriter
	p *patient
}

func (n noting) Write(text []byte) (int, error) {
	n.p.mu.Lock()
	defer n.p.mu.Unlock()
	n.p.tokens = append(n.p.tokens, webToken.FindAllString(string(text), -1)...)
	return n.ResponseWriter.Write(text)
}

// examined is the output of the doctor.
type examined struct {
	code           int
	stdout, stderr string
	status         string // the following of --json
	checks         []doctorCheck
}

type doctorCheck struct {
	Check, Status, Message string
	Temporary              bool
}

// wantCode is the exit code for the checks: 4 if all that failed may pass.
func (e examined) wantCode() int {
	code := 0
	for _, c := range e.checks {
		switch {
		case c.Status == "failed" && !c.Temporary:
			return 1
		case c.Status == "failed":
			code = 4
		}
	}
	return code
}

// of returns the line of a check.
func (e examined) of(check string) string {
	for _, c := range e.checks {
		if c.Check == check {
			return c.Status + ": " + c.Message
		}
	}
	return ""
}

// only returns the names of the checks of a status.
func (e examined) only(status string) (names []string) {
	for _, c := range e.checks {
		if c.Status == status {
			names = append(names, c.Check)
		}
	}
	return names
}

// examine runs the doctor with --json, and with the account, app and secret of the sandbox.
func (p *patient) examine(t *testing.T, env []string, args ...string) (e examined) {
	t.Helper()
	env = append([]string{
		"LIVEPERSON_DOMAIN_API=" + p.url,
		"LIVEPERSON_ACCOUNT_ID=" + sandbox.DefaultAccountID,
		"LIVEPERSON_APP_INSTALLATION_ID=" + sandbox.DefaultAppInstallationID,
		"LIVEPERSON_CLIENT_ID=" + sandbox.DefaultClientID,
		"LIVEPERSON_CLIENT_SECRET=" + sandbox.DefaultClientSecret,
	}, env...)
	var err error
	e.stdout, e.stderr, err = process(t, env, append([]string{"doctor", "--json"}, args...)...)
	e.code = exitCode(t, err)
	var read struct {
		Status string
		Checks []doctorCheck
	}
	require.NoError(t, json.Unmarshal([]byte(e.stdout), &read), e.stderr)
	e.status, e.checks = read.Status, read.Checks
	p.assertNothingPrivate(t, e.stdout+e.stderr)
	return e
}

func (p *patient) assertNothingPrivate(t *testing.T, output string) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, private := range append(p.tokens, sandbox.DefaultClientSecret, sandbox.DefaultClientID, "s3cret", "wrong-one", "eyJ") {
		assert.NotContains(t, output, private)
	}
}

func TestDoctorOfOneWhoIsWell(t *testing.T) {
	t.Parallel()
	p := newPatient(t, sandbox.Options{}, nil)
	e := p.examine(t, nil)
	assert.Equal(t, 0, e.code, e.stdout)
	assert.Equal(t, "ok", e.status)
	assert.Empty(t, e.stderr)
	assert.Equal(t, []string{
		"dns", "domain_api", "domain_smt", "domain_msdkgw", "domain_sentinel", "domain_idp", "domain_asyncMessagingEnt", "domain_swift",
		"monitoring", "app_engagement", "app_token", "clock", "consumer_token",
	}, e.only("ok"))
	assert.Equal(t, []string{"conversation", "webhook"}, e.only("skipped"))
	assert.Equal(t, "ok: LivePerson accepts client id and secret; the token is valid for 1h0m0s", e.of("app_token"))
	assert.Equal(t, "skipped: not tried: with --send, the doctor opens a conversation, sends a text and closes it, and agents see it", e.of("conversation"))
	assert.NotEmpty(t, p.tokens, "it has handed out some, which were looked for")
	assert.NotContains(t, p.page(t, "/sandbox/good"), `"endpoint":"report"`)
	assert.Equal(t, 1, strings.Count(p.page(t, "/sandbox/all"), `"endpoint":"app_engagement"`), "it is asked once")
	assert.NotContains(t, p.page(t, "/sandbox/good"), `"endpoint":"app_engagement"`)
	assert.NotContains(t, p.page(t, "/sandbox/conversations"), "benthos-liveperson-doctor")
}

func (p *patient) page(t *testing.T, path string) string {
	t.Helper()
	answer := httptest.NewRecorder()
	p.sandbox.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, nil))
	require.Equal(t, http.StatusOK, answer.Code)
	return answer.Body.String()
}

func TestDoctorInWords(t *testing.T) {
	t.Parallel()
	p := newPatient(t, sandbox.Options{}, nil)
	stdout, stderr, err := process(t, nil, "doctor", "--domain-api", p.url, "--account-id", sandbox.DefaultAccountID)
	require.NoError(t, err, stderr)
	assert.Equal(t, `ok       dns                        127.0.0.1 is an IP address and needs no lookup
ok       domain_api                 HOST answers, and knows the account
ok       domain_smt                 the Monitoring API: HOST
ok       domain_msdkgw              the App Engagement API: HOST
ok       domain_sentinel            app tokens: HOST
ok       domain_idp                 consumer tokens: HOST
ok       domain_asyncMessagingEnt   messaging: HOST
ok       domain_swift               files: HOST
skipped  monitoring                 give --app-installation-id to check it
ok       app_engagement             the App Engagement API knows the account
skipped  app_token                  give --client-id and the secret to check messaging
ok       clock                      this machine's clock is within 1m0s of LivePerson's
skipped  consumer_token             needs app_token, which has been skipped
skipped  conversation               needs consumer_token, which has been skipped
skipped  webhook                    give --endpoint to check it
`, strings.ReplaceAll(stdout, strings.TrimPrefix(p.url, "http://"), "HOST"))
}

func TestDoctorSends(t *testing.T) {
	t.Parallel()
	p := newPatient(t, sandbox.Options{}, nil)
	for range 2 { // what was opened is closed
		e := p.examine(t, nil, "--send")
		assert.Equal(t, 0, e.code, e.stdout)
		assert.Equal(t, "ok: opened a conversation, sent a text and closed it; agents can see it", e.of("conversation"))
	}
	conversations := p.page(t, "/sandbox/conversations")
	assert.Contains(t, conversations, "benthos-liveperson-doctor")
	assert.Contains(t, p.page(t, "/sandbox/all?endpoint=send"), "This is a test by benthos-liveperson doctor")
	assert.Contains(t, conversations, "CLOSE")
}

// untilGone waits until the client gives up. The server notices that only after it has read the body.
func untilGone(r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

// Each case has one mistake and the doctor's verdict on it.
func TestDoctorFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	on := func(part string, do http.HandlerFunc) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.Contains(r.URL.Path, part) {
				return false
			}
			do(w, r)
			return true
		}
	}
	answer := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
	}
	hang := func(_ http.ResponseWriter, r *http.Request) { untilGone(r) }
	dated := func(by time.Duration) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Date", time.Now().Add(by).UTC().Format(http.TimeFormat))
			return false
		}
	}
	const page = "<html>Welcome to our hotel</html>"
	hasRest := []string{"monitoring", "app_engagement", "app_token", "consumer_token", "conversation", "webhook"}
	domains := []string{"domain_smt", "domain_msdkgw", "domain_sentinel", "domain_idp", "domain_asyncMessagingEnt", "domain_swift"}
	tests := map[string]struct {
		instead func(http.ResponseWriter, *http.Request) bool
		env     []string
		args    []string
		failed  []string
		warning []string
		skipped []string          // nil: conversation and webhook
		says    map[string]string // of checks: parts of what is said
	}{
		"wrong secret": {
			env: []string{"LIVEPERSON_CLIENT_SECRET=wrong-one"}, failed: []string{"app_token"},
			skipped: []string{"consumer_token", "conversation", "webhook"},
			says: map[string]string{
				"app_token":      "check account_id, client_id and client_secret: LivePerson gives no app token for them",
				"consumer_token": "needs app_token, which has failed",
				"conversation":   "needs consumer_token, which has been skipped",
			},
		},
		"wrong account": {
			args: []string{"--account-id", "87654321"}, failed: []string{"domain_api"}, skipped: append(domains, hasRest...),
			says: map[string]string{"domain_api": "LivePerson does not know the account: check --account-id", "domain_idp": "needs domain_api, which has failed"},
		},
		"an account that LivePerson calls a bad request": {
			instead: on("baseURI.json", answer(400, `{"message":"Bad site","internalCode":10}`)),
			failed:  []string{"domain_api"}, skipped: append(domains, hasRest...),
			says: map[string]string{"domain_api": "LivePerson does not know the account"},
		},
		"an App Engagement API that refuses": {
			instead: on("/app/engagement/", answer(401, "")), warning: []string{"app_engagement"},
			says: map[string]string{"app_engagement": "the account may not have the App Engagement API"},
		},
		"unknown app": {
			args: []string{"--app-installation-id", "00000000-0000-0000-0000-000000000000"}, failed: []string{"monitoring"},
			says: map[string]string{"monitoring": "check monitoring_domain, account_id and app_installation_id (the app key)"},
		},
		"no messaging": {
			instead: on("/service/asyncMessagingEnt/", answer(404, "")), failed: []string{"domain_asyncMessagingEnt"},
			says: map[string]string{
				"domain_asyncMessagingEnt": "the account does not have messaging: ask LivePerson's account team for it, or check --account-id",
				"conversation":             "needs domain_asyncMessagingEnt, which has failed",
			},
		},
		"no messaging, in a list": {
			instead: on("/service/asyncMessagingEnt/", answer(200, `{"baseURIs":[]}`)), failed: []string{"domain_asyncMessagingEnt"},
			says: map[string]string{"domain_asyncMessagingEnt": "the account does not have messaging"},
		},
		"no App Engagement API": {
			instead: on("/service/msdkgw/", answer(404, "")), warning: []string{"domain_msdkgw"},
			says: map[string]string{"domain_msdkgw": "only apps that ask it for engagements need it"},
		},
		"no service at all": {
			instead: on("baseURI.json", answer(404, page)), failed: []string{"domain_api"}, skipped: append(domains, hasRest...),
			says: map[string]string{"domain_api": "knows none of the services for the account: check --account-id and --domain-api"},
		},
		"clock a little wrong": {
			instead: dated(-2 * time.Minute), warning: []string{"clock"},
			says: map[string]string{"clock": "ahead of LivePerson's: let it follow a time server (NTP)"},
		},
		"clock far behind": {
			instead: dated(10 * time.Minute), failed: []string{"clock"},
			says: map[string]string{"clock": "behind LivePerson's: let it follow a time server (NTP); otherwise tokens are used after their end"},
		},
		"pages for everything": {
			instead: on("/", answer(200, page)), failed: []string{"domain_api"}, skipped: append(domains, hasRest...),
			says: map[string]string{"domain_api": " sent a web page: this is not JSON of the documented form: check domain_api, and whether a proxy answers"},
		},
		"pages for the Monitoring API": {
			instead: on("/report", answer(200, page)), failed: []string{"monitoring"},
			says: map[string]string{"monitoring": "this is not the Monitoring API: check monitoring_domain"},
		},
		"pages for tokens": {
			instead: on("/app/token", answer(200, page)), failed: []string{"app_token"}, skipped: []string{"consumer_token", "conversation", "webhook"},
			says: map[string]string{"app_token": " sent a web page: check sentinel_domain and account_id, domain_api, and whether a proxy answers"},
		},
		"a token that says nothing": {
			instead: on("/app/token", answer(200, `{"access_token":"s3cret"}`)), warning: []string{"app_token"}, failed: []string{"consumer_token"},
			says: map[string]string{"app_token": "its token does not say how long it is valid", "consumer_token": "401 Unauthorized"},
		},
		"no consumer tokens": {
			instead: on("/consumer", answer(403, "")), args: []string{"--consumer", "s3cret"}, failed: []string{"consumer_token"},
			says: map[string]string{"consumer_token": "LivePerson gives no consumer token to this app: check that its scope is msg.consumer", "conversation": "needs consumer_token, which has failed"},
		},
		"a conversation that is open": {
			instead: on("/consumer/conversation", answer(400, `[{"code":"OK","body":{}},{"code":"BAD_REQUEST","body":{"msg":"User s3cret already has open conversation."}}]`)),
			args:    []string{"--send"}, failed: []string{"conversation"}, skipped: []string{"webhook"},
			says: map[string]string{"conversation": "the consumer already has an open conversation: let an agent close it, or set another --consumer"},
		},
		"a conversation that can't be sent to": {
			instead: on("/conversation/send", answer(500, "")), args: []string{"--send"}, failed: []string{"conversation"}, skipped: []string{"webhook"},
			says: map[string]string{"conversation": "sending a text: LivePerson answered 500 Internal Server Error; closing it (an agent must do that now): "},
		},
		"nobody answers": {
			instead: on("/", hang), args: []string{"--timeout", "50ms"}, failed: []string{"domain_api"}, skipped: append(append(domains, hasRest...), "clock"),
			says: map[string]string{"domain_api": "no answer within 50ms (--timeout): LivePerson did not answer: reaching 127.0.0.1", "clock": "no answer of LivePerson had a date"},
		},
		"tokens do not come": {
			instead: on("/app/token", hang), args: []string{"--timeout", "2s"}, failed: []string{"app_token"}, skipped: []string{"consumer_token", "conversation", "webhook"},
			says: map[string]string{"app_token": "no answer within 2s (--timeout): "},
		},
		"a domain that can't be looked up": {
			args: []string{"--domain-api", "https://liveperson..invalid"}, failed: []string{"dns"},
			skipped: append(append([]string{"domain_api", "clock"}, domains...), hasRest...),
			says:    map[string]string{"dns": "this machine can't look up liveperson..invalid: check --domain-api, the DNS settings, and whether it needs a proxy"},
		},
		"a port where nobody is": {
			args: []string{"--domain-api", "http://127.0.0.1:1"}, failed: []string{"domain_api"}, skipped: append(append(domains, hasRest...), "clock"),
			says: map[string]string{"domain_api": "LivePerson did not answer: reaching 127.0.0.1:1: "},
		},
		"another monitoring domain": {
			env: []string{"LIVEPERSON_MONITORING_DOMAIN=http://127.0.0.1:1"}, failed: []string{"monitoring"},
			says: map[string]string{"monitoring": "reaching 127.0.0.1:1: "},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPatient(t, sandbox.Options{}, test.instead)
			e := p.examine(t, test.env, test.args...)
			assert.ElementsMatch(t, test.failed, e.only("failed"), e.stdout)
			assert.ElementsMatch(t, test.warning, e.only("warning"), e.stdout)
			if len(test.skipped) > 0 {
				assert.ElementsMatch(t, test.skipped, e.only("skipped"))
			} else {
				assert.Subset(t, e.only("skipped"), []string{"conversation", "webhook"})
			}
			for check, part := range test.says {
				assert.Contains(t, e.of(check), part)
			}
			assert.NotContains(t, e.stdout, "class=")
			if len(test.failed) > 0 {
				assert.Equal(t, e.wantCode(), e.code)
				assert.Equal(t, "failed", e.status)
				assert.Contains(t, e.stderr, "some checks have failed")
			} else {
				assert.Equal(t, 0, e.code)
				assert.Equal(t, "warning", e.status)
				assert.Empty(t, e.stderr)
			}
		})
	}
}

func TestDoctorReadsTheClockOfTokens(t *testing.T) {
	t.Parallel()
	for by, want := range map[string][2]string{
		"-90s": {"warning: ", " ahead of LivePerson's: let it follow a time server (NTP)"},
		"2h":   {"failed: ", " behind LivePerson's: let it follow a time server (NTP); otherwise tokens are used after their end, or are never used"},
		"-2h":  {"failed: ", " ahead of LivePerson's: "},
	} {
		t.Run(by, func(t *testing.T) {
			t.Parallel()
			p := newPatient(t, sandbox.Options{}, nil)
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, p.url+"/sandbox/clock", strings.NewReader(`{"advance":"`+by+`"}`))
			require.NoError(t, err)
			res, err := http.DefaultClient.Do(request)
			require.NoError(t, err)
			require.NoError(t, res.Body.Close())
			require.Equal(t, http.StatusOK, res.StatusCode)
			e := p.examine(t, nil)
			assert.True(t, strings.HasPrefix(e.of("clock"), want[0]), e.of("clock"))
			assert.Contains(t, e.of("clock"), want[1])
			assert.Equal(t, want[0] == "failed: ", e.code == 1)
		})
	}
}

func TestDoctorTellsOfWrongFlags(t *testing.T) {
	t.Parallel()
	account := []string{"--account-id", "12345678"}
	empty := filepath.Join(t.TempDir(), "empty")
	require.NoError(t, os.WriteFile(empty, []byte("\n"), 0o600))
	tests := map[string]struct {
		env, args []string
		want      []string
	}{
		"nothing":             {nil, nil, []string{"--account-id: must not be empty"}},
		"an account's URL":    {nil, []string{"--account-id", "https://x/1"}, []string{"--account-id: ", "give the id alone"}},
		"a secret alone":      {[]string{"LIVEPERSON_CLIENT_SECRET=s3cret"}, account, []string{"--client-id: must not be empty"}},
		"an app alone":        {nil, append(account, "--client-id", "x"), []string{"--client-secret: must not be empty"}},
		"two secrets":         {nil, append(account, "--client-secret", "s3cret", "--client-secret-file", empty), []string{"--client-secret and --client-secret-file: only one of them"}},
		"an empty file":       {nil, append(account, "--client-secret-file", empty), []string{"--client-secret-file: the file is empty"}},
		"no file":             {nil, append(account, "--client-secret-file", "none"), []string{"--client-secret-file: open none"}},
		"plain http":          {nil, append(account, "--domain-api", "http://x"), []string{"--domain-api: ", "plain http is for loopback addresses only"}},
		"a monitoring domain": {nil, append(account, "--app-installation-id", "x", "--monitoring-domain", "http://x"), []string{"--monitoring-domain: "}},
		"an endpoint":         {nil, append(account, "--endpoint", "http://x/?key=s3cret"), []string{"--endpoint: must be an https URL"}},
		"an endpoint's host":  {nil, append(account, "--endpoint", "s3cret"), []string{"--endpoint: must be an https URL"}},
		"no time":             {nil, append(account, "--timeout", "0s"), []string{"--timeout: must be a time such as 10s, more than 0"}},
		"half a time":         {nil, append(account, "--timeout", "5"), []string{`--timeout: must be a time such as 10s; see benthos-liveperson doctor --help`}},
		"no consumer":         {nil, append(account, "--consumer", ""), []string{"--consumer: must not be empty"}},
		"no such config":      {nil, append(account, "s3cret"), []string{"the config can't be read: no such file or directory: doctor takes one config"}},
		"two configs":         {nil, append(account, "s3cret", "s3cret"), []string{"doctor takes one config and flags: put flags before the config"}},
		"several":             {nil, append(account, "--timeout", "0s", "--endpoint", "x", "--client-id", "x"), []string{"--timeout", "--endpoint", "--client-secret"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stdout, stderr, err := process(t, test.env, append([]string{"doctor"}, test.args...)...)
			assert.Equal(t, 2, exitCode(t, err))
			assert.Empty(t, stdout)
			for _, want := range test.want {
				assert.Contains(t, stderr, want)
			}
			assert.NotContains(t, stderr, "s3cret")
		})
	}
}

func TestDoctorTakesTheSecretFromAFileOrWarns(t *testing.T) {
	t.Parallel()
	p := newPatient(t, sandbox.Options{}, nil)
	path := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(path, []byte(sandbox.DefaultClientSecret+"\n"), 0o600))
	e := p.examine(t, []string{"LIVEPERSON_CLIENT_SECRET=wrong-one"}, "--client-secret-file", path)
	assert.Equal(t, 0, e.code, "the file comes first")
	assert.Empty(t, e.stderr)

	e = p.examine(t, []string{"LIVEPERSON_CLIENT_SECRET=wrong-one"}, "--client-secret", sandbox.DefaultClientSecret)
	assert.Equal(t, 0, e.code)
	assert.Contains(t, e.stderr, "Warning: --client-secret shows in the list of processes")
}

func TestDoctorLooksAtTheWebhook(t *testing.T) {
	t.Parallel()
	status := func(code int) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/s3cret")
			w.WriteHeader(code)
		})
	}
	p := newPatient(t, sandbox.Options{}, nil)
	for code, want := range map[int]string{
		200: "failed: a notification without a signature is accepted with 200, so anybody can send notifications: check signatures",
		204: "failed: a notification without a signature is accepted with 204",
		302: "failed: it answers 302, a redirect, which LivePerson counts as a failure",
		400: "failed: it answers 400 to a notification without a signature, but liveperson_webhook answers 401",
		401: "ok: a notification without a signature is refused with 401",
		403: "failed: it answers 403: a firewall or proxy refuses",
		404: "failed: it answers 404: nothing accepts notifications at this path",
		503: "failed: it answers 503: the pipeline behind it is not running or fails",
	} {
		t.Run(http.StatusText(code), func(t *testing.T) {
			t.Parallel()
			server := httptest.NewTLSServer(status(code))
			t.Cleanup(server.Close)
			roots := filepath.Join(t.TempDir(), "roots.pem")
			require.NoError(t, os.WriteFile(roots, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600))
			e := p.examine(t, []string{"SSL_CERT_FILE=" + roots}, "--endpoint", server.URL+"/s3cret?key=s3cret")
			assert.Contains(t, e.of("webhook_signature"), want)
			assert.Contains(t, e.of("webhook"), "answers here, at an address that LivePerson can't reach")
			assert.Equal(t, "ok: the certificate is valid, until "+server.Certificate().NotAfter.UTC().Format("2006-01-02"), e.of("webhook_certificate"))
			assert.NotEmpty(t, e.of("webhook_speed"))
			signed := e.of("webhook_secret")
			switch code {
			case 200:
				assert.Equal(t, "ok: a notification that is signed with LIVEPERSON_CLIENT_SECRET is accepted", signed)
			case 401:
				assert.Contains(t, signed, "failed: a notification that is signed with LIVEPERSON_CLIENT_SECRET is refused with 401")
			default:
				assert.Contains(t, signed, fmt.Sprintf("failed: it answers %d to a signed notification", code))
			}
			assert.Equal(t, e.wantCode(), e.code)
			assert.NotZero(t, e.code)
		})
	}
	t.Run("a certificate that nobody knows", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewUnstartedServer(status(401))
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		server.StartTLS()
		t.Cleanup(server.Close)
		e := p.examine(t, nil, "--endpoint", server.URL)
		assert.Equal(t, []string{"webhook_certificate"}, e.only("failed"))
		assert.Contains(t, e.of("webhook_certificate"), "certificate signed by unknown authority: LivePerson refuses the certificate too")
		assert.Equal(t, "skipped: needs webhook_certificate, which has failed", e.of("webhook_signature"))
	})
	t.Run("plain http", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("X-Liveperson-Signature") == "" {
				w.WriteHeader(http.StatusUnauthorized)
			}
		}))
		t.Cleanup(server.Close)
		e := p.examine(t, []string{"LIVEPERSON_WEBHOOK_ENDPOINT=" + server.URL})
		assert.Equal(t, 0, e.code)
		assert.Contains(t, e.of("webhook"), "over plain http: LivePerson posts to https only")
		assert.Empty(t, e.of("webhook_certificate"))
	})
	t.Run("nobody there", func(t *testing.T) {
		t.Parallel()
		e := p.examine(t, nil, "--endpoint", "https://127.0.0.1:1/s3cret")
		assert.Equal(t, []string{"webhook"}, e.only("failed"))
		assert.Contains(t, e.of("webhook"), "127.0.0.1:1 can't be reached from here: ")
		assert.Equal(t, "skipped: needs webhook, which has failed", e.of("webhook_speed"))
	})
}

// The doctor's checks pass for liveperson_webhook.
func TestDoctorLikesOurWebhook(t *testing.T) {
	t.Parallel()
	e := newPatient(t, sandbox.Options{}, nil).examine(t, nil, "--endpoint", runWebhook(t, "").url)
	assert.Equal(t, "ok: a notification without a signature is refused with 401", e.of("webhook_signature"))
	assert.Equal(t, "ok: a notification that is signed with LIVEPERSON_CLIENT_SECRET is accepted", e.of("webhook_secret"))
	assert.Equal(t, "warning", e.status)
}

// Each configured secret is tried, so a webhook with a wrong secret or without the old one is found.
func TestDoctorTriesEachSecretOfTheWebhook(t *testing.T) {
	t.Parallel()
	p := newPatient(t, sandbox.Options{}, nil)
	const old = "LIVEPERSON_OLD_CLIENT_SECRET=retired"
	e := p.examine(t, []string{old}, "--endpoint", runWebhook(t, "").url)
	assert.Contains(t, e.of("webhook_secret"), "ok: ")
	assert.Contains(t, e.of("webhook_old_secret"), "failed: a notification that is signed with LIVEPERSON_OLD_CLIENT_SECRET is refused with 401")
	e = p.examine(t, nil, "--endpoint", runWebhook(t, "  require_sha256: true\n").url)
	assert.Contains(t, e.of("webhook_secret"), "is accepted, but only with SHA-256")
	assert.Empty(t, e.of("webhook_old_secret"))
}

func TestDoctorStops(t *testing.T) {
	t.Parallel()
	begun := make(chan struct{})
	var once sync.Once
	p := newPatient(t, sandbox.Options{}, func(_ http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/app/token") {
			return false
		}
		once.Do(func() { close(begun) })
		untilGone(r)
		return true
	})
	cmd := command(t, []string{"LIVEPERSON_CLIENT_SECRET=" + sandbox.DefaultClientSecret},
		"doctor", "--domain-api", p.url, "--account-id", sandbox.DefaultAccountID, "--client-id", sandbox.DefaultClientID, "--timeout", "10m")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	require.NoError(t, cmd.Start())
	<-begun
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	assert.Equal(t, 1, exitCode(t, cmd.Wait()))
	assert.Contains(t, stdout.String(), "ok       domain_swift ")
	assert.Contains(t, stdout.String(), "skipped  app_token                  told to stop")
	assert.Contains(t, stdout.String(), "skipped  webhook                    told to stop")
	assert.Equal(t, "told to stop before all checks were made\n", stderr.String())
	p.assertNothingPrivate(t, stdout.String()+stderr.String())
}
