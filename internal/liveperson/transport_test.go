package liveperson

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// newTLSServer starts a server with these TLS settings; nil means Go's defaults.
func newTLSServer(t *testing.T, conf *tls.Config) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, sampleSession)
	}))
	s.TLS = conf
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // handshakes fail on purpose
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// LivePerson dropped TLS 1.0 and 1.1 in 2019.
func TestTLSMinimum(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		client      *tls.Config // nil: Go's defaults
		server      uint16      // the only version of the server
		errContains string
	}{
		"1.3":                            {server: tls.VersionTLS13},
		"1.2":                            {server: tls.VersionTLS12},
		"1.1":                            {server: tls.VersionTLS11, errContains: "protocol version"},
		"1.0":                            {server: tls.VersionTLS10, errContains: "protocol version"},
		"1.2, lower minimum given":       {client: &tls.Config{MinVersion: tls.VersionTLS10}, server: tls.VersionTLS12},
		"1.1, lower minimum given":       {client: &tls.Config{MinVersion: tls.VersionTLS10}, server: tls.VersionTLS11, errContains: "protocol version"},
		"1.0, lower minimum given":       {client: &tls.Config{MinVersion: tls.VersionTLS10}, server: tls.VersionTLS10, errContains: "protocol version"},
		"1.3, higher minimum given":      {client: &tls.Config{MinVersion: tls.VersionTLS13}, server: tls.VersionTLS13},
		"1.2, higher minimum given":      {client: &tls.Config{MinVersion: tls.VersionTLS13}, server: tls.VersionTLS12, errContains: "protocol version"},
		"1.1, maximum below the minimum": {client: &tls.Config{MaxVersion: tls.VersionTLS11}, server: tls.VersionTLS11, errContains: "no supported versions"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newTLSServer(t, &tls.Config{MinVersion: test.server, MaxVersion: test.server})
			conf := test.client
			if conf == nil {
				conf = &tls.Config{}
			}
			conf.RootCAs = x509.NewCertPool()
			conf.RootCAs.AddCert(server.Certificate())
			given := conf.Clone()

			m := newMonitoring(t, Options{HTTP: newHTTP(t, HTTPOptions{TLS: conf})}, MonitoringOptions{Domain: server.URL})
			_, err := m.Report(t.Context(), testReport())
			if test.errContains != "" {
				require.ErrorContains(t, err, test.errContains)
				assert.Equal(t, ClassNetwork, ClassOf(err))
			} else {
				require.NoError(t, err)
			}
			assert.Equal(t, given.MinVersion, conf.MinVersion, "the caller's settings are the caller's")
		})
	}

	t.Run("no settings given", func(t *testing.T) {
		t.Parallel()
		assert.EqualValues(t, tls.VersionTLS12, newHTTP(t, HTTPOptions{}).kept.TLSClientConfig.MinVersion)
	})
}

func TestProxyURLErrors(t *testing.T) {
	t.Parallel()
	for name, proxyURL := range map[string]string{
		"no scheme":             "proxy.example.com:3128",
		"no scheme nor port":    "proxy.example.com",
		"no host":               "http://",
		"scheme missing":        "://proxy.example.com",
		"password, no host":     "http://user:hunter2@",
		"password, no scheme":   "user:hunter2@proxy.example.com:3128",
		"password with a space": "http://user:hunter2 x@proxy.example.com:3128",
		"password with percent": "http://user:hunter2%zz@proxy.example.com:3128",
		"password, bad port":    "http://user:hunter2@proxy.example.com:port",
		"line break":            "http://user:hunter2@proxy.example.com:3128\n",
		"port zero":             "http://user:hunter2@proxy.example.com:0",
		"port beyond the last":  "http://user:hunter2@proxy.example.com:70000",
		"port, no host":         "http://user:hunter2@:3128",
		"path":                  "http://user:hunter2@proxy.example.com:3128/pac",
		"query":                 "http://user:hunter2@proxy.example.com:3128?a=b",
		"SOCKS4":                "socks4://user:hunter2@proxy.example.com:1080",
		"scheme alone":          "http",
		"one slash":             "http:/user:hunter2@proxy.example.com",
		"another scheme":        "ftp://user:hunter2@proxy.example.com:3128",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := NewHTTP(HTTPOptions{ProxyURL: proxyURL})
			require.ErrorContains(t, err, "proxy_url: ")
			assert.Nil(t, c)
			assert.NotContains(t, err.Error(), "hunter2")
		})
	}
}

