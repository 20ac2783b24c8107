package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// TestHistoryConformance is TestConformance for Messaging Interactions. TestHistoryShowsAttributesAsLivePersonsSample has the
// sample of attributes.
func TestHistoryConformance(t *testing.T) {
	t.Parallel()
	// byID returns a conversation with some content, as raw JSON by the name of the content.
	byID := func(t *testing.T, p past, id string, content ...string) map[string]json.RawMessage {
		t.Helper()
		body, err := json.Marshal(map[string]any{"conversationId": id, "contentToRetrieve": content})
		require.NoError(t, err)
		w := post(p.Sandbox, historyPath+"conversation/search?v=2&source=Test", string(body), "Authorization", p.bearer)
		require.Equal(t, http.StatusOK, w.Code, w.Body)
		var got struct {
			Records []map[string]json.RawMessage `json:"conversationHistoryRecords"`
		}
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
		require.Len(t, got.Records, 1)
		return got.Records[0]
	}
	const campaign = `,"campaignInfo":{"campaignId":2266771712,"engagementId":2330596212}`
	facts := []struct {
		fact  string
		holds func(t *testing.T, p past, id string)
	}{
		{"an answer has _metadata with count, self and shardsStatusResult, and conversationHistoryRecords", func(t *testing.T, p past, _ string) {
			got := p.search(t, "search", "limit=50&offset=0", p.everything(`,"contentToRetrieve":["x"]`))
			var answer map[string]json.RawMessage
			require.NoError(t, json.Unmarshal([]byte(got.text), &answer))
			assertShape(t, `{"count":1,"self":{"rel":"self","href":"https://a"},"shardsStatusResult":{"partialResult":false}}`, string(answer["_metadata"]))
			assert.Contains(t, answer, "conversationHistoryRecords")
		}},
		{"info has times as text and as numbers; an open conversation ends at undefined and -1", func(t *testing.T, p past, id string) {
			var info map[string]any
			require.NoError(t, json.Unmarshal(byID(t, p, id, "x")["info"], &info))
			assert.Equal(t, "2017-12-12 16:12:22.268+0000", info["startTime"])
			assert.Equal(t, []any{"undefined", -1.0, "undefined"}, []any{info["endTime"], info["endTimeL"], info["device"]})
			for _, name := range []string{
				"startTimeL", "duration", "conversationId", "brandId", "latestAgentId", "latestAgentNickname", "latestAgentFullName",
				"latestAgentLoginName", "agentDeleted", "latestSkillId", "latestSkillName", "source", "closeReason", "closeReasonDescription",
				"status", "fullDialogStatus", "firstConversation", "browser", "operatingSystem", "latestAgentGroupId", "latestAgentGroupName",
				"latestQueueState", "isPartial", "pendingAgentSurvey", "brandName",
			} {
				assert.Contains(t, info, name)
			}
		}},
		{"the duration of an open conversation is that until now", func(t *testing.T, p past, id string) {
			var info struct{ Duration int64 }
			require.NoError(t, json.Unmarshal(byID(t, p, id, "x")["info"], &info))
			assert.Equal(t, (2 * time.Minute).Milliseconds(), info.Duration)
		}},
		{"campaign has its ids as text", func(t *testing.T, p past, id string) {
			got := string(byID(t, p, id, "campaign")["campaign"])
			assert.Contains(t, got, `"campaignId":"2266771712"`)
			assert.Contains(t, got, `"campaignEngagementId":"2330596212"`)
		}},
		{"a message has its text, its number, and who sent it", func(t *testing.T, p past, id string) {
			got := byID(t, p, id, "messageRecords")["messageRecords"]
			assertShape(t, `[{"type":"TEXT_PLAIN","messageData":{"msg":{"text":"Hi"}},"messageId":"ms::conv:a::msg:0","seq":0,"dialogId":"a","participantId":"b",
				"source":"APP","time":"2016-08-29 15:14:19.564+0000","timeL":1472483659564,"device":"undefined","sentBy":"Consumer"}]`, string(got))
			assert.Contains(t, string(got), fmt.Sprintf(`"messageId":"ms::conv:%s::msg:0"`, id))
			assert.Contains(t, string(got), `"sentBy":"Agent"`)
		}},
		{"quick replies and structured content are JSON as text", func(t *testing.T, p past, id string) {
			const replies = `{"type":"quickReplies","itemsPerRow":8,"replies":[]}`
			fetch(t, p.Sandbox, http.MethodPost, "/sandbox/conversations/"+id, `{"rich":{"type":"vertical","elements":[]},"quick_replies":`+replies+`}`)
			p.clock.advance(historyDelay)
			var messages []struct {
				Type        string
				MessageData struct{ RichContent, QuickReplies struct{ Content string } }
			}
			require.NoError(t, json.Unmarshal(byID(t, p, id, "messageRecords")["messageRecords"], &messages))
			last := messages[len(messages)-1]
			assert.Equal(t, "RICH_CONTENT", last.Type)
			assert.JSONEq(t, `{"type":"vertical","elements":[]}`, last.MessageData.RichContent.Content)
			assert.JSONEq(t, replies, last.MessageData.QuickReplies.Content)
		}},
		{"participants, interactions and dialogs", func(t *testing.T, p past, id string) {
			got := byID(t, p, id, "agentParticipants", "consumerParticipants", "interactions", "dialogs", "responseTime")
			assertShape(t, `[{"agentFullName":"a","agentNickname":"a","agentLoginName":"a","agentId":"3677470410","userType":"1","userTypeName":"Human",
				"role":"AGENT","agentGroupName":"Unassigned","agentGroupId":-1,"time":"2016","timeL":1472483645005,"permission":"ASSIGNED_AGENT","dialogId":"d"}]`, string(got["agentParticipants"]))
			assertShape(t, `[{"participantId":"f","firstName":"Visitor","lastName":"Test","token":"undefined","email":"undefined","phone":"0","avatarURL":"undefined",
				"time":"2016","timeL":1472481024573,"consumerName":"Visitor","dialogId":"d"}]`, string(got["consumerParticipants"]))
			assertShape(t, `[{"assignedAgentId":"3677470410","assignedAgentFullName":"a","assignedAgentLoginName":"a","assignedAgentNickname":"a",
				"interactionTimeL":1472483644999,"interactionTime":"2016","interactiveSequence":1,"dialogId":"d"}]`, string(got["interactions"]))
			assertShape(t, `[{"dialogId":"d","status":"OPEN","dialogType":"MAIN","dialogChannelType":"MESSAGING","startTime":"2017","startTimeL":1506326158000,
				"endTime":"2017","endTimeL":1506326213422,"closeReason":"AGENT","closeReasonDescription":"MANUAL_CLOSE","skillId":1234,"skillName":"skill3"}]`, string(got["dialogs"]))
			assertShape(t, `{"latestEffectiveResponseDueTime":1527174367230,"configuredResponseTime":3000}`, string(got["responseTime"]))
		}},
		{"the status of messages", func(t *testing.T, p past, id string) {
			assertShape(t, `[{"messageId":"ms::conv:a::msg:0","seq":0,"time":"2016","timeL":1472483659626,"participantId":"3677470410","participantType":"Agent",
				"messageDeliveryStatus":"ACCEPT","dialogId":"d"}]`, string(byID(t, p, id, "messageStatuses")["messageStatuses"]))
		}},
		{"a transfer has the text null for the agent who is not assigned", func(t *testing.T, p past, id string) {
			fetch(t, p.Sandbox, http.MethodPost, "/sandbox/conversations/"+id, `{"transfer":"2"}`)
			p.clock.advance(historyDelay)
			got := byID(t, p, id, "transfers")["transfers"]
			assertShape(t, `[{"timeL":1498127364726,"time":"2017","assignedAgentId":"null","targetSkillId":2,"targetSkillName":"cats","reason":"Skill","by":"196875613",
				"sourceSkillId":-1,"sourceSkillName":"Unassigned","sourceAgentId":"196875613","sourceAgentFullName":"m","sourceAgentLoginName":"m","sourceAgentNickname":"m","dialogId":"d"}]`, string(got))
			assert.Contains(t, string(got), `"assignedAgentId":"null"`)
			assert.Contains(t, string(got), `"targetSkillId":2`)
		}},
		{"a survey has questions and answers", func(t *testing.T, p past, id string) {
			body := `{"kind":"req","id":"1","type":"cm.UpdateConversationField","body":{"conversationId":"` + id + `","conversationField":{"field":"CSATRate","csatRate":5,"csatResolutionConfirmation":true,"status":"FILLED"}}}`
			w := post(p.Sandbox, messagingPath+"/send?v=3", body, "Authorization", p.token, "X-LP-ON-BEHALF", p.jws(t, "jane"))
			require.Equal(t, http.StatusOK, w.Code, w.Body)
			p.clock.advance(historyDelay)
			got := byID(t, p, id, "conversationSurveys")["conversationSurveys"]
			assertShape(t, `[{"surveyType":"Satisfaction","surveyStatus":"FILLED","dialogId":"d","surveyData":[{"question":"Confirm Resolution","answer":"Yes"}]}]`, string(got))
			assert.Contains(t, string(got), `{"answer":"Yes","question":"Confirm Resolution"}`)
		}},
		{"without contentToRetrieve there are the default types, and no others", func(t *testing.T, p past, id string) {
			record := p.search(t, "conversation/search", "", `{"conversationId":"`+id+`"}`)
			for _, name := range []string{
				"campaign", "messageRecords", "agentParticipants", "agentParticipantsLeave", "agentParticipantsActive", "consumerParticipants",
				"transfers", "interactions", "messageScores", "messageStatuses", "conversationSurveys", "coBrowseSessions", "summary", "sdes",
			} {
				assert.Contains(t, record.text, `"`+name+`":`)
			}
			for _, name := range []string{"unAuthSdes", "monitoring", "dialogs", "responseTime"} {
				assert.NotContains(t, record.text, `"`+name+`":`)
			}
		}},
		{"conversations are kept for 13 months", func(t *testing.T, p past, id string) {
			p.clock.advance(13 * 32 * 24 * time.Hour)
			p.bearer = logIn(t, p.Sandbox)
			assert.Zero(t, p.search(t, "conversation/search", "", `{"conversationId":"`+id+`"}`).Metadata.Count)
		}},
	}
	for _, f := range facts {
		t.Run(pageHistory+"/"+f.fact, func(t *testing.T) {
			t.Parallel()
			p := newPast(t, sandbox.Options{})
			id := p.open(t, "jane", `{}`, campaign, "Hi there #4")
			p.clock.advance(2 * time.Minute)
			f.holds(t, p, id)
		})
	}
}
