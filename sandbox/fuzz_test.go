package sandbox_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// Every body gets an answer, and everything that was accepted can be read.
func FuzzBodies(f *testing.F) {
	for _, body := range []string{
		sampleReport, sampleImpression, sampleEngagement, sampleCreateSession, sampleUpdateSession,
		`{"consumerId":"c","engagementAttributes":[{"type":"purchase","cart":7,"total":{}},{"type":"cart","products":[[]],"total":"1e9"}]}`,
		`{"appType":"MSDK","pageId":"1","engagementAttributes":[{"type":"personal","personal":[]},{"type":"personal","personal":{"age":[1]}}]}`,
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		s := sandbox.New(sandbox.Options{})
		at := engage(t, s, "{}")
		ids := []string{"vid", at.VisitorID, "sid", at.SessionID}
		answered := []int{report(t, s, body, ids...).status, engage(t, s, body, ids...).status}
		app := createSession(t, s, "/"+at.VisitorID+"?sid="+at.SessionID, body)
		updated, _ := updateSession(t, s, at, body)
		for _, status := range append(answered, app.status, updated) {
			assert.Contains(t, []int{http.StatusOK, http.StatusBadRequest, http.StatusRequestEntityTooLarge}, status)
		}
		visit(t, s, at)
		for _, page := range []string{"/sandbox/all", "/sandbox/export?format=har"} {
			_, text := fetch(t, s, http.MethodGet, page, "")
			assert.True(t, json.Valid([]byte(text)), page)
		}
	})
}

// plain checks an error about a file: it is short, and names no Go types.
func plain(t *testing.T, said string) {
	t.Helper()
	assert.Less(t, len(said), 20_000)
	for _, never := range []string{"struct {", "yaml: ", "cannot unmarshal", "reflect", "sandbox."} {
		if strings.Contains(said, never) {
			t.Errorf("%q is said in %.300s", never, said)
		}
	}
}

// Strict and lenient sandboxes answer each report with a status that LivePerson may use. A strict sandbox accepts nothing that
// a lenient sandbox refuses.
func FuzzReport(f *testing.F) {
	for _, body := range []string{sampleReport, sampleImpression, lead("jane", "L-1"), `{}`, `[]`, `{"consumerId":7,"identities":[{"sub":null}],"engagementAttributes":[{"type":"lead","lead":{"value":1e400}}]}`} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		strict, lenient := sandbox.New(sandbox.Options{Strict: true}), sandbox.New(sandbox.Options{})
		defer strict.Close()
		defer lenient.Close()
		refused, taken := report(t, strict, body).status, report(t, lenient, body).status
		for _, status := range []int{refused, taken} {
			assert.Contains(t, []int{http.StatusOK, http.StatusCreated, http.StatusBadRequest, http.StatusRequestEntityTooLarge}, status)
		}
		if refused == http.StatusCreated {
			assert.Equal(t, http.StatusCreated, taken)
		}
		_, text := fetch(t, strict, http.MethodGet, "/sandbox/all", "")
		assert.True(t, json.Valid([]byte(text)))
	})
}

// Expectations are met, not met, or refused with a readable error.
func FuzzExpectations(f *testing.F) {
	for _, text := range []string{
		"expect:\n  - { name: each once, types: [lead], count: 2, unique: true }\n  - { order_by: engagementAttributes.0.lead.leadId }",
		`{"expect": [{"verdict": "bad", "min": 0, "max": 1e1}]}`, "expect: [&a {count: 1}, *a, {<<: *a, max: 2}]", "expect: [{cuont: 1}]", "- 1", "---\n---",
	} {
		f.Add(text)
	}
	s := sandbox.New(sandbox.Options{})
	f.Cleanup(s.Close)
	f.Fuzz(func(t *testing.T, text string) {
		report(t, s, lead("jane", "L-1"))
		status, answer := fetch(t, s, http.MethodPost, "/sandbox/verify", text)
		assert.Contains(t, []int{http.StatusOK, http.StatusExpectationFailed, http.StatusBadRequest, http.StatusRequestEntityTooLarge}, status)
		var read struct{ Error string }
		assert.NoError(t, json.Unmarshal([]byte(answer), &read))
		plain(t, read.Error)
		fetch(t, s, http.MethodPost, "/sandbox/reset", "")
	})
}

// A question for an engagement gets an answer for every query and body.
func FuzzEngagementQuery(f *testing.F) {
	f.Add("v=1.0", "{}")
	f.Add("v=1.0&vid=%41&sid=b", sampleEngagement)
	f.Add("v=1.1&vid=&sid=%00&obh=true", `{"consumerId":"c","pageId":"1"}`)
	f.Add("v=1.0;x&%zz", `{"identities":[{"iss":"i","acr":"loa1","sub":"s"}]}`)
	f.Fuzz(func(t *testing.T, query, body string) {
		s := sandbox.New(sandbox.Options{})
		defer s.Close()
		at := engage(t, s, "{}")
		request := httptest.NewRequest(http.MethodPost, "/api/account/"+sandbox.DefaultAccountID+"/app/"+sandbox.DefaultAppInstallationID+"/engagement", strings.NewReader(body))
		request.URL.RawQuery = query
		recorder := httptest.NewRecorder()
		s.ServeHTTP(recorder, request)
		assert.Contains(t, []int{http.StatusOK, http.StatusCreated, http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusRequestEntityTooLarge}, recorder.Code)
		assert.True(t, json.Valid(recorder.Body.Bytes()), "%s", recorder.Body)
		visit(t, s, at)
		status, text := fetch(t, s, http.MethodGet, "/sandbox/all", "")
		assert.Equal(t, http.StatusOK, status)
		assert.True(t, json.Valid([]byte(text)))
	})
}
