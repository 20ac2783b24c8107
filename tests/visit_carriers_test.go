package tests

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// visit is a session at LivePerson.
type visit struct {
	VisitorID string `json:"visitorId"`
	SessionID string `json:"sessionId"`
}

// A browser posts events to the site's own domain, so that its cookies come as headers. It has cookies
// of two accounts.
func TestReportsJoinTheVisitOfTheBrowser(t *testing.T) {
	t.Parallel()
	livePerson, url := newSandbox(t, sandbox.Options{})
	t.Cleanup(livePerson.Close)
	var opened visit
	opened.VisitorID, opened.SessionID = openVisit(t, url, "https://shop.example.com/")
	address := freeAddress(t)
	pipeline := runConfig(t, address, shipped(t, "sources.yaml", address), []string{
		"LIVEPERSON_ACCOUNT_ID=" + sandbox.DefaultAccountID, "LIVEPERSON_APP_INSTALLATION_ID=" + sandbox.DefaultAppInstallationID,
		"LIVEPERSON_DOMAIN_API=" + url, "DEAD_LETTER_FILE=" + filepath.Join(t.TempDir(), "letters.jsonl"),
	})
	post := func(path, body, cookies string) {
		req, err := http.NewRequest(http.MethodPost, "http://"+address+"/events"+path, strings.NewReader(body))
		require.NoError(t, err)
		req.Header.Set("Cookie", cookies)
		res, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		res.Body.Close()
		require.Equal(t, http.StatusOK, res.StatusCode, "%s", pipeline.log)
	}
	own := fmt.Sprintf("LPVID=%s; LPSID-%s=%s; LPSID-87654321=b3RoZXI", opened.VisitorID, sandbox.DefaultAccountID, opened.SessionID)
	post("/segment", `{"type": "page", "anonymousId": "jane", "context": {"page": {"url": "https://shop.example/"}}}`, own)
	post("/ga4", `{"client_id": "john", "events": [{"name": "page_view", "params": {"page_location": "https://shop.example/"}}]}`, own)
	post("/segment", fmt.Sprintf(`{"type": "page", "anonymousId": "jack", "integrations": {"LivePerson": {"vid": %q, "sid": "%s.%s"}}}`, opened.VisitorID, opened.SessionID, strings.Repeat("0f", 20)), "theme=dark")
	for range 2 {
		post("/segment", `{"type": "page", "anonymousId": "joan"}`, "LPVID=b3RoZXI; LPSID-87654321=b3RoZXI")
	}
	pipeline.stop()

	for _, consumer := range []string{"jane", "john", "jack"} {
		assert.Equal(t, []visit{opened}, visitsOf(t, url, consumer), consumer)
	}
	assert.NotContains(t, visitsOf(t, url, "joan"), opened)
	assert.Equal(t, 1, strings.Count(pipeline.log.String(), "is not among an event's cookies"), "%s", pipeline.log)
}

// visitsOf returns the sessions that LivePerson put a consumer's reports into.
func visitsOf(t *testing.T, url, consumer string) (visits []visit) {
	t.Helper()
	res, err := http.Get(url + "/sandbox/export?endpoint=report&verdict=good&consumer=" + consumer)
	require.NoError(t, err)
	defer res.Body.Close()
	for calls := json.NewDecoder(res.Body); calls.More(); {
		var call struct {
			VisitorID string `json:"visitor_id"`
			SessionID string `json:"session_id"`
		}
		require.NoError(t, calls.Decode(&call))
		visits = append(visits, visit(call))
	}
	return visits
}
