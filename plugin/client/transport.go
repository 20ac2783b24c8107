package client

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/plugin/wire"
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
	proxyOf func(*http.Request) (*url.URL, error)
	direct  *wire.Transport
	proxied *http.Client
}

// proxySchemes are those that net/http's transport knows.
var proxySchemes = []string{"http", "https", "socks5", "socks5h"}

// NewHTTP makes the HTTP client for LivePerson, with connections of its own.
func NewHTTP(o HTTPOptions) (*HTTP, error) {
	proxyOf := http.ProxyFromEnvironment
	if o.ProxyURL != "" {
		u, err := url.Parse(o.ProxyURL)
		if err != nil || u.Host == "" {
			// The URL may hold a password, so it is not repeated here.
			return nil, errors.New("proxy_url: not a URL with scheme and host, such as http://proxy.example.com:3128")
		}
		if !slices.Contains(proxySchemes, u.Scheme) {
			return nil, fmt.Errorf("proxy_url: the scheme must be one of %s", strings.Join(proxySchemes, ", "))
		}
		proxyOf = http.ProxyURL(u)
	}
	settings := cmp.Or(o.TLS, &tls.Config{}).Clone()
	settings.MinVersion = max(settings.MinVersion, tls.VersionTLS12)
	connections := max(o.Connections, 2)

	direct := wire.NewTransport(settings, connections)
	direct.Timeout = o.Timeout

	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = proxyOf
	transport.TLSClientConfig = settings
	transport.MaxIdleConns = 0
	transport.MaxIdleConnsPerHost = connections

	return &HTTP{
		proxyOf: proxyOf,
		direct:  direct,
		proxied: &http.Client{Transport: throughProxy{transport}, Timeout: o.Timeout},
	}, nil
}

// Do makes a request, through a proxy if there is one for it.
func (h *HTTP) Do(req *http.Request) (*http.Response, error) {
	proxy, err := h.proxyOf(req)
	if proxy != nil || err != nil {
		return h.proxied.Do(req)
	}
	return h.direct.RoundTrip(req)
}

// CloseIdleConnections lets go of connections that are not in use.
func (h *HTTP) CloseIdleConnections() {
	h.direct.CloseIdleConnections()
	h.proxied.CloseIdleConnections()
}

// throughProxy says in errors that there is a proxy, as its words look like LivePerson's.
// It takes the address out of redirects, so that they are answers like any other.
type throughProxy struct{ *http.Transport }

func (t throughProxy) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := t.Transport.RoundTrip(req)
	if err != nil {
		return nil, fmt.Errorf("through the proxy: %w", err)
	}
	res.Header.Del("Location")
	return res, nil
}
