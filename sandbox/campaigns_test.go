package sandbox_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

func TestCampaignsCanBeChangedWhileItRuns(t *testing.T) {
	t.Parallel()
	const page = "/sandbox/campaigns"
	s := sandbox.New(withCampaigns(t, `engagements: [{campaign_id: 1, engagement_id: 2}]`))
	at := engage(t, s, `{}`)
	assert.Contains(t, at.text, `"engagementId":2`)
	asked := func() string { return engage(t, s, `{}`, "vid", at.VisitorID, "sid", at.SessionID).text }

	status, text := fetch(t, s, http.MethodPut, page, "engagements:\n  - { campaign_id: 3, engagement_id: 4, when: [{attribute: cart}] }\n")
	assert.Equal(t, http.StatusOK, status, text)
	assert.NotContains(t, asked(), "engagementDetails", "it wants a cart")
	engage(t, s, `{"engagementAttributes":[{"type":"cart","total":1,"numItems":1}]}`, "vid", at.VisitorID, "sid", at.SessionID)
	assert.Contains(t, asked(), `"engagementId":4`)
	_, text = fetch(t, s, http.MethodGet, page, "")
	assert.YAMLEq(t, "engagements: [{campaign_id: 3, engagement_id: 4, when: [{attribute: cart}], valid_for_seconds: 900}]", text)

	status, refused := fetch(t, s, http.MethodPut, page, "engagements:\n  - { campaign_id: 5, engagement_id: 6 }\n  - { campaign_id: 7 }\n")
	assert.Equal(t, http.StatusBadRequest, status)
	assert.Contains(t, refused, "line 3: engagements[1]: engagement_id: write the engagement's id")
	assert.Contains(t, asked(), `"engagementId":4`, "the old ones stay")

	status, again := fetch(t, s, http.MethodPut, page, text)
	assert.Equal(t, http.StatusOK, status, "what is shown can be put: %s", again)
	assert.Equal(t, text, again)
	assert.NotContains(t, asked(), "engagementDetails", "conditions are to be met anew")

	fetch(t, s, http.MethodPost, "/sandbox/reset", "")
	_, text = fetch(t, s, http.MethodGet, page, "")
	assert.Contains(t, text, "engagement_id: 4", "a reset leaves them")
	_, text = fetch(t, s, http.MethodDelete, page, "")
	assert.Contains(t, text, "engagement_id: 2", "those of the beginning")
	assert.Contains(t, engage(t, s, `{}`).text, `"engagementId":2`)
}

func TestConditionsAreMetAnewAlsoOfWhatComesBack(t *testing.T) {
	t.Parallel()
	s := sandbox.New(withCampaigns(t, `engagements: [{campaign_id: 1, engagement_id: 2, when: [{attribute: cart}]}]`))
	at := engage(t, s, `{"engagementAttributes":[{"type":"cart","total":1,"numItems":1}]}`)
	require.Contains(t, at.text, `"engagementId":2`)
	fetch(t, s, http.MethodPut, "/sandbox/campaigns", `engagements: []`)
	fetch(t, s, http.MethodDelete, "/sandbox/campaigns", "")
	assert.NotContains(t, engage(t, s, `{}`, "vid", at.VisitorID, "sid", at.SessionID).text, "engagementDetails")
}

// The session keeps the context of an engagement that it was offered.
func TestImpressionsOfAFormerCampaignCount(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{Strict: true})
	at := engage(t, s, `{}`)
	fetch(t, s, http.MethodPut, "/sandbox/campaigns", `{"engagements": [{"campaign_id": 3, "engagement_id": 4}]}`)
	got := report(t, s, sampleImpression, "vid", at.VisitorID, "sid", at.SessionID)
	assert.Equal(t, http.StatusOK, got.status, got.text)
	assert.Contains(t, engage(t, s, `{}`, "vid", at.VisitorID, "sid", at.SessionID).text, `"contextId":"2"`)
}
