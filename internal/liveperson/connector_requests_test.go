package liveperson

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// LivePerson's samples, byte for byte except line breaks.
func TestRequestSamples(t *testing.T) {
	t.Parallel()
	const closing = "cbf6e739-dfe6-4e3c-a544-2504afbe8747"
	dialog := Dialog{DialogID: testConversation}
	yes := true
	tests := map[string]struct {
		id      string
		request Request
		want    string
	}{
		"text": {
			"1", Dialog{ConversationID: testConversation}.Text("Hello world!"),
			`{"kind":"req","id":"1","type":"ms.PublishEvent","body":{"conversationId":"8602832d-dce1-446b-8445-0d51f5926a42","dialogId":"8602832d-dce1-446b-8445-0d51f5926a42","event":{"type":"ContentEvent","contentType":"text/plain","message":"Hello world!"}}}`,
		},
		"text in a survey": {
			"1", Dialog{ConversationID: "a", DialogID: "b"}.Text("5"),
			`{"kind":"req","id":"1","type":"ms.PublishEvent","body":{"conversationId":"a","dialogId":"b","event":{"type":"ContentEvent","contentType":"text/plain","message":"5"}}}`,
		},
		"text as it was written": {
			"1", dialog.Text("<b>&\u00e9\U0001F600\"\n"),
			`{"kind":"req","id":"1","type":"ms.PublishEvent","body":{"dialogId":"8602832d-dce1-446b-8445-0d51f5926a42","event":{"type":"ContentEvent","contentType":"text/plain","message":"<b>&` + "\u00e9\U0001F600" + `\"\n"}}}`,
		},
		"reply to a button": {
			"2", dialog.Text("yep").With(ExternalID("Yes-1234")),
			`{"kind":"req","id":"2","type":"ms.PublishEvent","body":{"dialogId":"8602832d-dce1-446b-8445-0d51f5926a42","event":{"type":"ContentEvent","contentType":"text/plain","message":"yep"}},"metadata":[{"type":"ExternalId","id":"Yes-1234"}]}`,
		},
		"button pressed": {
			"3", dialog.Receipt(Acted, 5).With(ExternalID("Yes-1234")),
			`{"kind":"req","id":"3","type":"ms.PublishEvent","body":{"dialogId":"8602832d-dce1-446b-8445-0d51f5926a42","event":{"type":"AcceptStatusEvent","status":"ACTION","sequenceList":[5]}},"metadata":[{"type":"ExternalId","id":"Yes-1234"}]}`,
		},
		"chat state": {
			"1", dialog.ChatState(ChatComposing),
			`{"kind":"req","id":"1","type":"ms.PublishEvent","body":{"dialogId":"8602832d-dce1-446b-8445-0d51f5926a42","event":{"type":"ChatStateEvent","chatState":"COMPOSING"}}}`,
		},
		"receipt": {
			"0", dialog.Receipt(Accepted, 1, 2),
			`{"kind":"req","id":"0","type":"ms.PublishEvent","body":{"dialogId":"8602832d-dce1-446b-8445-0d51f5926a42","event":{"type":"AcceptStatusEvent","status":"ACCEPT","sequenceList":[1,2]}}}`,
		},
		"file": {
			"3", dialog.File(File{"File logo", "/v1/AUTH_async-images/64467156/example.PNG", "JPEG", "data:image/png;base64,iVBORw0KGgo="}),
			`{"kind":"req","id":"3","type":"ms.PublishEvent","body":{"dialogId":"8602832d-dce1-446b-8445-0d51f5926a42","event":{"type":"ContentEvent","contentType":"hosted/file","message":{"caption":"File logo","relativePath":"/v1/AUTH_async-images/64467156/example.PNG","fileType":"JPEG","preview":"data:image/png;base64,iVBORw0KGgo="}}}}`,
		},
		"file without caption and preview": {
			"3", dialog.File(File{RelativePath: "/a", FileType: "GIF"}),
			`{"kind":"req","id":"3","type":"ms.PublishEvent","body":{"dialogId":"8602832d-dce1-446b-8445-0d51f5926a42","event":{"type":"ContentEvent","contentType":"hosted/file","message":{"relativePath":"/a","fileType":"GIF"}}}}`,
		},
		// The id in the sample is a number, but LivePerson answers with a text.
		"upload URL": {
			"3", UploadURL("PNG", 1000),
			`{"kind":"req","id":"3","type":"ms.GenerateURLForUploadFile","body":{"fileSize":"1000","fileType":"PNG"}}`,
		},
		"close": {
			"c4255004-9c50-4405-8cba-475d761fab1b", CloseConversation(closing),
			`{"kind":"req","id":"c4255004-9c50-4405-8cba-475d761fab1b","type":"cm.UpdateConversationField","body":{"conversationId":"cbf6e739-dfe6-4e3c-a544-2504afbe8747","conversationField":{"field":"ConversationStateField","conversationState":"CLOSE"}}}`,
		},
		"close the dialog": {
			"2", Dialog{ConversationID: closing}.Close(),
			`{"kind":"req","id":"2","type":"cm.UpdateConversationField","body":{"conversationId":"cbf6e739-dfe6-4e3c-a544-2504afbe8747","conversationField":{"field":"DialogChange","type":"UPDATE","dialog":{"dialogId":"cbf6e739-dfe6-4e3c-a544-2504afbe8747","state":"CLOSE","closedCause":"Closed by consumer"}}}}`,
		},
		"CSAT": {
			"1", Rate("a", CSAT{5, &yes}),
			`{"kind":"req","id":"1","type":"cm.UpdateConversationField","body":{"conversationId":"a","conversationField":{"field":"CSATRate","csatRate":5,"csatResolutionConfirmation":true,"status":"FILLED"}}}`,
		},
		"CSAT, half": {
			"1", Rate("a", CSAT{Rate: 3}),
			`{"kind":"req","id":"1","type":"cm.UpdateConversationField","body":{"conversationId":"a","conversationField":{"field":"CSATRate","csatRate":3,"status":"PARTIALLY_FILLED"}}}`,
		},
		"CSAT, the other half": {
			"1", Rate("a", CSAT{Resolved: new(bool)}),
			`{"kind":"req","id":"1","type":"cm.UpdateConversationField","body":{"conversationId":"a","conversationField":{"field":"CSATRate","csatResolutionConfirmation":false,"status":"PARTIALLY_FILLED"}}}`,
		},
		"CSAT, skipped": {
			"1", Rate("a", CSAT{}),
			`{"kind":"req","id":"1","type":"cm.UpdateConversationField","body":{"conversationId":"a","conversationField":{"field":"CSATRate","status":"SKIPPED"}}}`,
		},
		"profile": {
			"1,", SetUserProfile(json.RawMessage(`{"type":"ctmrinfo","info":{"socialId":"1234567890","ctype":"vip"}}`),
				map[string]any{"type": "personal", "personal": map[string]string{"firstname": "John"}}),
			`{"kind":"req","id":"1,","type":"userprofile.SetUserProfile","body":{"authenticatedData":{"lp_sdes":[{"type":"ctmrinfo","info":{"socialId":"1234567890","ctype":"vip"}},{"personal":{"firstname":"John"},"type":"personal"}]}}}`,
		},
		"empty profile": {
			"1,", SetUserProfile(), `{"kind":"req","id":"1,","type":"userprofile.SetUserProfile","body":{}}`,
		},
		"another type, without id and body": {
			"", Request{Type: "cm.Other"}, `{"kind":"req","id":"1","type":"cm.Other","body":{}}`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.request.ID = test.id
			text, err := test.request.MarshalJSON()
			require.NoError(t, err)
			assert.Equal(t, test.want, string(text))
		})
	}
}

