package sandbox

import (
	"net/http"
	"slices"
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
)

// ofLivePerson are the beginnings of paths of LivePerson's APIs, also of those that the sandbox does not imitate.
var ofLivePerson = []string{"/api/", "/sentinel/", "/messaging_history/", "/messaging/", "/mtls/", "/operations/"}

// unknownPath answers 404 with a list of all paths. The journal keeps a call that looks like one of LivePerson's, because a
// misspelt path is hard to find otherwise. It keeps neither the query nor the body, because they may have secrets in
// unknown places.
func (s *Sandbox) unknownPath(w http.ResponseWriter, r *http.Request) {
	var usages []string
	for _, route := range s.routes {
		if route.Usage != "" { // the files of the page are for the page alone
			usages = append(usages, route.Usage)
		}
	}
	refused := &httpapi.Refusal{
		Status:  http.StatusNotFound,
		Message: "No such path; the sandbox has: " + strings.Join(usages, ", "),
	}
	if slices.ContainsFunc(ofLivePerson, func(start string) bool { return strings.HasPrefix(r.URL.Path, start) }) {
		call := journal.NewEntry(r, journal.EndpointUnknown)
		call.Target, call.Types = r.URL.EscapedPath(), []string{}
		call.Status, call.Reason = refused.Status, "No such path: the answer lists the paths"
		s.journal.Add(call)
	}
	refused.Write(w, s.clock.Now())
}
