package sandbox

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
)

// LivePerson's internalCode values (Monitoring API, overview: error codes; codeAccount and codeSessionGone: Visit Information API).
// A refusal for which LivePerson documents no number carries 0, which is none of theirs.
const (
	codeInvalid         = 5
	codeAccount         = 6
	codeSessionGone     = 12
	codeAppInstallation = 18
	codeLoadingV10      = 20
	codeVersion         = 33
	codeVisitor         = 37
	codeLoadingV11      = 38
	codeSession         = 39
)

// refusal is an answer in LivePerson's error form. The message goes over the wire; the advice is for people and stays
// in the sandbox, because LivePerson's messages are as short as the name of a field.
type refusal struct {
	status  int
	code    int
	message string
	advice  string
	why     []journal.Why
	allow   []string // methods, for 405
	// retryAfter is the header's value; empty for none.
	retryAfter string
}

func (r *refusal) reason() string { return r.message + ": " + r.advice }

func (r *refusal) entity(now time.Time) errorEntity {
	return errorEntity{Time: now.UnixMilli(), Message: r.message, InternalCode: r.code}
}

// errorEntity is the body of an error answer (Monitoring API, overview). Time is in milliseconds since 1970.
type errorEntity struct {
	Time         int64  `json:"time"`
	Message      string `json:"message"`
	InternalCode int    `json:"internalCode"`
}

func (s *control) refuse(w http.ResponseWriter, refused *refusal) {
	if refused.allow != nil {
		w.Header().Set("Allow", strings.Join(refused.allow, ", "))
	}
	if refused.retryAfter != "" {
		w.Header().Set("Retry-After", refused.retryAfter)
	}
	writeJSON(w, refused.status, refused.entity(s.clock.Now()))
}

// methodOf reads a POST with X-HTTP-Method-Override as the method named there, as LivePerson's cross-origin samples
// write PUT (Monitoring API, getting started).
func methodOf(r *http.Request) string {
	if override := r.Header.Get(journal.HeaderMethodOverride); r.Method == http.MethodPost && override != "" {
		return strings.ToUpper(override)
	}
	return r.Method
}

func checkMethod(r *http.Request, allowed ...string) *refusal {
	if slices.Contains(allowed, methodOf(r)) {
		return nil
	}
	return &refusal{
		status:  http.StatusMethodNotAllowed,
		message: "Method not allowed",
		advice:  "send " + strings.Join(allowed, " or "),
		allow:   allowed,
	}
}

// writeJSON ignores a failing write: the caller has hung up, and nobody is left to tell.
func writeJSON(w http.ResponseWriter, status int, answer any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer)
}
