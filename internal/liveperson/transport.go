package liveperson

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/propagation"
)

const (
	// connectTimeout limits the time for the TCP connection, and also for the TLS handshake.
	// HTTPOptions.Timeout is usually shorter and limits both together.
	connectTimeout = 30 * time.Second
	// keepAlive is the time between TCP probes.
	keepAlive = 30 * time.Second
	// idleTimeout is how long an unused connection is kept.
	idleTimeout = 90 * time.Second
	// pingAfter is how long an HTTP/2 connection may be silent before the client pings the
	// server. All requests share that connection.
	pingAfter = 15 * time.Second
	// maxHeaderBytes limits the headers of an answer, including its interim answers (1xx).
	// LivePerson's headers have less than 2 KiB.
	maxHeaderBytes = 1 << 20
)

// HTTPOptions of NewHTTP.
type HTTPOptions struct {
	// TLS is the base of the TLS settings; nil means Go's defaults. Versions below 1.2 are never
	// used, because LivePerson dropped them in 2019.
	TLS *tls.Config
	// ProxyURL is an HTTP or SOCKS5 proxy. Empty: HTTPS_PROXY and NO_PROXY in the environment.
	ProxyURL string
	// Connections is how many idle connections are kept for a host. It should be the number of
	// requests in flight. With fewer, the other requests open new connections.
	Connections int
	// Timeout limits each request, from connecting to the last byte of the answer. Zero: only
	// the context limits it.
	Timeout time.Duration
	// TraceContext adds the W3C header traceparent, which names the span of the context.
	TraceContext bool
}

// HTTP makes requests to LivePerson. It is safe for concurrent use.
//
// HTTP uses http.Transport without http.Client, which would start a timer and a goroutine for each
// request, to do what the context does.
//
// HTTP does not follow redirects. LivePerson's APIs have none. A redirect would turn a POST into a
// GET, and its 200 would count as an acceptance.
type HTTP struct {
	sender
	timeout      time.Duration // 0: none
	traceContext bool
}

// proxySchemes are the schemes that net/http's transport supports.
var proxySchemes = []string{"http", "https", "socks5", "socks5h"}

// parseProxyURL does not repeat the URL in its errors, because it may have a password.
func parseProxyURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Hostname() == "" || !isPort(u.Port()):
		return nil, errors.New("not a URL with scheme and host, such as http://proxy.example.com:3128")
	case !slices.Contains(proxySchemes, u.Scheme):
		return nil, fmt.Errorf("the scheme must be one of %s", strings.Join(proxySchemes, ", "))
	case u.Path != "" && u.Path != "/", u.RawQuery != "", u.Fragment != "":
		return nil, errors.New("it has a path or query: set only scheme, host and port")
	}
	return u, nil
}

// NewHTTP returns an HTTP client for LivePerson with its own connections.
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
	return &HTTP{sender: sender{kept: kept, fresh: fresh}, timeout: o.Timeout, traceContext: o.TraceContext}, nil
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
		ForceAttemptHTTP2:      true, // with TLS settings, net/http uses HTTP/2 only if asked to
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingAfter},
		MaxIdleConnsPerHost:    max(o.Connections, 2),
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
		// An answer has about 100 bytes, so compression is useless. Account.do unpacks an answer
		// that is compressed anyway.
		DisableCompression: true,
	}
}

// refusedByProxy returns an error if a proxy refuses to connect. The error of net/http would
// repeat the proxy's words.
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

// errProxySettings does not repeat the environment variable, which may have a password.
var errProxySettings = errors.New("the proxy in HTTPS_PROXY or HTTP_PROXY is not a URL with scheme and host")

// proxyError marks a failure of a request through a proxy. Without it, the error would look like
// a failure of LivePerson.
type proxyError struct{ error }

func (e *proxyError) Unwrap() error { return e.error }

// Do makes a request, through a proxy if there is one for it.
func (h *HTTP) Do(req *http.Request) (*http.Response, error) {
	ctx, cancel := req.Context(), context.CancelFunc(func() {})
	if h.timeout > 0 {
		ctx, cancel = context.WithTimeout(ctx, h.timeout)
		req = req.WithContext(ctx)
	}
	if h.traceContext {
		req = req.Clone(ctx) // requests share their headers
		propagation.TraceContext{}.Inject(ctx, propagation.HeaderCarrier(req.Header))
	}
	res, err := h.roundTrip(req)
	if err != nil {
		cancel()
		return nil, err
	}
	res.Body = &timedBody{res.Body, cancel}
	return res, nil
}

// timedBody ends the time for a request when its answer has been read.
type timedBody struct {
	io.ReadCloser
	cancel context.CancelFunc
}

func (b *timedBody) Close() error {
	defer b.cancel()
	return b.ReadCloser.Close()
}

// CloseIdleConnections closes connections that are not in use.
func (h *HTTP) CloseIdleConnections() { h.kept.CloseIdleConnections() }

// sender makes the requests of HTTP, and records for Account.do what happens to them.
type sender struct {
	kept  *http.Transport
	fresh *http.Transport // opens a new connection for each request
}

// roundTrip makes a request. If it fails because of a kept connection, roundTrip makes it once
// more over a new connection.
func (s *sender) roundTrip(req *http.Request) (*http.Response, error) {
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
	return res, a, nil
}
