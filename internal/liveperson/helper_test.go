package liveperson

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Samples of LivePerson's pages and of captured answers.
const (
	testAccount = "56072331"
	testApp     = "721d86f9-b3a1-44a5-9e8b-1f0c3e6d2a47"
	testDomain  = "va.v.liveperson.net"
	testVisitor = "A0ZTA5YTVlYTY5NTI1ODYx"
	testSession = "stM0CzMWRye4MZgRBAL4UQ"
	testBody    = `{"consumerId":"uniqueIdInBrand","engagementAttributes":[]}`

	sampleSession = `{"sessionId": "abc", "visitorId": "xyz", "pageId": "4743822558"}`
	sampleError   = `{"time": 1513095142268, "message": "consumerId", "internalCode": 5}`
)

// doerFunc is LivePerson in memory. It can also stand below an http.Client, which
// then adds to errors what net/http adds.
type doerFunc func(*http.Request) (*http.Response, error)

func (f doerFunc) Do(r *http.Request) (*http.Response, error)        { return f(r) }
func (f doerFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// answering gives each request the same answer.
func answering(status int, body string) doerFunc {
	return func(*http.Request) (*http.Response, error) { return response(status, body), nil }
}

func response(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}

// failing gives each request the same error.
func failing(err error) doerFunc {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

// split sends requests to the Domain API one way and all others another.
func split(domainAPI, monitoring doerFunc) doerFunc {
	return func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "/baseURI.json") {
			return domainAPI(r)
		}
		return monitoring(r)
	}
}

func newAccount(t *testing.T, o Options) *Account {
	t.Helper()
	if o.AccountID == "" {
		o.AccountID = testAccount
	}
	account, err := NewAccount(o)
	require.NoError(t, err)
	return account
}

// newMonitoring has what the components of this module set, where o does not.
func newMonitoring(t *testing.T, account Options, o MonitoringOptions) *Monitoring {
	t.Helper()
	if o.AppInstallationID == "" {
		o.AppInstallationID = testApp
	}
	if o.Method == "" {
		o.Method = http.MethodPost
	}
	if o.APIVersion == "" {
		o.APIVersion = "1.1"
	}
	m, err := newAccount(t, account).Monitoring(o)
	require.NoError(t, err)
	return m
}

// newHTTP makes one that never hangs a test.
func newHTTP(t *testing.T, o HTTPOptions) *HTTP {
	t.Helper()
	o.Timeout = hangTimeout
	c, err := NewHTTP(o)
	require.NoError(t, err)
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// newServer gives the URL of a server on loopback.
func newServer(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s.URL
}

// within bounds the requests of a service in memory.
func within(timeout time.Duration, service doerFunc) Doer {
	return &http.Client{Transport: service, Timeout: timeout}
}

// hangTimeout ends a request that would otherwise hang the test. It is no part of
// what is tested and never reached.
const hangTimeout = 30 * time.Second
