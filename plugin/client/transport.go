package client

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/url"
	"time"
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
}

// NewHTTP makes the HTTP client for LivePerson: a transport of its own, no
// redirects.
func NewHTTP(o HTTPOptions) (*http.Client, error) {
	proxy := http.ProxyFromEnvironment
	if o.ProxyURL != "" {
		u, err := url.Parse(o.ProxyURL)
		if err != nil || u.Host == "" {
			// The URL may hold a password, so it is not repeated here.
			return nil, fmt.Errorf("proxy_url: not a URL with scheme and host, such as http://proxy.example.com:3128")
		}
		proxy = http.ProxyURL(u)
	}

	tlsConf := &tls.Config{}
	if o.TLS != nil {
		tlsConf = o.TLS.Clone()
	}
	tlsConf.MinVersion = max(tlsConf.MinVersion, tls.VersionTLS12)

	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = proxy
	transport.TLSClientConfig = tlsConf
	transport.MaxIdleConns = 0
	transport.MaxIdleConnsPerHost = max(o.Connections, 2)
	transport.IdleConnTimeout = 90 * time.Second
	transport.ResponseHeaderTimeout = 0 // the request's context bounds the whole

	return &http.Client{Transport: withoutRedirects{transport}}, nil
}

// withoutRedirects takes the address out of redirects, so that they are answers
// like any other. LivePerson's APIs do not redirect; following one would turn a
// POST into a GET and take its 200 for an acknowledgement.
type withoutRedirects struct{ *http.Transport }

func (t withoutRedirects) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := t.Transport.RoundTrip(req)
	if err == nil {
		res.Header.Del("Location")
	}
	return res, err
}
