package sandbox_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
)

func withRules(t *testing.T, text string) sandbox.Options {
	t.Helper()
	rules, err := chaos.Parse([]byte(text))
	require.NoError(t, err)
	return sandbox.Options{Chaos: rules, Now: newClock().Now}
}

func TestFaultsThatAnswer(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		rules               string
		version             string
		status, code        int
		message, retryAfter string
	}{
		"status":               {rules: `{endpoint: report, status: 500, code: 18, message: Unexpected}`, status: 500, code: 18, message: "Unexpected"},
		"status by itself":     {rules: `{endpoint: report, status: 503}`, status: 503, message: "Service Unavailable"},
		"429 with seconds":     {rules: `{endpoint: report, status: 429, retry_after: 1500ms}`, status: 429, message: "Too Many Requests", retryAfter: "2"},
		"429 with a date":      {rules: `{endpoint: report, status: 429, retry_after: 30s, retry_after_date: true}`, status: 429, message: "Too Many Requests", retryAfter: "Tue, 12 Dec 2017 16:12:52 GMT"},
		"loading":              {rules: `{endpoint: report, loading: true}`, status: 500, code: 20, message: "Loading account: 12345678, vid: "},
		"loading, version 1.1": {rules: `{endpoint: report, loading: true}`, version: "1.1", status: 202, code: 38, message: "Loading account: 12345678, vid: "},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := sandbox.New(withRules(t, `rules: [`+test.rules+`]`))
			version := test.version
			if version == "" {
				version = "1.0"
			}
			got := report(t, s, consumerBody, "v", version)
			assert.Equal(t, test.status, got.status)
			assert.Equal(t, test.code, got.InternalCode)
			assert.True(t, strings.HasPrefix(got.Message, test.message), got.Message)
			assert.Equal(t, test.retryAfter, got.header.Get("Retry-After"))
			call := reports(t, s).Calls[0]
			assert.Equal(t, test.status, call.Status, "it is kept like any other")
		})
	}
}

func TestDomainsGoWrongToo(t *testing.T) {
	t.Parallel()
	s := sandbox.New(withRules(t, `rules: [{endpoint: domain, times: 2, status: 503}]`))
	assert.Equal(t, 503, get(t, s, "/api/account/12345678/service/smt/baseURI.json?version=1.0").status)
	assert.Equal(t, http.StatusCreated, report(t, s, consumerBody).status)
	assert.Equal(t, 503, get(t, s, "/api/account/12345678/service/baseURI.json?version=1.0").status)
	assert.Equal(t, 200, get(t, s, "/api/account/12345678/service/smt/baseURI.json?version=1.0").status)
}

func TestLatencyComesFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := sandbox.New(withRules(t, `rules: [{endpoint: all, latency: 3s}]`))
		start := time.Now()
		assert.Equal(t, http.StatusCreated, report(t, s, consumerBody).status)
		assert.Equal(t, 3*time.Second, time.Since(start))
	})
}

// LivePerson sometimes sends JSON as application/octet-stream.
func TestAnswersMayHaveAnotherContentType(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{})
	t.Cleanup(s.Close)
	visited := visitTarget(report(t, s, consumerBody))
	fetch(t, s, http.MethodPut, "/sandbox/chaos", `rules: [{endpoint: all, content_type: application/octet-stream, times: 3}]`)
	for _, path := range []string{"/api/account/12345678/service/smt/baseURI.json?version=1.0", visited, "/api/account/1/service/baseURI.json?version=1.0"} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		assert.Equal(t, "application/octet-stream", w.Header().Get("Content-Type"), path)
		assert.True(t, json.Valid(w.Body.Bytes()), "and stay what they are: %s", w.Body)
	}
	assert.Equal(t, "application/json;charset=utf-8", appToken(s).Header().Get("Content-Type"))
	fetch(t, s, http.MethodPut, "/sandbox/chaos", `rules: [{endpoint: app_token, content_type: text/plain}]`)
	w := appToken(s)
	assert.Equal(t, "text/plain", w.Header().Get("Content-Type"))
	assert.NotEmpty(t, member(t, w, "access_token"))
}

// A client must not accept a success without an address.
func TestTheDomainAPIMayAnswerWithoutABaseURI(t *testing.T) {
	t.Parallel()
	s := sandbox.New(withRules(t, `rules: [{endpoint: domain, status: 200}]`))
	got := get(t, s, "/api/account/12345678/service/smt/baseURI.json?version=1.0")
	assert.Equal(t, http.StatusOK, got.status)
	assert.NotContains(t, got.text, "baseURI")
}