func TestRequestThatCantBeSent(t *testing.T) {
	t.Parallel()
	service := newConnectorService()
	for name, test := range map[string]struct {
		consumer    string
		request     Request
		errContains string
	}{
		"no type":          {testConsumer, Request{}, "the request has no type"},
		"id too long":      {testConsumer, Request{ID: strings.Repeat("é", 65), Type: "a"}, "more than 64 characters"},
		"body is no JSON":  {testConsumer, Request{Type: "a", Body: json.RawMessage(`{"a"`)}, "unexpected end of JSON"},
		"body has no JSON": {testConsumer, Request{Type: "a", Body: func() {}}, "unsupported type"},
		"no consumer":      {"", testDialog.Text("a"), "the consumer has no id"},
		"a blank consumer": {" \t\u00a0", testDialog.Text("a"), "the consumer has no id"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := connectorTo(t, service).Send(t.Context(), test.consumer, test.request)
			require.ErrorContains(t, err, "not sent: ")
			require.ErrorContains(t, err, test.errContains)
			assert.Equal(t, ClassInvalid, ClassOf(err))
			assert.False(t, asError(t, err).MayHaveArrived())
		})
	}
	assert.Empty(t, service.got)
}

func TestTooLong(t *testing.T) {
	t.Parallel()
	text, err := testDialog.Text("").MarshalJSON()
	require.NoError(t, err)
	room := MaxRequestCharacters - len(text)
	for name, test := range map[string]struct {
		request Request
		want    bool
	}{
		"just fits":                   {testDialog.Text(strings.Repeat("a", room)), false},
		"one more":                    {testDialog.Text(strings.Repeat("a", room+1)), true},
		"two bytes each":              {testDialog.Text(strings.Repeat("é", room/2)), false},
		"two bytes each, one more":    {testDialog.Text(strings.Repeat("é", room/2+1)), true},
		"escaped":                     {testDialog.Text(strings.Repeat("\n", room/2+1)), true},
		"the id counts":               {Request{ID: "12", Type: TypePublishEvent, Body: testDialog.Text(strings.Repeat("a", room)).Body}, true},
		"what can't be sent is short": {Request{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, test.want, TooLong(test.request))
		})
	}
}
