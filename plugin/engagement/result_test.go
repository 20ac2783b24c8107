package engagement

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

func TestTheFormOfAnswers(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 10, 0, 0, 999, time.FixedZone("CET", 3600))
	session := liveperson.Session{VisitorID: "xyz", SessionID: "abc", PageID: "4743822558"}
	tests := map[string]struct {
		offer liveperson.Offer
		want  string
	}{
		"all that LivePerson says": {
			liveperson.Offer{Session: session, Status: liveperson.Available, Engagement: &liveperson.Engagement{
				CampaignID: "3346848610", EngagementID: "3562981110", Revision: 44, ContextID: "1", WindowID: "3346847910",
				Language: "en-US", ValidFor: 15 * time.Minute, SkillID: "23", SkillName: "TestSkill", ConnectorID: "568046210",
			}},
			`{"status":"available","session_id":"abc","visitor_id":"xyz","page_id":"4743822558","engagement":{
				"campaign_id":"3346848610","engagement_id":"3562981110","revision":44,"context_id":"1","window_id":"3346847910",
				"language":"en-US","valid_until":"2026-03-02T09:15:00Z","skill_id":"23","skill_name":"TestSkill","connector_id":"568046210"}}`,
		},
		"an open conversation": {
			liveperson.Offer{Session: session, Status: liveperson.InConversation, Engagement: &liveperson.Engagement{CampaignID: "1", ConversationID: "fdasfdas"}},
			`{"status":"in_conversation","session_id":"abc","visitor_id":"xyz","page_id":"4743822558","engagement":{"campaign_id":"1","conversation_id":"fdasfdas"}}`,
		},
		"nothing on offer": {
			liveperson.Offer{Session: session, Status: liveperson.NotAvailable},
			`{"status":"not_available","session_id":"abc","visitor_id":"xyz","page_id":"4743822558"}`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newResult(test.offer, now)
			got, err := json.Marshal(r.structured())
			require.NoError(t, err)
			assert.JSONEq(t, test.want, string(got))

			kept, err := json.Marshal(r) // the form in a cache
			require.NoError(t, err)
			var again result
			require.NoError(t, json.Unmarshal(kept, &again))
			assert.Equal(t, r.structured(), again.structured())
		})
	}
}
