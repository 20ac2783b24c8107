package messaging

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
)

// LoginPath is the path that gives an administrator a token.
const LoginPath = "/api/account/{account}/login"

// login gives an administrator a bearer token (service agentVep).
func (s *Service) login(w http.ResponseWriter, r *http.Request) {
	if !allow(w, r, http.MethodPost) {
		return
	}
	var who struct {
		Username string `json:"username"`
		Password string `json:"password"`
	}
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&who)
	switch {
	case err != nil || who.Username == "" || who.Password == "":
		httpapi.WriteError(w, http.StatusBadRequest, errors.New(`send {"username": "…", "password": "…"}`))
	case r.PathValue("account") != s.options.Account, s.options.Password != "" && !same(who.Password, s.options.Password):
		httpapi.WriteError(w, http.StatusUnauthorized, errors.New("the sandbox has another account, or the password is wrong"))
	default:
		writeJSON(w, http.StatusOK, map[string]string{"bearer": s.adminToken()})
	}
}

// adminToken returns the token of all administrators. It makes the token on first use.
func (s *Service) adminToken() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.admin == "" {
		s.admin = strings.ReplaceAll(s.newID(), "-", "")
	}
	return s.admin
}

// byAdmin serves administrators only, and only the methods of the path. LivePerson's demo app sends PUT with
// X-HTTP-Method-Override: PUT. A POST with that header is a PUT too, as elsewhere in LivePerson's APIs.
func (s *Service) byAdmin(serve func(w http.ResponseWriter, r *http.Request, method string), methods ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		method := httpapi.Method(r)
		if !allowMethod(w, method, methods...) {
			return
		}
		token, found := strings.CutPrefix(r.Header.Get("Authorization"), bearer)
		s.mu.Lock()
		valid := found && s.admin != "" && same(token, s.admin)
		s.mu.Unlock()
		switch v := r.URL.Query().Get("v"); {
		case !valid:
			httpapi.WriteError(w, http.StatusUnauthorized, errors.New("log in, and send the header Authorization: Bearer … with the bearer of the answer"))
		case r.PathValue("account") != s.options.Account:
			httpapi.WriteError(w, http.StatusNotFound, errors.New("the sandbox has another account"))
		case v != "1.0" && v != "2.0":
			httpapi.WriteError(w, http.StatusNotFound, errors.New("v: must be 1.0 or 2.0"))
		default:
			serve(w, r, method)
		}
	}
}
