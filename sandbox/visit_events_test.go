package sandbox_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

func eventsTarget(at answer) string {
	return "/api/account/12345678/monitoring/visitors/" + at.VisitorID + "/visits/current/events?v=1&sid=" + at.SessionID
}

// signed sends a request that is signed by OAuth 1.0 with the sandbox's API key, and pairs of header names and values.
func signed(t *testing.T, s *sandbox.Sandbox, method, target, body string, header ...string) answer {
	t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Authorization", oauthHeader(r, sandbox.DefaultAPIKey))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return send(t, s, r)
}

func TestAttributesAreAddedToASession(t *testing.T) {
	t.Parallel()
	s := sandbox.New(withCampaigns(t, `engagements: [{campaign_id: 1, engagement_id: 2, when: [{attribute: lead}]}]`))
	at := report(t, s, `{"consumerId":"jane","pageId":"4743822558","engagementAttributes":[{"type":"cart","total":1,"numItems":1}]}`)
	got := signed(t, s, http.MethodPut, eventsTarget(at), `[{"type":"cart","total":2,"numItems":2},{"type":"lead","lead":{"leadId":"L-1"}}]`)
	require.Equal(t, http.StatusOK, got.status, got.text)

	_, session := visit(t, s, at)
	assert.Contains(t, string(session["cart"]), `"lastTotalChange":1`)
	assert.Contains(t, string(session["leads"]), `"leadId":"L-1"`)
	assert.Equal(t, 1, strings.Count(string(session["pages"]), `"id"`), "it stays on its page: %s", session["pages"])
	assert.Contains(t, engage(t, s, `{}`, "vid", at.VisitorID, "sid", at.SessionID).text, `"engagementId":2`, "campaigns take notice")

	call := reports(t, s).Calls[1]
	assert.Equal(t, "engagement_attributes", call.Endpoint)
	assert.Equal(t, "jane", call.Consumer, "the session is hers")
	assert.Equal(t, []string{"cart", "lead"}, call.Types)
	_, page := fetch(t, s, http.MethodGet, "/sandbox/consumers/jane", "")
	assert.Contains(t, page, `"leadId":"L-1"`)
	assert.Equal(t, 1, s.Summary().Sessions)
	assert.Equal(t, map[string]int{"cart": 2, "lead": 1}, s.Summary().Attributes)
}

func TestEngagementAttributesRefuse(t *testing.T) {
	t.Parallel()
	const cart = `[{"type":"cart","total":1,"numItems":1}]`
	tests := map[string]struct {
		method       string // empty: PUT
		change       [2]string
		body         string // of the request; empty: a cart
		status, code int
		message      string
		strict       bool // only a strict sandbox refuses it
	}{
		"a bare POST":       {method: http.MethodPost, status: 405, message: "Method not allowed"},
		"another version":   {change: [2]string{"v=1&", "v=1.0&"}, status: 400, code: 33, message: "Illegal Version"},
		"unknown visitor":   {change: [2]string{"visitors/", "visitors/x"}, status: 404, code: 37, message: "Bad visitor id"},
		"unknown session":   {change: [2]string{"sid=", "sid=x"}, status: 404, code: 12, message: "Session not found"},
		"no session":        {change: [2]string{"&sid=", "&s="}, status: 404, code: 39, message: "Bad session id"},
		"no array":          {body: `{"engagementAttributes":[]}`, status: 400, code: 5, message: "body"},
		"not JSON":          {body: `[`, status: 400, code: 5, message: "body"},
		"null":              {body: `null`, status: 400, code: 5, message: "body"},
		"no object":         {body: `[1]`, status: 400, code: 5, message: "[0]"},
		"no type":           {body: `[{"total":1}]`, status: 400, code: 5, message: "[0].type"},
		"an impression":     {body: `[{"type":"impDisplay"}]`, status: 400, code: 5, message: "[0].type"},
		"an unknown type":   {body: `[{"type":"login"}]`, status: 400, code: 5, message: "[0].type", strict: true},
		"a missing member":  {body: `[{"type":"lead","lead":{"leadId":"1"}},{"type":"cart","total":1}]`, status: 400, code: 5, message: "[1].numItems", strict: true},
		"what is as it may": {status: 200},
	}
	for name, test := range tests {
		for _, strict := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, strict %t", name, strict), func(t *testing.T) {
				t.Parallel()
				s := sandbox.New(sandbox.Options{Strict: strict})
				at := report(t, s, consumerBody)
				method, body := http.MethodPut, cart
				if test.method != "" {
					method = test.method
				}
				if test.body != "" {
					body = test.body
				}
				got := signed(t, s, method, strings.Replace(eventsTarget(at), test.change[0], test.change[1], 1), body)
				if test.strict && !strict {
					assert.Equal(t, http.StatusOK, got.status, got.text)
					return
				}
				assert.Equal(t, test.status, got.status, got.text)
				assert.Equal(t, test.code, got.InternalCode)
				assert.Equal(t, test.message, got.Message)
			})
		}
	}
}