// Faults of the connection need a real connection.
func TestFaultsOfTheConnection(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		rule  string
		taken bool // the sandbox took the call, but the sender does not know
		whole bool // the answer is complete
		head  bool // the answer starts, with its status
	}{
		"reset":         {rule: `connection: reset`},
		"reset after":   {rule: `connection: reset_after`, taken: true},
		"timeout":       {rule: `connection: timeout`},
		"timeout after": {rule: `connection: timeout_after`, taken: true},
		"truncated":     {rule: `body: truncated`, taken: true, head: true},
		"malformed":     {rule: `body: malformed`, taken: true, whole: true, head: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := sandbox.New(withRules(t, `rules: [{endpoint: all, times: 1, `+test.rule+`}]`))
			server := httptest.NewUnstartedServer(s)
			server.Config.ErrorLog = nil
			server.Start()
			defer server.Close()

			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if strings.Contains(test.rule, "timeout") {
				go func() { // the client leaves when the sandbox has kept its call
					s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/sandbox/wait?verdict=all&timeout=1m", nil))
					cancel()
				}()
			}
			target := server.URL + reportPath(sandbox.DefaultAccountID, sandbox.DefaultAppInstallationID) + "?v=1.0"
			request, err := http.NewRequestWithContext(ctx, http.MethodPut, target, strings.NewReader(consumerBody))
			require.NoError(t, err)
			res, err := http.DefaultClient.Do(request)
			assert.Equal(t, test.head, err == nil, "%v", err)
			var body []byte
			if err == nil {
				body, err = io.ReadAll(res.Body)
				res.Body.Close()
			}
			if test.whole {
				require.NoError(t, err)
				assert.Equal(t, http.StatusCreated, res.StatusCode)
				assert.NotContains(t, string(body), "pageId")
			} else {
				require.Error(t, err)
			}
			require.Eventually(t, func() bool { return reports(t, s).Total == 1 }, time.Minute, time.Millisecond)
			assert.Equal(t, test.taken, reports(t, s).Calls[0].Good())
		})
	}
}

func TestChaosIsSetAndTakenAwayWhileItRuns(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{})
	status, text := fetch(t, s, http.MethodGet, "/sandbox/chaos", "")
	assert.Equal(t, http.StatusOK, status)
	assert.JSONEq(t, `{"rules":[]}`, text)

	status, text = fetch(t, s, http.MethodPut, "/sandbox/chaos", "rules:\n  - {name: down, endpoint: all, consumer: c, status: 503, retry_after: 2s}")
	assert.Equal(t, http.StatusOK, status)
	assert.JSONEq(t, `{"rules":[{"name":"down","endpoint":"all","consumer":"c","status":503,"retry_after":"2s","seen":0,"struck":0}]}`, text)
	assert.Equal(t, 503, report(t, s, consumerBody).status)
	_, text = fetch(t, s, http.MethodGet, "/sandbox/chaos", "")
	assert.Contains(t, text, `"seen":1,"struck":1`)

	status, text = fetch(t, s, http.MethodPut, "/sandbox/chaos", `{"rules":[{"endpoint":"reprot"}]}`)
	assert.Equal(t, http.StatusBadRequest, status)
	assert.Contains(t, text, `line 1: rules[0]: endpoint: there is no \"reprot\"`)
	assert.Equal(t, 503, report(t, s, consumerBody).status, "the rules before stay")

	_, _ = fetch(t, s, http.MethodDelete, "/sandbox/chaos", "")
	assert.Equal(t, http.StatusCreated, report(t, s, consumerBody).status)
}

// A call without a consumer belongs to the consumer of its session, for chaos rules and in the list of calls.
func TestARuleForAConsumerKnowsHisSession(t *testing.T) {
	t.Parallel()
	s := sandbox.New(withRules(t, `rules: [{endpoint: all, consumer: jane, skip: 1, status: 503}]`))
	at := report(t, s, lead("jane", "L-1"))
	require.Equal(t, http.StatusCreated, at.status)
	assert.Equal(t, 503, report(t, s, `{"engagementAttributes":[]}`, "vid", at.VisitorID, "sid", at.SessionID).status)
	assert.Equal(t, 503, get(t, s, visitTarget(at)).status)
	assert.Equal(t, http.StatusCreated, report(t, s, lead("john", "L-1")).status)
}
