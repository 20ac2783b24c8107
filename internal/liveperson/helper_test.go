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

// doerFunc is LivePerson in memory. It can also be the transport of an http.Client, which wraps
// its errors.
type doerFunc func(*http.Request) (*http.Response, error)

func (f doerFunc) Do(r *http.Request) (*http.Response, error)        { return f(r) }
func (f doerFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// answering returns the same answer to each request.
func answering(status int, body string) doerFunc {
	return func(*http.Request) (*http.Response, error) { return response(status, body), nil }
}

func response(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}

// failing returns the same error for each request.
func failing(err error) doerFunc {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

// split sends requests for the Domain API to one function and all others to another.
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

// newMonitoring returns a Monitoring. It fills in the values that the components of this module
// set, if o has none.
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

// newHTTP returns a client with a time-out, so that it can't hang a test.
func newHTTP(t *testing.T, o HTTPOptions) *HTTP {
	t.Helper()
	o.Timeout = hangTimeout
	c, err := NewHTTP(o)
	require.NoError(t, err)
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// newServer starts a server on loopback and returns its URL.
func newServer(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s.URL
}

// within limits the time for requests to a service in memory.
func within(timeout time.Duration, service doerFunc) Doer {
	return &http.Client{Transport: service, Timeout: timeout}
}

// hangTimeout ends a request that would otherwise hang the test. A passing test never reaches it.
const hangTimeout = 30 * time.Second
