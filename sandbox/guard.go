package sandbox

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/control"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/messaging"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/monitoring"
)

// guard puts what shows or changes something behind the password, if there is one, and else out of reach of other web
// sites. LivePerson's methods stay as open as they are there, but the one that reads visits back, for which LivePerson
// wants OAuth, asks for the password; and without one, no other web site logs in to send notifications elsewhere. Health stays open too, because whoever watches whether a process lives has no
// business knowing its password.
func (s *Sandbox) guard(path string, serve http.HandlerFunc) http.HandlerFunc {
	ownPage := strings.HasPrefix(path, "/sandbox/") && path != control.HealthPath
	switch {
	case s.options.Password != "" && (ownPage || path == monitoring.VisitPath):
		return s.askPassword(serve)
	case s.options.Password == "" && (ownPage || path == messaging.LoginPath):
		return onlyLocal(serve)
	}
	return serve
}

// askPassword asks for the password, in HTTP Basic. The user's name is not looked at.
func (s *Sandbox) askPassword(serve http.HandlerFunc) http.HandlerFunc {
	// Digests are of one length, so that the time of the comparison tells nothing, not even how long the password is.
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
