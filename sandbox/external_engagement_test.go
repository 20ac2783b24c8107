package sandbox_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

const externalTarget = "/api/account/" + sandbox.DefaultAccountID + "/external/engagement?v=1.0"

func TestExternalEngagement(t *testing.T) {
	t.Parallel()
	const ofCarts = `
engagements:
  - campaign_id: 1
    engagement_id: 2
    apis: [external_engagement]
    when: [{attribute: cart}, {entry_point: "sec://Sales"}]
    url_to_chat: https://chat.example.com/?a=1&b=2
    valid_for_seconds: 60
    queue_size: 4
  - { campaign_id: 1, engagement_id: 3, apis: [monitoring, app_engagement] }
`
	for name, test := range map[string]struct {
		body         string
		status, code int
		answer       string // or the message of a refusal
	}{
		"available": {`{"appType":"IVR","consumerSections":["Sales"],"engagementAttributes":[{"type":"cart","total":1,"numItems":1}],"externalWaitTimeSeconds":"60"}`, 200, 0,
			`{"status":"Available","engagementDetails":{"urlToChat":"https://chat.example.com/?a=1&b=2","validForSeconds":60,"expectedWaitTimeSeconds":0,"queueSize":4}}`},
		"not available":       {`{"appType":"IVR","consumerSections":"Sales"}`, 200, 0, `{"status":"Not Available"}`},
		"another appType":     {`{"appType":"MSDK"}`, 400, 5, "appType"},
		"no appType":          {`{}`, 400, 5, "appType"},
		"no object":           {`[]`, 400, 5, "body"},
		"a wait without size": {`{"appType":"IVR","externalWaitTimeSeconds":"long"}`, 400, 5, "externalWaitTimeSeconds"},
		"sections a number":   {`{"appType":"IVR","consumerSections":5}`, 400, 5, "consumerSections"},
		"an impression":       {`{"appType":"IVR","engagementAttributes":[{"type":"impDisplay"}]}`, 400, 5, "engagementAttributes[0].type"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := sandbox.New(withCampaigns(t, ofCarts))
			got := signed(t, s, http.MethodPost, externalTarget, test.body)
			assert.Equal(t, test.status, got.status, got.text)
			assert.Equal(t, test.code, got.InternalCode)
			if test.code != 0 {
				assert.Equal(t, test.answer, got.Message)
				return
			}
			assert.JSONEq(t, test.answer, got.text)
			call := reports(t, s).Calls[0]
			assert.Equal(t, "external_engagement", call.Endpoint)
			assert.Equal(t, name == "available", call.Engagement != nil)
			assert.Zero(t, s.Summary().Sessions, "it makes none")
		})
	}
}

func TestChaosAtTheCallsWithOAuth(t *testing.T) {
	t.Parallel()
	s := sandbox.New(withRules(t, `rules: [{endpoint: engagement_attributes, status: 500, code: 18}, {endpoint: external_engagement, status: 503}]`))
	at := report(t, s, consumerBody)
	assert.Equal(t, 500, signed(t, s, http.MethodPut, eventsTarget(at), `[]`).status)
	assert.Equal(t, 503, signed(t, s, http.MethodPost, externalTarget, `{"appType":"IVR"}`).status)
}
