package sandbox

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
)

const healthPath = "/sandbox/health"

// behindPassword tells whether a path is one of the sandbox's own pages, or reads visits back, for which LivePerson wants
// OAuth. Its other methods stay open as they are there, and health, because whoever watches whether a process lives has
// no business knowing its password.
func behindPassword(path string) bool {
	return strings.HasPrefix(path, "/sandbox/") && path != healthPath || path == visitPath
}

// guard asks for the password, in HTTP Basic, if there is one. The user's name is not looked at.
func (s *Sandbox) guard(serve http.HandlerFunc) http.HandlerFunc {
	if s.options.Password == "" {
		return serve
	}
	// Digests are of one length, so that the time of the comparison tells nothing, not even how long the password is.
	want := sha256.Sum256([]byte(s.options.Password))
	return func(w http.ResponseWriter, r *http.Request) {
		_, password, _ := r.BasicAuth()
		got := sha256.Sum256([]byte(password))
		if subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			w.Header().Set("WWW-Authenticate", `Basic realm="LivePerson sandbox", charset="UTF-8"`)
			writeJSON(w, http.StatusUnauthorized, map[string]string{"error": "this sandbox has a password: send it in HTTP Basic, with any user name"})
			return
		}
		serve(w, r)
	}
}
