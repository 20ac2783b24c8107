package tests

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// openVisit opens a visit as LivePerson's tag does in a browser: nobody has logged in, and LivePerson makes the ids.
func openVisit(t *testing.T, url, page string) (visitorID, sessionID string) {
	t.Helper()
	res, err := http.Post(url+"/api/account/"+sandbox.DefaultAccountID+"/app/"+sandbox.DefaultAppInstallationID+"/engagement?v=1.0",
		"application/json", strings.NewReader(`{"entryPoints":["`+page+`"]}`))
	require.NoError(t, err)
	defer res.Body.Close()
	require.Equal(t, http.StatusCreated, res.StatusCode)
	var answer struct{ VisitorID, SessionID string }
	require.NoError(t, json.NewDecoder(res.Body).Decode(&answer))
	return answer.VisitorID, answer.SessionID
}

// visitState is a visit as the Visit Information API shows it.
type visitState struct {
	ID          string
	AppSessions []struct {
		Pages  []struct{ URL string }
		Events []map[string]any
	}
}

func visitOf(t *testing.T, url, visitorID, sessionID string) (state visitState) {
	t.Helper()
	res, err := http.Get(url + "/api/account/" + sandbox.DefaultAccountID + "/monitoring/visitors/" + visitorID + "/visits/current/state?v=1&sid=" + sessionID)
	require.NoError(t, err)
	defer res.Body.Close()
	require.Equal(t, http.StatusOK, res.StatusCode)
	require.NoError(t, json.NewDecoder(res.Body).Decode(&state))
	require.Len(t, state.AppSessions, 1)
	return state
}

// A browser has a visit. The shop's server reports its events with both ids, with the session as Visit Information shows it,
// with one of the ids, and with none. All are in the visit of the browser.
func TestReportsJoinTheBrowsersVisit(t *testing.T) {
	t.Parallel()
	for identity, anonymous := range map[string]int{"always": 0, "unless_visit": 2, "never": 5} {
		t.Run(identity, func(t *testing.T) {
			t.Parallel()
			s, url := newSandbox(t, sandbox.Options{})
			vid, sid := openVisit(t, url, "https://shop.example.com/p/7")
			shown := visitOf(t, url, vid, sid).ID
			require.NotEqual(t, sid, shown)
			var batch service.MessageBatch
			for i, ids := range []string{
				fmt.Sprintf(`{"vid":%q,"sid":%q}`, vid, sid), fmt.Sprintf(`{"vid":%q,"sid":%q}`, vid, shown),
				fmt.Sprintf(`{"vid":%q}`, vid), fmt.Sprintf(`{"sid":%q}`, sid), `{}`,
			} {
				batch = append(batch, service.NewMessage(fmt.Appendf(nil,
					`{"type":"page","anonymousId":"a1","context":{"page":{"url":"https://shop.example.com/%d"},"session":%s}}`, i, ids)))
			}
			run := newStream(t)
			run.run(t, "liveperson_retail: {}", strings.Replace(fmt.Sprintf(outputYAML, sandbox.DefaultAppInstallationID, url, run.deadLetters),
				"retry_pauses:", "identity: "+identity+"\n      retry_pauses:", 1), batch)

			require.NoError(t, run.pushErr)
			assert.Empty(t, run.letters(t))
			assert.Equal(t, 1, s.Summary().Sessions)
			var pages []string
			for _, page := range visitOf(t, url, vid, sid).AppSessions[0].Pages {
				pages = append(pages, page.URL)
			}
			assert.Equal(t, []string{"https://shop.example.com/p/7", "https://shop.example.com/0", "https://shop.example.com/1",
				"https://shop.example.com/2", "https://shop.example.com/3", "https://shop.example.com/4"}, pages)
			for _, body := range reports(t, url) {
				if !strings.Contains(body, "consumerId") && !strings.Contains(body, "identities") {
					anonymous--
				}
			}
			assert.Zero(t, anonymous, "reports without an identity")
		})
	}
}

// Events that carry a visitor id alone are one visit, whoever they are about.
func TestEventsOfOneVisitorAreOneVisit(t *testing.T) {
	t.Parallel()
	s, url := newSandbox(t, sandbox.Options{})
	var batch service.MessageBatch
	for i := range 20 {
		batch = append(batch, service.NewMessage(fmt.Appendf(nil,
			`{"type":"page","anonymousId":"a%d","context":{"page":{"url":"https://shop.example.com/%d"},"session":{"vid":"visitor-of-20"}}}`, i%7, i)))
	}
	run := newStream(t)
	run.run(t, "liveperson_retail: {}", fmt.Sprintf(outputYAML, sandbox.DefaultAppInstallationID, url, run.deadLetters), batch)
	require.NoError(t, run.pushErr)
	require.Len(t, reports(t, url), 20)
	assert.Equal(t, 1, s.Summary().Sessions)
}
