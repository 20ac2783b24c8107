package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

const consumerBody = `{"consumerId":"c","engagementAttributes":[]}`

// clock is a clock that stands still until a test moves it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.UnixMilli(1513095142268)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// answer has the members of every JSON answer of the APIs.
type answer struct {
	status int
	header http.Header
	text   string

	SessionID    string `json:"sessionId"`
	VisitorID    string `json:"visitorId"`
	PageID       string `json:"pageId"`
	Time         int64  `json:"time"`
	Message      string `json:"message"`
	InternalCode int    `json:"internalCode"`
}

// send uses assert and not require, so that any goroutine may call it.
func send(t *testing.T, s *sandbox.Sandbox, r *http.Request) answer {
	t.Helper()
	recorder := httptest.NewRecorder()
	s.ServeHTTP(recorder, r)
	got := answer{status: recorder.Code, header: recorder.Header(), text: recorder.Body.String()}
	assert.Equal(t, "application/json", got.header.Get("Content-Type"))
	assert.NoError(t, json.Unmarshal(recorder.Body.Bytes(), &got), "answer: %s", got.text)
	return got
}

func get(t *testing.T, s *sandbox.Sandbox, target string) answer {
	t.Helper()
	return send(t, s, httptest.NewRequest(http.MethodGet, target, nil))
}

func reportPath(account, app string) string {
	return "/api/account/" + account + "/app/" + app + "/report"
}

// report sends a body to the default account, with pairs of query names and values.
func report(t *testing.T, s *sandbox.Sandbox, body string, query ...string) answer {
	t.Helper()
	values := url.Values{"v": {"1.0"}}
	for i := 0; i < len(query); i += 2 {
		values.Set(query[i], query[i+1])
	}
	target := reportPath(sandbox.DefaultAccountID, sandbox.DefaultAppInstallationID) + "?" + values.Encode()
	return send(t, s, httptest.NewRequest(http.MethodPut, target, strings.NewReader(body)))
}

type kept struct {
	Calls     []sandbox.Call `json:"calls"`
	Total     int            `json:"total"`
	Forgotten int            `json:"forgotten"`
}

func reports(t *testing.T, s *sandbox.Sandbox) kept {
	t.Helper()
	var got kept
	require.NoError(t, json.Unmarshal([]byte(get(t, s, "/sandbox/all").text), &got))
	return got
}

func TestHealth(t *testing.T) {
	t.Parallel()
	got := get(t, sandbox.New(sandbox.Options{}), "/sandbox/health")
	assert.Equal(t, http.StatusOK, got.status)
	assert.JSONEq(t, `{"status":"ok"}`, got.text)
	status, _ := fetch(t, sandbox.New(sandbox.Options{}), http.MethodHead, "/sandbox/health", "")
	assert.Equal(t, http.StatusOK, status)
	status, _ = fetch(t, sandbox.New(sandbox.Options{}), http.MethodPost, "/sandbox/health", "")
	assert.Equal(t, http.StatusMethodNotAllowed, status)
}

func TestUnknownPathSaysWhatExists(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/nothing", "/api/account/1/app/2/reports", "/sandbox"} {
		got := get(t, sandbox.New(sandbox.Options{}), path)
		assert.Equal(t, http.StatusNotFound, got.status)
		assert.NotZero(t, got.Time)
		for _, known := range []string{"/app/{app}/report", "/service/{service}/baseURI.json", "/service/baseURI.json", "/sandbox/all", "/sandbox/health"} {
			assert.Contains(t, got.Message, known)
		}
	}
}

func TestOtherMethodsAreRefused(t *testing.T) {
	t.Parallel()
	report := reportPath(sandbox.DefaultAccountID, sandbox.DefaultAppInstallationID) + "?v=1.0"
	tests := map[string]struct {
		method, override, target, allow string
	}{
		"GET report":                  {http.MethodGet, "", report, "PUT, POST"},
		"DELETE report":               {http.MethodDelete, "", report, "PUT, POST"},
		"POST report, DELETE inside":  {http.MethodPost, "DELETE", report, "PUT, POST"},
		"GET report, PUT inside":      {http.MethodGet, "PUT", report, "PUT, POST"},
		"POST reports":                {http.MethodPost, "", "/sandbox/all", "GET"},
		"DELETE reports":              {http.MethodDelete, "", "/sandbox/all", "GET"},
		"HEAD reports":                {http.MethodHead, "", "/sandbox/all", "GET"},
		"POST one service":            {http.MethodPost, "", "/api/account/12345678/service/smt/baseURI.json", "GET"},
		"POST all services":           {http.MethodPost, "", "/api/account/12345678/service/baseURI.json", "GET"},
		"POST all services, PUT them": {http.MethodPost, "PUT", "/api/account/12345678/service/baseURI.json", "GET"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request := httptest.NewRequest(test.method, test.target, nil)
			request.Header.Set("X-HTTP-Method-Override", test.override)
			got := send(t, sandbox.New(sandbox.Options{}), request)
			assert.Equal(t, http.StatusMethodNotAllowed, got.status)
			assert.Equal(t, test.allow, got.header.Get("Allow"))
			assert.Equal(t, "Method not allowed", got.Message)
		})
	}
}

func TestConcurrentReports(t *testing.T) {
	t.Parallel()
	const senders, each = 16, 50
	s := sandbox.New(sandbox.Options{Keep: 100})
	var running sync.WaitGroup
	for i := range senders {
		running.Go(func() {
			body := fmt.Sprintf(`{"consumerId":"c%d","engagementAttributes":[{"type":"cart"}]}`, i)
			first := report(t, s, body)
			for range each - 1 {
				next := report(t, s, body, "vid", first.VisitorID, "sid", first.SessionID)
				assert.Equal(t, first.SessionID, next.SessionID)
			}
			get(t, s, "/sandbox/all")
			s.Summary()
		})
	}
	running.Wait()

	summary := s.Summary()
	assert.Equal(t, senders*each, summary.Reports)
	assert.Equal(t, senders, summary.Sessions)
	assert.Equal(t, senders*each, summary.Attributes["cart"])
	got := reports(t, s)
	assert.Len(t, got.Calls, 100)
	assert.Equal(t, senders*each-100, got.Forgotten)
}
