package liveperson

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// ParseBaseURL reads a host, host:port, or a URL without a path, as people and the Domain API
// write it. The default scheme is https. Plain http is accepted for loopback addresses only.
// Any host is accepted, because LivePerson's hosts may change at any time.
func ParseBaseURL(s string) (*url.URL, error) {
	u, err := parseBaseURL(s)
	if err != nil && !strings.Contains(s, "@") { // the text may have a password
		err = fmt.Errorf("%q: %w", s, err)
	}
	return u, err
}

// parseBaseURL does not repeat the text in its errors.
func parseBaseURL(s string) (*url.URL, error) {
	if strings.Contains(s, "@") {
		return nil, errors.New("must not hold a user name or password")
	}
	raw := s
	if !strings.Contains(raw, "://") {
		raw = "https://" + raw
	}
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || !isPort(u.Port()) {
		return nil, errors.New("it is not a host, host:port or URL")
	}
	switch {
	case u.Path != "" && u.Path != "/", u.RawQuery != "", u.Fragment != "":
		return nil, errors.New("it has a path or query: set only the host")
	case u.Scheme == "http" && !IsLoopback(u):
		return nil, errors.New("plain http is for loopback addresses only; use https")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("the scheme must be https")
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
}

// isPort returns whether the port of a URL is valid or absent.
func isPort(port string) bool {
	number, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil && number > 0
}

// IsLoopback returns whether the URL's host is localhost or a loopback address. It does not
// resolve names: a name that resolves to a loopback address today may change tomorrow.
func IsLoopback(u *url.URL) bool {
	if strings.EqualFold(u.Hostname(), "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(u.Hostname())
	return err == nil && addr.IsLoopback()
}

// baseFromDomainAPI reads a base URI from the Domain API, which is a host name. A stand-in on
// loopback has no certificate. If a Domain API at a plain http address names a loopback host,
// that host uses plain http too.
func baseFromDomainAPI(baseURI string, domainAPI *url.URL) (*url.URL, error) {
	base, err := parseBaseURL(baseURI)
	if err == nil && !strings.Contains(baseURI, "://") && domainAPI.Scheme == "http" && IsLoopback(base) {
		base.Scheme = "http"
	}
	return base, err
}
