package sandbox

import (
	"net/http"
	"strings"
)

// codeUnauthorised is LivePerson's internalCode of a call without permission (Visit Information API).
const codeUnauthorised = 10

// checkOAuth refuses a call without an OAuth 1.0 header, where an operation wants one. What is in the header is not looked
// at: the sandbox has no keys.
func (o operation) checkOAuth(r *http.Request) *refusal {
	scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !o.oauth || strings.EqualFold(scheme, "OAuth") {
		return nil
	}
	return &refusal{
		status: http.StatusUnauthorized, code: codeUnauthorised, message: "Unauthorized",
		advice: "sign the call by OAuth 1.0: send Authorization: OAuth oauth_consumer_key=…; the sandbox only looks whether it is there",
	}
}
