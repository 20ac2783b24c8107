package webhook

import (
	"encoding/json"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// These notifications have forms that the samples don't have. See TestSamples.
func TestOtherNotifications(t *testing.T) {
	t.Parallel()
	const (
		survey    = `{"type":"UPSERT","result":{"convId":"c1","conversationDetails":{"dialogs":[{"dialogId":"c1","dialogType":"MAIN","state":"CLOSE"},{"dialogId":"s1","dialogType":"POST_SURVEY","state":"OPEN"}],"state":"CLOSE","stage":"OPEN","metaDataLastUpdateTs":1553599771074}}}`
		surveyed  = `{"type":"UPSERT","result":{"convId":"c1","conversationDetails":{"dialogs":[{"dialogId":"c1","dialogType":"MAIN","state":"CLOSE"},{"dialogId":"s1","dialogType":"POST_SURVEY","state":"CLOSE"}],"state":"CLOSE","stage":"CLOSE","metaDataLastUpdateTs":1553599771075}}}`
		oldest    = `{"type":"UPSERT","result":{"convId":"c1","conversationDetails":{"participants":[],"brandId":"5313846","state":"CLOSE","startTs":1,"metaDataLastUpdateTs":2,"ttr":{}}}}`
		strange   = `{"sequence":"5","new":[1,{}],"originatorMetadata":{"role":7},"serverTimestamp":{"at":1},"event":{"type":"ContentEvent","message":{"any":1e400},"contentType":null},"dialogId":"d1"}`
		hosted    = `{"sequence":1,"dialogId":"d1","event":{"type":"ContentEvent","contentType":"hosted/file","message":{"caption":"c","relativePath":"/v1/x.PDF","fileType":"PDF","preview":"p"}}}`
		invited   = `{"sequence":2,"dialogId":"d1","event":{"type":"ContentEvent","contentType":"forms/secure-invitation","message":{"formId":7,"invitationId":"i-1","title":"t"}}}`
		submitted = `{"sequence":3,"dialogId":"d1","event":{"type":"ContentEvent","contentType":"forms/secure-submission","message":{"submissionId":"s-1","invitationId":"i-1"}}}`
		noFile    = `{"dialogId":"d1","event":{"type":"ContentEvent","contentType":"hosted/file","message":"{\"relativePath\":\"x\"}"}}`
	)
	tests := []struct {
		name, typ, change string
		want              change
	}{
		{name: "a survey at the end", typ: conversationNotification, change: survey, want: change{eventType: conversationChange, conversationID: "c1", at: at(1553599771074), survey: "s1"}},
		{name: "a survey that is over", typ: conversationNotification, change: surveyed, want: change{eventType: conversationChange, conversationID: "c1", at: at(1553599771075), closed: true}},
		{name: "the oldest form of closed", typ: conversationNotification, change: oldest, want: change{eventType: conversationChange, conversationID: "c1", at: at(2), closed: true}},
		{name: "values of other types than documented", typ: messagingNotification, change: strange, want: change{eventType: contentEvent, conversationID: "d1", dialogID: "d1", sequence: "5", role: "7"}},
		{name: "a file", typ: messagingNotification, change: hosted, want: change{eventType: contentEvent, conversationID: "d1", dialogID: "d1", sequence: "1", contentType: "hosted/file", named: named{RelativePath: "/v1/x.PDF", FileType: "PDF"}}},
		{name: "a secure form", typ: messagingNotification, change: invited, want: change{eventType: contentEvent, conversationID: "d1", dialogID: "d1", sequence: "2", contentType: "forms/secure-invitation", named: named{FormID: "7", InvitationID: "i-1"}}},
		{name: "an answer to a form", typ: messagingNotification, change: submitted, want: change{eventType: contentEvent, conversationID: "d1", dialogID: "d1", sequence: "3", contentType: "forms/secure-submission", named: named{InvitationID: "i-1", SubmissionID: "s-1"}}},
		{name: "a file that is none", typ: messagingNotification, change: noFile, want: change{eventType: contentEvent, conversationID: "d1", dialogID: "d1", contentType: "hosted/file"}},
		{name: "a change that is none", typ: messagingNotification, change: `[1]`},
		{name: "a change that is null", typ: conversationNotification, change: `null`},
		{name: "an event that is none", typ: messagingNotification, change: `{"event":"ContentEvent"}`},
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
	none, err := parse([]byte(notify(messagingNotification, "")))
	require.NoError(t, err)
	assert.Empty(t, none)
}

func TestMessages(t *testing.T) {
	t.Parallel()
	const event = `{"sequence":5, "big":12345678901234567890.10,"originatorMetadata":{"role":"ASSIGNED_AGENT"},"serverTimestamp":1553593406049,"event":{"type":"ContentEvent","contentType":"text/plain","message":"<ü>"},"conversationId":"c1","dialogId":"s1"}`
	changes, err := parse([]byte(notify(messagingNotification, event)))
	require.NoError(t, err)
	msg := changes[0].message("jane")
	assert.Equal(t, []string{event}, contents(t, service.MessageBatch{msg}), "as it came, to the byte")
	assert.Equal(t, map[string]string{
		metaType: contentEvent, metaConversationID: "c1", metaDialogID: "s1", metaSequence: "5", metaRole: "ASSIGNED_AGENT",
		metaConsumer: "jane", metaContentType: "text/plain", metaEventTime: "2019-03-26T09:43:26.049Z",
	}, metadata(t, msg))

	changes, err = parse([]byte(changed(1553599771074, stateOpen, stateOpen, "")))
	require.NoError(t, err)
	assert.Equal(t, map[string]string{
		metaType: conversationChange, metaConversationID: testConversation, metaEventTime: "2019-03-26T11:29:31.074Z",
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
