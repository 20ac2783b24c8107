package sandbox

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/control"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/monitoring"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/page"
)

// guard protects the pages under /sandbox. With a password, the pages ask for it. Without a password, they refuse requests
// from other web sites. The health page is public, because programs that watch the process do not know the password.
//
// LivePerson's own methods are public, as at LivePerson, with two exceptions. The methods that read what the sandbox stores
// check the caller themselves (package access). The login refuses requests from other web sites, because such a site could
// then read, and send the notifications elsewhere.
func (s *Sandbox) guard(path string, serve http.HandlerFunc) http.HandlerFunc {
	ownPage := path == page.Home || strings.HasPrefix(path, "/sandbox/") && path != control.HealthPath
	if ownPage {
		serve = defended(serve)
	}
	switch {
	case s.options.Password != "" && ownPage:
		return s.askPassword(serve)
	case s.options.Password == "" && (ownPage || path == monitoring.LoginPath):
		return onlyLocal(serve)
	}
	return serve
}

// defended tells browsers that an answer is what its content type says, and that no page of it may run or load anything from
// elsewhere.
func defended(serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Content-Security-Policy", page.Policy)
		w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
		serve(w, r)
	}
}

// askPassword asks for the password in HTTP Basic. It ignores the user name.
func (s *Sandbox) askPassword(serve http.HandlerFunc) http.HandlerFunc {
	// All digests have the same length. The time of the comparison therefore tells nothing of the password, not even its length.
	want := sha256.Sum256([]byte(s.options.Password))
	return func(w http.ResponseWriter, r *http.Request) {
		_, password, _ := r.BasicAuth()
		got := sha256.Sum256([]byte(password))
		if subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			w.Header().Set("WWW-Authenticate", `Basic realm="LivePerson sandbox", charset="UTF-8"`)
			httpapi.WriteJSON(w, http.StatusUnauthorized, map[string]string{"error": "this sandbox has a password: send it in HTTP Basic, with any user name"})
			return
		}
		serve(w, r)
	}
}
