package liveperson

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	// connectTimeout bounds the TCP connection and, a second time, the TLS handshake.
	// HTTPOptions.Timeout is usually shorter and bounds both.
	connectTimeout = 30 * time.Second
	// keepAlive is the time between TCP's probes.
	keepAlive = 30 * time.Second
	// idleTimeout is how long a connection is kept that no request uses.
	idleTimeout = 90 * time.Second
	// pingAfter is how long an HTTP/2 connection may be silent before the client asks
	// whether the server is still there. All requests share that connection.
	pingAfter = 15 * time.Second
	// maxHeaderBytes bounds the headers of an answer, its interim answers (1xx)
	// included. LivePerson's are under 2 KiB.
	maxHeaderBytes = 1 << 20
)

// HTTPOptions of NewHTTP.
type HTTPOptions struct {
	// TLS is the base of the TLS settings; nil means Go's defaults. Versions
	// below 1.2 are never used: LivePerson dropped them in 2019.
	TLS *tls.Config
	// ProxyURL is an HTTP or SOCKS5 proxy. Empty: HTTPS_PROXY and NO_PROXY of
	// the environment.
	ProxyURL string
	// Connections is how many idle connections are kept for a host: as many as
	// there are requests in flight, or every other request opens a new one.
	Connections int
	// Timeout bounds each request, from connecting to the last byte of the
	// answer. Zero: no bound but the context's.
	Timeout time.Duration
}

// HTTP makes requests to LivePerson. It does not follow redirects: LivePerson's APIs
// have none, and following one would turn a POST into a GET and take its 200 for an
// acknowledgement. It is safe for concurrent use.
type HTTP struct {
	client *http.Client
	kept   *http.Transport
}

// proxySchemes are those that net/http's transport knows.
var proxySchemes = []string{"http", "https", "socks5", "socks5h"}

// parseProxyURL does not repeat in its errors what was given, as it may hold a password.
func parseProxyURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Hostname() == "" || !isPort(u.Port()):
		return nil, errors.New("not a URL with scheme and host, such as http://proxy.example.com:3128")
	case !slices.Contains(proxySchemes, u.Scheme):
		return nil, fmt.Errorf("the scheme must be one of %s", strings.Join(proxySchemes, ", "))
	case u.Path != "" && u.Path != "/", u.RawQuery != "", u.Fragment != "":
		return nil, errors.New("it has a path or query: give scheme, host and port alone")
	}
	return u, nil
}

// NewHTTP makes the HTTP client for LivePerson, with connections of its own.
func NewHTTP(o HTTPOptions) (*HTTP, error) {
	proxyOf := http.ProxyFromEnvironment
	if o.ProxyURL != "" {
		u, err := parseProxyURL(o.ProxyURL)
		if err != nil {
			return nil, fmt.Errorf("proxy_url: %w", err)
		}
		proxyOf = http.ProxyURL(u)
	}
	kept, fresh := newTransport(o, proxyOf), newTransport(o, proxyOf)
	fresh.DisableKeepAlives = true
	return &HTTP{
		client: &http.Client{Transport: &sender{kept: kept, fresh: fresh}, Timeout: o.Timeout},
		kept:   kept,
	}, nil
}

func newTransport(o HTTPOptions, proxyOf func(*http.Request) (*url.URL, error)) *http.Transport {
	settings := cmp.Or(o.TLS, &tls.Config{}).Clone()
	settings.MinVersion = max(settings.MinVersion, tls.VersionTLS12)
	return &http.Transport{
		Proxy:                  proxyOf,
		OnProxyConnectResponse: refusedByProxy,
		DialContext:            counted((&net.Dialer{Timeout: connectTimeout, KeepAlive: keepAlive}).DialContext),
		TLSClientConfig:        settings,
		TLSHandshakeTimeout:    connectTimeout,
		ForceAttemptHTTP2:      true, // net/http leaves it out where TLS settings are given
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingAfter},
		MaxIdleConnsPerHost:    max(o.Connections, 2),
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
		// An answer has some 100 bytes. Account.do reads a packed one all the same.
		DisableCompression: true,
	}
}

// refusedByProxy says in its own words that a proxy makes no connection. net/http would
// repeat the proxy's.
func refusedByProxy(_ context.Context, _ *url.URL, _ *http.Request, res *http.Response) error {
	if res.StatusCode == http.StatusOK {
		return nil
	}
	return &proxyRefusal{res.StatusCode}
}

type proxyRefusal struct{ status int }

func (r *proxyRefusal) Error() string {
	return strings.TrimSpace(fmt.Sprintf("it answered CONNECT with %d %s", r.status, http.StatusText(r.status)))
}

// errProxySettings does not repeat the environment, which may hold a password.
var errProxySettings = errors.New("the proxy in HTTPS_PROXY or HTTP_PROXY is not a URL with scheme and host")

// proxyError is a failure of a request that went through a proxy, whose words look like
// LivePerson's.
type proxyError struct{ error }

func (e *proxyError) Unwrap() error { return e.error }

// Do makes a request, through a proxy if there is one for it.
func (h *HTTP) Do(req *http.Request) (*http.Response, error) { return h.client.Do(req) }

// CloseIdleConnections lets go of connections that are not in use.
func (h *HTTP) CloseIdleConnections() { h.kept.CloseIdleConnections() }

// sender makes the requests of http.Client, which bounds their time, and tells Account.do
// what became of them.
type sender struct {
	kept  *http.Transport
	fresh *http.Transport // has a new connection for each request
}

// RoundTrip makes a request, and once more over a new connection if the kept one failed it.
func (s *sender) RoundTrip(req *http.Request) (*http.Response, error) {
	res, a, err := s.attempt(s.kept, req)
	if !a.failedByReuse(req.Context(), res, err) {
		return res, err
	}
	again := req.WithContext(req.Context())
	if req.GetBody != nil {
		var bodyErr error
		if again.Body, bodyErr = req.GetBody(); bodyErr != nil {
			return res, err
		}
	}
	if res != nil {
		res.Body.Close()
	}
	res, _, err = s.attempt(s.fresh, again)
	return res, err
}

func (s *sender) attempt(transport *http.Transport, req *http.Request) (*http.Response, *attempt, error) {
	a := newAttempt(req.Context())
	res, err := transport.RoundTrip(req.WithContext(a.watch(req.Context())))
	if err == nil && a.unasked() && !failureOf(res.StatusCode, 0, "").notPassedOn {
		res.Body.Close()
		err = errUnasked
	}
	if err != nil {
		proxy, proxyErr := transport.Proxy(req)
		if proxyErr != nil {
			err = errors.Join(errProxySettings, err)
		} else if proxy != nil {
			err = &proxyError{err}
		}
		return nil, a, err
	}
	// http.Client reads the address of a redirect, and fails if it can't, before it
	// asks whether to follow it. Without the address a redirect is an answer like any other.
	res.Header.Del("Location")
	return res, a, nil
}
