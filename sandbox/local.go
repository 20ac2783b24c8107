package sandbox

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
)

// onlyLocal refuses what a web site makes a browser on this machine ask for. Loopback keeps other machines out, but not
// the pages that are open here: they can send requests to any address, and read the answers from a name of their own that
// they let point to this machine (DNS rebinding).
func onlyLocal(serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if reason := foreign(r); reason != "" {
			httpapi.WriteJSON(w, http.StatusForbidden, map[string]string{"error": reason})
			return
		}
		serve(w, r)
	}
}

// foreign says why a request is not one of this machine's; empty when it is. Programs send neither of the headers that
// tell where a browser's request comes from.
func foreign(r *http.Request) string {
	const instead = "; a sandbox with a password answers everybody who knows it"
	origin := r.Header.Get("Origin")
	switch {
	case !isLocal(r, r.Host):
		return "the header Host names neither this machine nor the address that the sandbox listens on: write 127.0.0.1 or localhost" + instead
	case r.Header.Get("Sec-Fetch-Site") == "cross-site", origin != "" && !isLocal(r, hostOf(origin)):
		return "the request comes from another web site: open the address by itself" + instead
	}
	return ""
}

// isLocal tells whether a host, with or without a port, is this machine by a name that nobody else can give it, or the
// address at which the request has come in. What has come in over no network, from the program itself, is local.
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

// hostOf gives the host of an origin; empty for null, which is that of a file or of a frame in a sandbox.
func hostOf(origin string) string {
	parsed, err := url.Parse(origin)
	if err != nil {
		return ""
	}
	return parsed.Host
}
