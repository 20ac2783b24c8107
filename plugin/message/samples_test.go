package message

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// LivePerson's samples of requests for SEND are sent unchanged. An id that is a number becomes a
// text, because LivePerson answers with a text.
func TestSamplesOfRequestsAreSentAsTheyAre(t *testing.T) {
	t.Parallel()
	const own = `"dialogId":"` + aConversation + `"`
	tests := map[string]string{
		"text":                   `{"kind":"req","id":"1","type":"ms.PublishEvent","body":{"conversationId":"` + aConversation + `",` + own + `,"event":{"type":"ContentEvent","contentType":"text/plain","message":"Hello world!"}}}`,
		"an answer to a button":  `{"kind":"req","id":"2","type":"ms.PublishEvent","body":{` + own + `,"event":{"type":"ContentEvent","contentType":"text/plain","message":"yep"}},"metadata":[{"type":"ExternalId","id":"Yes-1234"}]}`,
		"a button pressed":       `{"kind":"req","id":"3","type":"ms.PublishEvent","body":{` + own + `,"event":{"type":"AcceptStatusEvent","status":"ACTION","sequenceList":[5]}},"metadata":[{"type":"ExternalId","id":"Yes-1234"}]}`,
		"a chat state":           `{"kind":"req","id":"1","type":"ms.PublishEvent","body":{` + own + `,"event":{"type":"ChatStateEvent","chatState":"COMPOSING"}}}`,
		"a receipt":              `{"kind":"req","id":"0","type":"ms.PublishEvent","body":{` + own + `,"event":{"type":"AcceptStatusEvent","status":"ACCEPT","sequenceList":[1,2]}}}`,
		"the end":                `{"kind":"req","id":"c4255004-9c50-4405-8cba-475d761fab1b","type":"cm.UpdateConversationField","body":{"conversationId":"cbf6e739-dfe6-4e3c-a544-2504afbe8747","conversationField":{"field":"ConversationStateField","conversationState":"CLOSE"}}}`,
		"the dialog's end":       `{"kind":"req","id":"2","type":"cm.UpdateConversationField","body":{"conversationId":"a","conversationField":{"field":"DialogChange","type":"UPDATE","dialog":{"dialogId":"a","state":"CLOSE","closedCause":"Closed by consumer"}}}}`,
		"satisfaction":           `{"kind":"req","id":"2","type":"cm.UpdateConversationField","body":{"conversationId":"a","conversationField":{"field":"CSATRate","csatRate":5,"csatResolutionConfirmation":true,"status":"FILLED"}}}`,
		"urgency":                `{"kind":"req","id":"2","type":"cm.UpdateConversationField","body":{"conversationId":"a","conversationField":{"field":"TTRField","ttrType":"NORMAL","value":600}}}`,
		"a place for a file":     `{"kind":"req","id":"3","type":"ms.GenerateURLForUploadFile","body":{"fileSize":"1000","fileType":"PNG"}}`,
		"a file":                 `{"kind":"req","id":"3","type":"ms.PublishEvent","body":{` + own + `,"event":{"type":"ContentEvent","contentType":"hosted/file","message":{"caption":"File logo","relativePath":"/v1/AUTH_async-images/64467156/example.PNG","fileType":"JPEG","preview":"data:image/png;base64,iVBORw0KGgo="}}}}`,
		"where a file is":        `{"kind":"req","id":"3","type":"ms.GenerateURLForDownloadFile","body":{"relativePath":"/v1/AUTH_async-images/64467156/example.PNG"}}`,
		"the consumer's profile": `{"kind":"req","id":"1,","type":"userprofile.SetUserProfile","body":{"authenticatedData":{"lp_sdes":[{"type":"ctmrinfo","info":{"socialId":"1234567890","ctype":"vip"}},{"type":"personal","personal":{"firstname":"John","lastname":"Doe","gender":"MALE"}}]}}}`,
		"an empty profile":       `{"kind":"req","id":"1,","type":"userprofile.SetUserProfile","body":{}}`,
		"fields as a list":       `{"kind":"req","id":"2","type":"cm.UpdateConversationField","body":{"conversationId":"a","conversationField":[{"field":"ConversationStateField","conversationState":"CLOSE"}]}}`,
	}
	for name, sample := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j, err := readOne(t, "", message(sample, metaConsumer, "jane"))
			require.NoError(t, err)
			assert.Equal(t, actionRequest, j.action)
			got := requestsOf(t, j)
			require.Len(t, got, 1)
			assert.JSONEq(t, sample, got[0])
		})
	}
	t.Run("an id that is a number", func(t *testing.T) {
		t.Parallel()
		j, err := readOne(t, "", message(`{"kind":"req","id":3,"type":"ms.GenerateURLForUploadFile","body":{"fileSize":"1000","fileType":"PNG"}}`, metaConsumer, "jane"))
		require.NoError(t, err)
		var sent struct{ ID json.RawMessage }
		require.NoError(t, json.Unmarshal([]byte(requestsOf(t, j)[0]), &sent))
		assert.Equal(t, `"3"`, string(sent.ID))
	})
}
