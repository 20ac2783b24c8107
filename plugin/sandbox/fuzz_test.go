package sandbox_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/benthos-liveperson/benthos-liveperson/plugin/sandbox"
)

// Whatever a body is like, it is answered, and what was taken can be read back.
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
