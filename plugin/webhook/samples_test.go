package webhook

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Complete notifications from LivePerson's pages, tutorial and demo app.
const (
	sampleAgentText    = `{"kind":"notification","body":{"changes":[{"sequence":5,"originatorId":"e9b2867c-f984-5727-b034-fc9c6800bd9c","originatorMetadata":{"id":"e9b2867c-f984-5727-b034-fc9c6800bd9c","role":"ASSIGNED_AGENT"},"serverTimestamp":1553593406049,"event":{"type":"ContentEvent","message":"This is a reply!","contentType":"text/plain"},"conversationId":"f2384f56-57d5-4087-bd47-8df0ec3102f6","dialogId":"f2384f56-57d5-4087-bd47-8df0ec3102f6"}]},"type":"ms.MessagingEventNotification"}`
	sampleConsumerText = `{"kind":"notification","body":{"changes":[{"sequence":39,"originatorId":"adba3c0a-c1f5-4ca1-8062-07acde2b5eaf","originatorMetadata":{"id":"adba3c0a-c1f5-4ca1-8062-07acde2b5eaf","role":"CONSUMER"},"serverTimestamp":1641916856713,"event":{"type":"ContentEvent","message":"can I get an unlimited data plan","contentType":"text/plain"},"conversationId":"4fe52a76-7316-45fe-acf3-482cfb621d9c","dialogId":"4fe52a76-7316-45fe-acf3-482cfb621d9c","messageAudience":"ALL"}]},"type":"ms.MessagingEventNotification"}`
	sampleRead         = `{"kind":"notification","body":{"changes":[{"sequence":9,"originatorId":"662eb2c6-cf25-5ea8-8fbd-9f1781558c24","originatorMetadata":{"id":"662eb2c6-cf25-5ea8-8fbd-9f1781558c24","role":"ASSIGNED_AGENT"},"serverTimestamp":1537343869240,"event":{"type":"AcceptStatusEvent","status":"READ","sequenceList":[6]},"conversationId":"f66ad121-8dcb-4430-9fc2-731e961f6eae","dialogId":"f66ad121-8dcb-4430-9fc2-731e961f6eae"}]},"type":"ms.MessagingEventNotification"}`
	sampleTyping       = `{"kind":"notification","body":{"changes":[{"originatorId":"29c3019d-fe0b-5200-afe8-737abfeae4b4","originatorMetadata":{"id":"29c3019d-fe0b-5200-afe8-737abfeae4b4","role":"ASSIGNED_AGENT"},"event":{"type":"ChatStateEvent","chatState":"COMPOSING"},"conversationId":"5491244f-e462-4c63-bf4e-faf4b2d3e7b5","dialogId":"5491244f-e462-4c63-bf4e-faf4b2d3e7b5"}]},"type":"ms.MessagingEventNotification"}`
	sampleRich         = `{"kind":"notification","body":{"changes":[{"sequence":7,"originatorId":"e9b2867c-f984-5727-b034-fc9c6800bd9c","originatorMetadata":{"id":"e9b2867c-f984-5727-b034-fc9c6800bd9c","role":"ASSIGNED_AGENT"},"serverTimestamp":1553593406149,"event":{"type":"RichContentEvent","content":{"type":"vertical","elements":[{"type":"text","text":"Product Name","tooltip":"text tooltip","style":{"bold":true,"size":"large"}},{"type":"button","title":"Add to cart","tooltip":"button tooltip","click":{"actions":[{"type":"link","name":"Add to cart","uri":"https://example.com"}]}}]},"quickReplies":{"type":"quickReplies","itemsPerRow":8,"replies":[{"type":"button","title":"Yes","click":{"actions":[{"type":"publishText","text":"yep"}],"metadata":[{"type":"ExternalId","id":"Yes-1234"}]}}]}},"conversationId":"f2384f56-57d5-4087-bd47-8df0ec3102f6","dialogId":"f2384f56-57d5-4087-bd47-8df0ec3102f6"}]},"type":"ms.MessagingEventNotification"}`

	sampleCreated = `{"kind":"notification","body":{"subscriptionId":"ea7ecc5a-58c4-4a16-9510-4868bef08d79","changes":[{"type":"UPSERT","result":{"convId":"f2384f56-57d5-4087-bd47-8df0ec3102f6","effectiveTTR":1553590349893,"conversationDetails":{"skillId":"558327413","participants":[` + sampleConsumer + `}],"dialogs":[{"dialogId":"f2384f56-57d5-4087-bd47-8df0ec3102f6","participantsDetails":[` + sampleConsumer + `,"state":"ACTIVE"}],"dialogType":"MAIN","channelType":"MESSAGING","state":"OPEN","creationTs":1553589749650,"metaDataLastUpdateTs":1553589749650}],"brandId":"5313846","state":"OPEN","stage":"OPEN","startTs":1553589749650,"metaDataLastUpdateTs":1553589749650,"ttr":{"ttrType":"PRIORITIZED","value":600},"conversationHandlerDetails":{"accountId":"5313846","skillId":"558327413"}}}}]},"type":"cqm.ExConversationChangeNotification"}`
	sampleClosed  = `{"kind":"notification","body":{"subscriptionId":"0ce06a28-455d-4a31-81f1-e3a9de585e43","changes":[{"type":"UPSERT","result":{"convId":"f2384f56-57d5-4087-bd47-8df0ec3102f6","effectiveTTR":-1,"conversationDetails":{"skillId":"558327413","participants":[` + sampleConsumer + `},` + sampleAgent + `}],"dialogs":[{"dialogId":"f2384f56-57d5-4087-bd47-8df0ec3102f6","participantsDetails":[` + sampleConsumer + `,"state":"ACTIVE"},` + sampleAgent + `,"state":"ACTIVE"}],"dialogType":"MAIN","channelType":"MESSAGING","state":"CLOSE","creationTs":1553589749650,"endTs":1553599771074,"metaDataLastUpdateTs":1553599771074,"closedBy":"AGENT"}],"brandId":"5313846","state":"CLOSE","stage":"CLOSE","closeReason":"AGENT","startTs":1553589749650,"metaDataLastUpdateTs":1553599771074,"ttr":{"ttrType":"PRIORITIZED","value":600},"conversationHandlerDetails":{"accountId":"5313846","skillId":"558327413"}}}}]},"type":"cqm.ExConversationChangeNotification"}`
	// A sample of 2018.
	sampleOldest = `{"kind":"notification","body":{"changes":[{"type":"UPSERT","result":{"convId":"f2384f56-57d5-4087-bd47-8df0ec3102f6","conversationDetails":{"participants":[` + sampleConsumer + `}],"brandId":"5313846","state":"OPEN","startTs":1528371195531,"metaDataLastUpdateTs":1528371195531,"ttr":{"ttrType":"NORMAL","value":600}}}}]},"type":"cqm.ExConversationChangeNotification"}`

	// Participants without their closing brackets.
	sampleConsumer = `{"id":"5b0f3b3574c1a8eb71aebf79cf437cb3f6010b9a6df94771c22e5c637285f5f2","role":"CONSUMER"`
	sampleAgent    = `{"id":"e9b2867c-f984-5727-b034-fc9c6800bd9c","role":"ASSIGNED_AGENT"`
)

