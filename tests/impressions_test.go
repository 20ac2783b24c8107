package tests

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// The website asks for an offer in one pipeline. The impressions come through another pipeline, which
// shares nothing with it.
func TestImpressionsAreOfTheSessionThatWasHandedTheEngagement(t *testing.T) {
	t.Parallel()
	s, address := newSandbox(t, sandbox.Options{Strict: true})
	answer := askForOffer(t, address)

	what := []string{"Displayed", "Accepted", "Expanded", "Timed Out", "Closed"}
	run := reportImpressions(t, address, what, fmt.Sprintf(`{"liveperson":%s}`, answer))
	assert.Empty(t, run.letters(t))
	assert.Empty(t, s.Summary().Rejects)

	page := consumerOf(t, address, "jane")
	require.Len(t, page.Engagements, 1)
	handed := page.Engagements[0]
	require.NotEmpty(t, handed.ContextID)
	var types []string
	for _, shown := range page.Impressions {
		types = append(types, shown.Type)
		assert.Equal(t, handed.SessionID, shown.SessionID)
		assert.Equal(t, handed.CampaignID, shown.CampaignID)
		assert.Equal(t, handed.EngagementID, shown.EngagementID)
		if shown.Type == "impDisplay" || shown.Type == "impAccept" {
			assert.Equal(t, handed.ContextID, shown.ContextID)
		}
	}
	assert.Equal(t, []string{"impDisplay", "impAccept", "impExpanded", "impTimeout", "impClose"}, types, "in their order")
}

// The engagement does not have its session, and the output has another session.
func TestImpressionsOfAnotherSessionAreRefused(t *testing.T) {
	t.Parallel()
	_, address := newSandbox(t, sandbox.Options{Strict: true})
	var answer struct{ Engagement json.RawMessage }
	require.NoError(t, json.Unmarshal([]byte(askForOffer(t, address)), &answer))

	run := reportImpressions(t, address, []string{"Displayed"}, fmt.Sprintf(`{"engagement":%s}`, answer.Engagement))
	letters := run.letters(t)
	require.Len(t, letters, 1)
	assert.Contains(t, letters[0].Reason, "class=invalid status=400")
	assert.Empty(t, consumerOf(t, address, "jane").Impressions)
}

// The App Engagement API accepts impressions as an update of the session.
func TestImpressionsOfTheAppEngagementAPI(t *testing.T) {
	t.Parallel()
	s, address := newSandbox(t, sandbox.Options{Strict: true})
	app := fmt.Sprintf("liveperson_engagement: {account_id: %q, domain_api: %s, api: app_engagement", sandbox.DefaultAccountID, address)
	answers := ask(t, app+", result_map: root = this}", `{"consumerId":"jane"}`)
	require.Len(t, answers, 1)

	events := make([]string, 0, 5)
	for _, name := range []string{"Displayed", "Accepted", "Expanded", "Timed Out", "Closed"} {
		events = append(events, fmt.Sprintf(`{"event":"Engagement %s","anonymousId":"jane","properties":{"liveperson":%s}}`, name, answers[0]))
	}
	ask(t, `
try:
  - liveperson_impressions: {}
  - `+app+`, operation: update, concurrency: 1, request_map: "root.pageId = this.pageId\nroot.impAttributes = this.engagementAttributes"}
`, events...)

	assert.Empty(t, s.Summary().Rejects)
	var answer struct {
		SessionID  string `json:"session_id"`
		VisitorID  string `json:"visitor_id"`
		Engagement struct {
			ContextID string `json:"context_id"`
		}
	}
	require.NoError(t, json.Unmarshal([]byte(answers[0]), &answer))
	var types []string
	for _, shown := range consumerOf(t, address, answer.VisitorID).Impressions {
		types = append(types, shown.Type)
		assert.Equal(t, answer.SessionID, shown.SessionID)
		if shown.Type == "impDisplay" || shown.Type == "impAccept" {
			assert.Equal(t, answer.Engagement.ContextID, shown.ContextID)
		}
	}
	assert.ElementsMatch(t, []string{"impDisplay", "impAccept", "impExpanded", "impTimeout", "impClose"}, types)
}

// askForOffer returns the answer of liveperson_engagement about jane.
func askForOffer(t *testing.T, address string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "answers.jsonl")
	run := newStream(t)
	run.run(t, strings.ReplaceAll(askingYAML, "DOMAIN_API", address), fmt.Sprintf("file: {path: %s, codec: lines}", path),
		service.MessageBatch{service.NewMessage([]byte(`{"anonymousId":"jane"}`))})
	require.NoError(t, run.pushErr)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var message struct {
		Properties struct{ Liveperson json.RawMessage }
	}
	require.NoError(t, json.Unmarshal(text, &message))
	return string(message.Properties.Liveperson)
}

// reportImpressions reports impressions of an engagement, with these properties.
func reportImpressions(t *testing.T, address string, what []string, properties string) *stream {
	t.Helper()
	var batch service.MessageBatch
	for _, name := range what {
		batch = append(batch, service.NewMessage(fmt.Appendf(nil, `{"event":"Engagement %s","anonymousId":"jane","properties":%s}`, name, properties)))
	}
	run := newStream(t)
	run.run(t, "liveperson_impressions: {}", fmt.Sprintf(outputYAML, sandbox.DefaultAppInstallationID, address, run.deadLetters), batch)
	require.NoError(t, run.pushErr)
	return run
}

type offered struct {
	Type         string
	SessionID    string `json:"session_id"`
	CampaignID   int64  `json:"campaign_id"`
	EngagementID int64  `json:"engagement_id"`
	ContextID    string `json:"context_id"`
}

type offersPage struct{ Engagements, Impressions []offered }

// consumerOf returns the sandbox's page about a consumer.
func consumerOf(t *testing.T, address, consumer string) offersPage {
	t.Helper()
	res, err := http.Get(address + "/sandbox/consumers/" + consumer)
	require.NoError(t, err)
	defer res.Body.Close()
	var page offersPage
	require.NoError(t, json.NewDecoder(res.Body).Decode(&page))
	return page
}