func TestProxyURL(t *testing.T) {
	t.Parallel()
	var got *http.Request
	proxy := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		_, _ = io.WriteString(w, sampleSession)
	})
	doer := newHTTP(t, HTTPOptions{ProxyURL: strings.Replace(proxy, "://", "://user:hunter2@", 1)})
	m := newMonitoring(t, Options{HTTP: doer}, MonitoringOptions{Domain: "http://127.0.0.1:1"})
	_, err := m.Report(t.Context(), testReport())
	require.NoError(t, err)
	assert.Equal(t, "127.0.0.1:1", got.Host)
	assert.True(t, strings.HasPrefix(got.RequestURI, "http://127.0.0.1:1/api/account/"))
	assert.Equal(t, "Basic dXNlcjpodW50ZXIy", got.Header.Get("Proxy-Authorization"))
}

// If a proxy refuses to connect, the request never reaches LivePerson.
func TestProxyRefuses(t *testing.T) {
	t.Parallel()
	proxy := newServer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusProxyAuthRequired)
	})
	doer := newHTTP(t, HTTPOptions{ProxyURL: strings.Replace(proxy, "://", "://user:hunter2@", 1)})
	m := newMonitoring(t, Options{HTTP: doer}, MonitoringOptions{Domain: testDomain})
	_, err := m.Report(t.Context(), testReport())
	assertNetworkError(t, err, testDomain)
	assert.ErrorContains(t, err, "through the proxy: it answered CONNECT with 407 Proxy Authentication Required")
	assert.NotContains(t, err.Error(), "hunter2")
}

// A client that follows a redirect turns POST into GET, and takes the 200 of any page for an
// acceptance.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			var requests atomic.Int32
			domain := newServer(t, func(w http.ResponseWriter, r *http.Request) {
				requests.Add(1)
				if r.URL.Path == "/elsewhere" {
					_, _ = io.WriteString(w, sampleSession)
					return
				}
				http.Redirect(w, r, "/elsewhere?"+r.URL.RawQuery, status)
			})
			m := newMonitoring(t, Options{HTTP: newHTTP(t, HTTPOptions{})}, MonitoringOptions{Domain: domain})
			_, err := m.Report(t.Context(), testReport())
			var e *Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, ClassNotFound, e.Class)
			assert.Equal(t, status, e.Status)
			assert.EqualValues(t, 1, requests.Load())
			assertNothingPersonal(t, err)
		})
	}
}

// net/http parses the address of a redirect even if it does not follow it.
func TestRedirectToNowhereIsAnAnswer(t *testing.T) {
	t.Parallel()
	domain := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "http://sign in.example.com/?from="+r.RequestURI)
		w.WriteHeader(http.StatusFound)
	})
	m := newMonitoring(t, Options{HTTP: newHTTP(t, HTTPOptions{})}, MonitoringOptions{Domain: domain})
	_, err := m.Report(t.Context(), testReport())
	assert.Equal(t, ClassNotFound, ClassOf(err))
	assertNothingPersonal(t, err)
}

// countingServer counts the connections that are opened to it.
func countingServer(t *testing.T, handler http.HandlerFunc) (url string, opened *atomic.Int32) {
	t.Helper()
	opened = new(atomic.Int32)
	s := httptest.NewUnstartedServer(handler)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s.URL, opened
}

func TestConnectionIsReused(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("x", maxResponseBytes+maxResponseBytes/2)
	answers := []struct {
		status int
		body   string
	}{
		{201, sampleSession}, {200, sampleSession}, {200, ""}, {202, ""}, {204, ""}, {302, "moved"}, {400, sampleError},
		{404, "<html></html>"}, {429, ""}, {500, large}, {200, large}, {503, ""},
	}
	var n atomic.Int32
	domain, opened := countingServer(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		answer := answers[int(n.Add(1)-1)%len(answers)]
		w.WriteHeader(answer.status)
		_, _ = io.WriteString(w, answer.body)
	})
	m := newMonitoring(t, Options{HTTP: newHTTP(t, HTTPOptions{Connections: 1})}, MonitoringOptions{Domain: domain})
	for i := range 3 * len(answers) {
		_, err := m.Report(t.Context(), testReport())
		assert.NotEqual(t, ClassNetwork, ClassOf(err), "request %d: %v", i, err)
	}
	assert.EqualValues(t, 3*len(answers), n.Load())
	assert.EqualValues(t, 1, opened.Load())
}

