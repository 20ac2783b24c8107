package sandbox

import (
	"net/http"
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
)

// endpointUnknown is where LivePerson has nothing. No chaos rule can name it.
const endpointUnknown = "unknown"

// unknownPath answers 404. A call that looks like one of LivePerson's is kept, as a slip in a path is hard to find
// otherwise: without its query and its body, as nobody knows what secrets should have gone where.
func (s *Sandbox) unknownPath(w http.ResponseWriter, r *http.Request) {
	var usages []string
	for _, route := range s.routes() {
		usages = append(usages, route.usage)
	}
	refused := &refusal{
		status:  http.StatusNotFound,
		message: "No such path; the sandbox has: " + strings.Join(usages, ", "),
	}
	if strings.HasPrefix(r.URL.Path, "/api/") || strings.HasPrefix(r.URL.Path, "/sentinel/") {
		call := journal.NewEntry(r, endpointUnknown)
		call.Target, call.Types = r.URL.EscapedPath(), []string{}
		call.Status, call.Reason = refused.status, "No such path: the answer has those that there are"
		s.journal.Add(call)
	}
	s.refuse(w, refused)
}
