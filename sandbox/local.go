package sandbox

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
)

// onlyLocal refuses requests that a web site makes through a browser on this machine. A loopback address keeps other machines
// out. It does not keep web pages out: a page can send requests to any address. If the page's own host name resolves to
// this machine, the page can also read the answers (DNS rebinding).
func onlyLocal(serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if reason := foreign(r); reason != "" {
			httpapi.WriteJSON(w, http.StatusForbidden, map[string]string{"error": reason})
			return
		}
		serve(w, r)
	}
}

// foreign says why a request is not local. It returns an empty string for a local request. Browsers name the origin of a
// request in headers. Other programs do not send these headers.
func foreign(r *http.Request) string {
	const instead = "; or start the sandbox with a password, which allows every host"
	origin := r.Header.Get("Origin")
	switch {
	case !isLocal(r, r.Host):
		return "the header Host is not this machine or the address that the sandbox listens on: write 127.0.0.1 or localhost" + instead
	case r.Header.Get("Sec-Fetch-Site") == "cross-site", origin != "" && !isLocal(r, hostOf(origin)):
		return "the request comes from another web site: open the address in the browser yourself" + instead
	}
	return ""
}

// isLocal reports whether a host, with or without a port, is this machine. It accepts localhost, loopback addresses and the
// address at which the request came in, because nobody else controls these names. A request that came in without a
// network, from the program itself, is local.
func isLocal(r *http.Request, host string) bool {
	listening, overNetwork := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !overNetwork {
		return true
	}
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(strings.Trim(host, "[]"))
	if err != nil {
		return false
	}
	at, err := netip.ParseAddrPort(listening.String())
	return address.IsLoopback() || err == nil && at.Addr().Unmap() == address.Unmap()
}

// hostOf returns the host of an origin. It returns an empty string for the origin null, which files and sandboxed frames
// have.
func hostOf(origin string) string {
	parsed, err := url.Parse(origin)
	if err != nil {
		return ""
	}
	return parsed.Host
}