// The client keeps one connection for each request in flight.
func TestConnectionsAreReusedInParallel(t *testing.T) {
	t.Parallel()
	const inFlight, rounds = 64, 5
	type round struct {
		missing atomic.Int32
		full    chan struct{}
	}
	var current atomic.Pointer[round]
	domain, opened := countingServer(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		// The server answers only when all requests have arrived, so that all are in flight at
		// once.
		round := current.Load()
		if round.missing.Add(-1) == 0 {
			close(round.full)
		}
		select {
		case <-round.full:
		case <-r.Context().Done():
		}
		_, _ = io.WriteString(w, sampleSession)
	})
	m := newMonitoring(t, Options{HTTP: newHTTP(t, HTTPOptions{Connections: inFlight})}, MonitoringOptions{Domain: domain})
	for range rounds {
		next := &round{full: make(chan struct{})}
		next.missing.Store(inFlight)
		current.Store(next)
		var all sync.WaitGroup
		for range inFlight {
			all.Go(func() {
				_, err := m.Report(t.Context(), testReport())
				assert.NoError(t, err)
			})
		}
		all.Wait()
	}
	assert.EqualValues(t, inFlight, opened.Load())
}

// both runs a test for direct requests and for requests through a proxy. The server reads one
// request, answers with these bytes, and closes done when all connections are closed.
func both(t *testing.T, timeout time.Duration, answer string, test func(t *testing.T, c *HTTP, done <-chan struct{})) {
	t.Helper()
	for name, proxy := range map[string]string{"direct": "", "proxied": "http://proxy.example.com:3128"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, err := NewHTTP(HTTPOptions{ProxyURL: proxy, Timeout: timeout})
				require.NoError(t, err)
				defer c.CloseIdleConnections()
				done := make(chan struct{})
				dial := func(context.Context, string, string) (net.Conn, error) {
					ours, theirs := net.Pipe()
					go func() {
						defer close(done)
						_, _ = http.ReadRequest(bufio.NewReader(theirs))
						_, _ = io.WriteString(theirs, answer)
						_, _ = io.Copy(io.Discard, theirs)
					}()
					return ours, nil
				}
				c.kept.DialContext = dial
				test(t, c, done)
			})
		})
	}
}

// The time-out ends a request in every phase.
func TestTimeout(t *testing.T) {
	t.Parallel()
	const end = 10 * time.Second
	for where, answer := range map[string]string{
		"before the answer": "",
		"in the header":     "HTTP/1.1 200 OK\r\nServer: ws\r\n",
		"in the body":       "HTTP/1.1 200 OK\r\nContent-Length: 64\r\n\r\n" + sampleSession[:30],
	} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			both(t, end, answer, func(t *testing.T, c *HTTP, done <-chan struct{}) {
				m := newMonitoring(t, Options{HTTP: c}, MonitoringOptions{Domain: "http://127.0.0.1:1"})
				start := time.Now()
				_, err := m.Report(t.Context(), testReport())
				assert.Equal(t, end, time.Since(start))
				if where == "in the body" {
					require.NoError(t, err, "the status says it")
				} else {
					require.ErrorIs(t, err, context.DeadlineExceeded)
				}
				<-done
			})
		})
	}
}

// If the proxy setting can't be read, the request is not sent without a proxy.
func TestProxyThatCannotBeTold(t *testing.T) {
	t.Parallel()
	c := newHTTP(t, HTTPOptions{})
	unknown := errors.New("not a proxy")
	c.kept.Proxy = func(*http.Request) (*url.URL, error) { return nil, unknown }
	c.kept.DialContext = func(context.Context, string, string) (net.Conn, error) {
		t.Error("dialled")
		return nil, unknown
	}
	m := newMonitoring(t, Options{HTTP: c}, MonitoringOptions{Domain: testDomain})
	_, err := m.Report(t.Context(), testReport())
	require.ErrorIs(t, err, unknown)
}

func TestIdleConnectionsAreClosed(t *testing.T) {
	t.Parallel()
	answer := "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
	both(t, 0, answer, func(t *testing.T, c *HTTP, done <-chan struct{}) {
		m := newMonitoring(t, Options{HTTP: c}, MonitoringOptions{Domain: "http://127.0.0.1:1"})
		_, err := m.Report(t.Context(), testReport())
		require.NoError(t, err)
		synctest.Wait()
		select {
		case <-done:
			t.Error("it was not kept")
		default:
		}
		start := time.Now()
		m.Close()
		<-done
		assert.Zero(t, time.Since(start), "not when it has grown old")
	})
}
