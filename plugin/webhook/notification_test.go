package webhook

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The notifications of LivePerson's pages, tutorial and demo app.
func TestNotifications(t *testing.T) {
	t.Parallel()
	const (
		agentText    = `{"sequence":5,"originatorId":"e9b2867c-f984-5727-b034-fc9c6800bd9c","originatorMetadata":{"id":"e9b2867c-f984-5727-b034-fc9c6800bd9c","role":"ASSIGNED_AGENT"},"serverTimestamp":1553593406049,"event":{"type":"ContentEvent","message":"This is a reply!","contentType":"text/plain"},"conversationId":"f2384f56-57d5-4087-bd47-8df0ec3102f6","dialogId":"f2384f56-57d5-4087-bd47-8df0ec3102f6"}`
		consumerText = `{"sequence":39,"originatorId":"adba3c0a-c1f5-4ca1-8062-07acde2b5eaf","originatorMetadata":{"id":"adba3c0a-c1f5-4ca1-8062-07acde2b5eaf","role":"CONSUMER"},"serverTimestamp":1641916856713,"event":{"type":"ContentEvent","message":"can I get an unlimited data plan","contentType":"text/plain"},"conversationId":"4fe52a76-7316-45fe-acf3-482cfb621d9c","dialogId":"4fe52a76-7316-45fe-acf3-482cfb621d9c","messageAudience":"ALL"}`
		read         = `{"sequence":9,"originatorId":"662eb2c6-cf25-5ea8-8fbd-9f1781558c24","originatorMetadata":{"id":"662eb2c6-cf25-5ea8-8fbd-9f1781558c24","role":"ASSIGNED_AGENT"},"serverTimestamp":1537343869240,"event":{"type":"AcceptStatusEvent","status":"READ","sequenceList":[6]},"conversationId":"f66ad121-8dcb-4430-9fc2-731e961f6eae","dialogId":"f66ad121-8dcb-4430-9fc2-731e961f6eae"}`
		composing    = `{"originatorId":"29c3019d-fe0b-5200-afe8-737abfeae4b4","originatorMetadata":{"id":"29c3019d-fe0b-5200-afe8-737abfeae4b4","role":"ASSIGNED_AGENT"},"event":{"type":"ChatStateEvent","chatState":"COMPOSING"},"conversationId":"5491244f-e462-4c63-bf4e-faf4b2d3e7b5","dialogId":"5491244f-e462-4c63-bf4e-faf4b2d3e7b5"}`
		rich         = `{"sequence":7,"originatorMetadata":{"id":"e9b2867c-f984-5727-b034-fc9c6800bd9c","role":"ASSIGNED_AGENT"},"serverTimestamp":1553593406149,"event":{"type":"RichContentEvent","content":{"type":"vertical","elements":[{"type":"text","text":"Product Name"},{"type":"button","title":"Add to cart"}]},"quickReplies":{"type":"quickReplies","itemsPerRow":8,"replies":[]}},"conversationId":"f2384f56-57d5-4087-bd47-8df0ec3102f6","dialogId":"f2384f56-57d5-4087-bd47-8df0ec3102f6"}`
		created      = `{"type":"UPSERT","result":{"convId":"f2384f56-57d5-4087-bd47-8df0ec3102f6","effectiveTTR":1553590349893,"conversationDetails":{"skillId":"558327413","participants":[{"id":"5b0f3b3574c1a8eb71aebf79cf437cb3f6010b9a6df94771c22e5c637285f5f2","role":"CONSUMER"}],"dialogs":[{"dialogId":"f2384f56-57d5-4087-bd47-8df0ec3102f6","participantsDetails":[{"id":"5b0f3b3574c1a8eb71aebf79cf437cb3f6010b9a6df94771c22e5c637285f5f2","role":"CONSUMER","state":"ACTIVE"}],"dialogType":"MAIN","channelType":"MESSAGING","state":"OPEN","creationTs":1553589749650,"metaDataLastUpdateTs":1553589749650}],"brandId":"5313846","state":"OPEN","stage":"OPEN","startTs":1553589749650,"metaDataLastUpdateTs":1553589749650,"ttr":{"ttrType":"PRIORITIZED","value":600},"conversationHandlerDetails":{"accountId":"5313846","skillId":"558327413"}}}}`
		closedAgent  = `{"type":"UPSERT","result":{"convId":"f2384f56-57d5-4087-bd47-8df0ec3102f6","effectiveTTR":-1,"conversationDetails":{"skillId":"558327413","dialogs":[{"dialogId":"f2384f56-57d5-4087-bd47-8df0ec3102f6","dialogType":"MAIN","channelType":"MESSAGING","state":"CLOSE","creationTs":1553589749650,"endTs":1553599771074,"metaDataLastUpdateTs":1553599771074,"closedBy":"AGENT"}],"brandId":"5313846","state":"CLOSE","stage":"CLOSE","closeReason":"AGENT","startTs":1553589749650,"metaDataLastUpdateTs":1553599771074}}}`
		survey       = `{"type":"UPSERT","result":{"convId":"c1","conversationDetails":{"dialogs":[{"dialogId":"c1","dialogType":"MAIN","state":"CLOSE"},{"dialogId":"s1","dialogType":"POST_SURVEY","state":"OPEN"}],"state":"CLOSE","stage":"OPEN","metaDataLastUpdateTs":1553599771074}}}`
		oldest       = `{"type":"UPSERT","result":{"convId":"c1","conversationDetails":{"participants":[],"brandId":"5313846","state":"CLOSE","startTs":1,"metaDataLastUpdateTs":2,"ttr":{}}}}`
		strange      = `{"sequence":"5","new":[1,{}],"originatorMetadata":{"role":7},"serverTimestamp":{"at":1},"event":{"type":"ContentEvent","message":{"any":1e400},"contentType":null},"dialogId":"d1"}`
	)
	at := func(millis int64) time.Time { return time.UnixMilli(millis).UTC() }
	const reply, demo = testConversation, demoConversation
	tests := []struct {
		name, typ, change string
		want              change
	}{
		{name: "an agent's text", typ: typeEvents, change: agentText, want: change{kind: kindContent, conversationID: reply, dialogID: reply, sequence: "5", role: "ASSIGNED_AGENT", contentType: "text/plain", at: at(1553593406049)}},
		{name: "a consumer's text", typ: typeEvents, change: consumerText, want: change{kind: kindContent, conversationID: "4fe52a76-7316-45fe-acf3-482cfb621d9c", dialogID: "4fe52a76-7316-45fe-acf3-482cfb621d9c", sequence: "39", role: roleConsumer, audience: audienceAll, contentType: "text/plain", at: at(1641916856713)}},
		{name: "a receipt", typ: typeEvents, change: read, want: change{kind: kindAcceptStatus, conversationID: "f66ad121-8dcb-4430-9fc2-731e961f6eae", dialogID: "f66ad121-8dcb-4430-9fc2-731e961f6eae", sequence: "9", role: "ASSIGNED_AGENT", at: at(1537343869240)}},
		{name: "typing", typ: typeEvents, change: composing, want: change{kind: kindChatState, conversationID: "5491244f-e462-4c63-bf4e-faf4b2d3e7b5", dialogID: "5491244f-e462-4c63-bf4e-faf4b2d3e7b5", role: "ASSIGNED_AGENT"}},
		{name: "structured content", typ: typeEvents, change: rich, want: change{kind: kindRichContent, conversationID: reply, dialogID: reply, sequence: "7", role: "ASSIGNED_AGENT", at: at(1553593406149)}},
		{name: "created", typ: typeChange, change: created, want: change{kind: kindConversation, conversationID: reply, at: at(1553589749650)}},
		{name: "closed by the agent", typ: typeChange, change: closedAgent, want: change{kind: kindConversation, conversationID: reply, at: at(1553599771074), closed: true}},
		{name: "a survey at the end", typ: typeChange, change: survey, want: change{kind: kindConversation, conversationID: "c1", at: at(1553599771074), survey: "s1"}},
		{name: "the oldest form of closed", typ: typeChange, change: oldest, want: change{kind: kindConversation, conversationID: "c1", at: at(2), closed: true}},
		{name: "values of other types than documented", typ: typeEvents, change: strange, want: change{kind: kindContent, conversationID: "d1", dialogID: "d1", sequence: "5", role: "7"}},
		{name: "a change that is none", typ: typeEvents, change: `[1]`},
		{name: "a change that is null", typ: typeChange, change: `null`},
		{name: "an event that is none", typ: typeEvents, change: `{"event":"ContentEvent"}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := parse([]byte(notify(test.typ, test.change)))
			require.NoError(t, err)
			test.want.raw = json.RawMessage(test.change)
			assert.Equal(t, []change{test.want}, got)
		})
	}

	t.Run("the demo's", func(t *testing.T) {
		t.Parallel()
		got, err := parse([]byte(demoChatState))
		require.NoError(t, err)
		require.Len(t, got, 1)
		assert.Equal(t, []string{kindChatState, demo, roleConsumer}, []string{got[0].kind, got[0].conversationID, got[0].role})
		got, err = parse([]byte(demoClosed))
		require.NoError(t, err)
		require.Len(t, got, 1)
		assert.Equal(t, demo, got[0].conversationID)
		assert.True(t, got[0].closed)
	})
}

func TestWhatIsNoNotification(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		``, `null`, `7`, `"text"`, `[]`, `{}`, `{"type":"ms.MessagingEventNotification"`, "\xff",
		`{"type":"ms.MessagingEventNotification"}`,
		`{"type":"ms.MessagingEventNotification","body":{"changes":null}}`,
		`{"type":"ms.MessagingEventNotification","body":{"changes":{}}}`,
		`{"type":"ms.MessagingEventNotification","body":[]}`,
		`{"type":"ms.NewNotification","body":{"changes":[{}]}}`,
		`{"type":"ms.MessagingEventNotification.ContentEvent","body":{"changes":[{}]}}`,
		`{"type":7,"body":{"changes":[{}]}}`,
	} {
		_, err := parse([]byte(body))
		require.ErrorIs(t, err, errNoNotification, body)
	}
	none, err := parse([]byte(notify(typeEvents, "")))
	require.NoError(t, err)
	assert.Empty(t, none)
}

func TestMessages(t *testing.T) {
	t.Parallel()
	const event = `{"sequence":5, "big":12345678901234567890.10,"originatorMetadata":{"role":"ASSIGNED_AGENT"},"serverTimestamp":1553593406049,"event":{"type":"ContentEvent","contentType":"text/plain","message":"<ü>"},"conversationId":"c1","dialogId":"s1"}`
	changes, err := parse([]byte(notify(typeEvents, event)))
	require.NoError(t, err)
	msg := changes[0].message("jane")
	assert.Equal(t, []string{event}, contents(t, service.MessageBatch{msg}), "as it came, to the byte")
	assert.Equal(t, map[string]string{
		metaType: kindContent, metaConversationID: "c1", metaDialogID: "s1", metaSequence: "5", metaRole: "ASSIGNED_AGENT",
		metaConsumer: "jane", metaContentType: "text/plain", metaEventTime: "2019-03-26T09:43:26.049Z",
	}, metadata(t, msg))

	changes, err = parse([]byte(changed(1553599771074, stateOpen, stateOpen, "")))
	require.NoError(t, err)
	assert.Equal(t, map[string]string{
		metaType: kindConversation, metaConversationID: testConversation, metaEventTime: "2019-03-26T11:29:31.074Z",
	}, metadata(t, changes[0].message("")), "what is not known is not there")
}

func FuzzParse(f *testing.F) {
	for _, body := range []string{demoChatState, demoClosed, agentsHello, agentSaid(1, "x"), changed(1, stateClose, stateOpen, `{"dialogId":"s1"}`)} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		changes, err := parse(body)
		if err != nil && changes != nil {
			t.Fatal("both changes and an error")
		}
		for _, c := range changes {
			if !json.Valid(c.raw) {
				t.Fatal("a change that is not JSON")
			}
			c.message("jane")
		}
	})
}