// The created conversation after an agent joined it, and after its transfer to another skill.
var (
	sampleJoined = strings.NewReplacer(
		sampleConsumer+`}]`, sampleConsumer+`},`+sampleAgent+`}]`,
		sampleConsumer+`,"state":"ACTIVE"}]`, sampleConsumer+`,"state":"ACTIVE"},`+sampleAgent+`,"state":"ACTIVE"}]`,
		`"startTs":1553589749650,"metaDataLastUpdateTs":1553589749650`, `"startTs":1553589749650,"metaDataLastUpdateTs":1553590954025`,
	).Replace(sampleCreated)
	sampleTransferred = strings.NewReplacer(
		`"skillId":"558327413"`, `"skillId":"99999999"`,
		`"effectiveTTR":1553590349893`, `"effectiveTTR":1553598420199`,
		`"startTs":1553589749650,"metaDataLastUpdateTs":1553589749650`, `"startTs":1553589749650,"metaDataLastUpdateTs":1553597820083`,
	).Replace(sampleCreated)
)

func at(millis int64) time.Time { return time.UnixMilli(millis).UTC() }

func TestSamples(t *testing.T) {
	t.Parallel()
	const (
		conversation, docs = testConversation, "5491244f-e462-4c63-bf4e-faf4b2d3e7b5"
		agent, text        = "ASSIGNED_AGENT", "text/plain"
		consumer           = "5b0f3b3574c1a8eb71aebf79cf437cb3f6010b9a6df94771c22e5c637285f5f2"
		demoConsumer       = "2969e404f3be1c8cdda63f0b72d205ab5afb3fe3e3d7d72ab58245f564fdfd91"
		unlimited, receipt = "4fe52a76-7316-45fe-acf3-482cfb621d9c", "f66ad121-8dcb-4430-9fc2-731e961f6eae"
	)
	tests := map[string]struct {
		body string
		want change
	}{
		"an agent's text":         {sampleAgentText, change{eventType: contentEvent, conversationID: conversation, dialogID: conversation, sequence: "5", role: agent, contentType: text, at: at(1553593406049)}},
		"a consumer's text":       {sampleConsumerText, change{eventType: contentEvent, conversationID: unlimited, dialogID: unlimited, sequence: "39", role: roleConsumer, participant: "adba3c0a-c1f5-4ca1-8062-07acde2b5eaf", audience: audienceAll, contentType: text, at: at(1641916856713)}},
		"a text with one id":      {agentsHello, change{eventType: contentEvent, conversationID: docs, dialogID: docs, sequence: "2", role: agent, contentType: text, at: at(1528371199686)}},
		"a receipt":               {sampleRead, change{eventType: acceptStatusEvent, conversationID: receipt, dialogID: receipt, sequence: "9", role: agent, at: at(1537343869240)}},
		"typing":                  {sampleTyping, change{eventType: chatStateEvent, conversationID: docs, dialogID: docs, role: agent}},
		"the demo's typing":       {demoChatState, change{eventType: chatStateEvent, conversationID: demoConversation, dialogID: demoConversation, role: roleConsumer, participant: demoConsumer}},
		"structured content":      {sampleRich, change{eventType: richContentEvent, conversationID: conversation, dialogID: conversation, sequence: "7", role: agent, at: at(1553593406149)}},
		"created":                 {sampleCreated, change{eventType: conversationChange, participant: consumer, conversationID: conversation, at: at(1553589749650)}},
		"an agent has joined":     {sampleJoined, change{eventType: conversationChange, participant: consumer, conversationID: conversation, at: at(1553590954025)}},
		"handed on":               {sampleTransferred, change{eventType: conversationChange, participant: consumer, conversationID: conversation, at: at(1553597820083)}},
		"closed by the agent":     {sampleClosed, change{eventType: conversationChange, participant: consumer, conversationID: conversation, at: at(1553599771074), closed: true}},
		"the demo's closed by":    {demoClosed, change{eventType: conversationChange, participant: demoConsumer, conversationID: demoConversation, at: at(1545399379370), closed: true}},
		"created, in oldest form": {sampleOldest, change{eventType: conversationChange, participant: consumer, conversationID: conversation, at: at(1528371195531)}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var envelope struct {
				Body struct{ Changes []json.RawMessage }
			}
			require.NoError(t, json.Unmarshal([]byte(test.body), &envelope))
			require.Len(t, envelope.Body.Changes, 1)
			test.want.raw = envelope.Body.Changes[0]
			got, err := parse([]byte(test.body))
			require.NoError(t, err)
			assert.Equal(t, []change{test.want}, got)
		})
	}
}

// The signed samples of one conversation come first in order, and then again out of order.
func TestSamplesGoDownThePipelineOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, "")
	for _, body := range []string{sampleCreated, sampleJoined, sampleAgentText, sampleRich, sampleTransferred, sampleClosed} {
		batch := b.deliver(body)
		require.Len(t, batch, 1)
		assert.Equal(t, testConsumer, metadata(t, batch[0])[metaConsumer])
		b.drops(body)
		b.drops(sampleCreated)
	}
	_, open, err := b.conversations.Of(t.Context(), testConsumer)
	require.NoError(t, err)
	assert.False(t, open)
}
