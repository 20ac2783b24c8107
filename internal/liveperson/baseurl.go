package liveperson

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// ParseBaseURL reads a host as people and the Domain API write it: host,
// host:port, or a URL without a path. Without a scheme it is https. Plain http
// is accepted for loopback addresses only; apart from that no host is refused,
// as LivePerson's may change at any time.
func ParseBaseURL(s string) (*url.URL, error) {
	u, err := parseBaseURL(s)
	if err != nil && !strings.Contains(s, "@") { // what holds a password is not repeated
		err = fmt.Errorf("%q: %w", s, err)
	}
	return u, err
}

// parseBaseURL does not repeat in its errors what was given.
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
		return nil, errors.New("it has a path or query: give the host alone")
	case u.Scheme == "http" && !IsLoopback(u):
		return nil, errors.New("plain http is for loopback addresses only; use https")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("the scheme must be https")
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
}

// isPort tells whether a URL's port, which may be absent, is one.
func isPort(port string) bool {
	number, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil && number > 0
}

// IsLoopback tells whether the URL's host is this machine. It goes by the address
// as written: a name that merely resolves to a loopback address may resolve to
// another one tomorrow.
func IsLoopback(u *url.URL) bool {
	if strings.EqualFold(u.Hostname(), "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(u.Hostname())
	return err == nil && addr.IsLoopback()
}

// baseFromDomainAPI reads a base URI as the Domain API answers it: a host name.
// A stand-in on loopback has no certificate, so a loopback answer to a plain
// http request means plain http too.
func baseFromDomainAPI(baseURI string, domainAPI *url.URL) (*url.URL, error) {
	base, err := parseBaseURL(baseURI)
	if err == nil && !strings.Contains(baseURI, "://") && domainAPI.Scheme == "http" && IsLoopback(base) {
		base.Scheme = "http"
	}
	return base, err
}
