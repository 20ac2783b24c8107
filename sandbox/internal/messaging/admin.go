package messaging

import (
	"errors"
	"net/http"
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
)

// byAdmin serves administrators only, and only the methods of the path. LivePerson's demo app sends PUT with
// X-HTTP-Method-Override: PUT. A POST with that header is a PUT too, as elsewhere in LivePerson's APIs.
func (s *Service) byAdmin(serve func(w http.ResponseWriter, r *http.Request, method string), methods ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		method := httpapi.Method(r)
		if !allowMethod(w, method, methods...) {
			return
		}
		token, found := strings.CutPrefix(r.Header.Get("Authorization"), bearer)
		valid := found && s.options.IsUser(token)
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
