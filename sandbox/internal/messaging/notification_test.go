package messaging

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The signed bodies are fixtures of LivePerson's demo app. The other signatures were computed for texts that are not ASCII.
const (
	fixtureSecret = "rl9hacst6kqilbofup64n11ga3"
	fixtureState  = `{"kind":"notification","body":{"changes":[{"originatorId":"2969e404f3be1c8cdda63f0b72d205ab5afb3fe3e3d7d72ab58245f564fdfd91","originatorMetadata":{"id":"2969e404f3be1c8cdda63f0b72d205ab5afb3fe3e3d7d72ab58245f564fdfd91","role":"CONSUMER"},"event":{"type":"ChatStateEvent","chatState":"PAUSE"},"conversationId":"b8b83fe9-75f0-46f2-baaa-2930f7192cfb","dialogId":"b8b83fe9-75f0-46f2-baaa-2930f7192cfb"}]},"type":"ms.MessagingEventNotification"}`
	fixtureClose  = `{"kind":"notification","body":{"changes":[{"type":"UPSERT","result":{"convId":"b8b83fe9-75f0-46f2-baaa-2930f7192cfb","effectiveTTR":-1,"conversationDetails":{"skillId":"-1","participants":[{"id":"52e05c00-d5e4-5823-acf7-62570b939a63","role":"CONTROLLER"},{"id":"2969e404f3be1c8cdda63f0b72d205ab5afb3fe3e3d7d72ab58245f564fdfd91","role":"CONSUMER"}],"dialogs":[{"dialogId":"b8b83fe9-75f0-46f2-baaa-2930f7192cfb","participantsDetails":[{"id":"2969e404f3be1c8cdda63f0b72d205ab5afb3fe3e3d7d72ab58245f564fdfd91","role":"CONSUMER"},{"id":"52e05c00-d5e4-5823-acf7-62570b939a63","role":"CONTROLLER"}],"dialogType":"MAIN","channelType":"MESSAGING","state":"CLOSE","creationTs":1545398580042,"endTs":1545399379370,"metaDataLastUpdateTs":1545399379370,"closedBy":"CONSUMER"}],"brandId":"42257269","state":"CLOSE","stage":"CLOSE","closeReason":"CONSUMER","startTs":1545398580042,"endTs":1545399379370,"metaDataLastUpdateTs":1545399379370,"ttr":{"ttrType":"PRIORITIZED","value":600}}}}]},"type":"cqm.ExConversationChangeNotification"}`
	sampleSecret  = "kgvbkk7glku72jgtmpi6l4a872"
	sampleAgent   = `{"kind":"notification","body":{"changes":[{"sequence":2,"originatorId":"29c3019d-fe0b-5200-afe8-737abfeae4b4","originatorMetadata":{"id":"29c3019d-fe0b-5200-afe8-737abfeae4b4","role":"ASSIGNED_AGENT"},"serverTimestamp":1528371199686,"event":{"type":"ContentEvent","message":"Hello from the Agent","contentType":"text/plain"},"dialogId":"5491244f-e462-4c63-bf4e-faf4b2d3e7b5"}]},"type":"ms.MessagingEventNotification"}`
	sampleGreet   = `{"message":"Grüße 👋"}`
)

func TestSignatures(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ algorithm, encoding, secret, body, want string }{
		{"sha1", "base64", fixtureSecret, fixtureState, "sha1=e/TfS0wv1HbvEsMqcBMmFLcMslI="},
		{"sha1", "hex", fixtureSecret, fixtureState, "sha1=7bf4df4b4c2fd476ef12c32a70132614b70cb252"},
		{"sha1", "base64", fixtureSecret, fixtureClose, "sha1=CKiT6u4nb4Mpi0tdbCbgBXKAF1E="},
		{"sha1", "hex", fixtureSecret, fixtureClose, "sha1=08a893eaee276f83298b4b5d6c26e00572801751"},
		{"sha1", "base64", sampleSecret, sampleAgent, "sha1=tOnHv7uml+G4QAbvgT++cMagqug="},
		{"sha1", "hex", sampleSecret, sampleAgent, "sha1=b4e9c7bfbba697e1b84006ef813fbe70c6a0aae8"},
		{"sha256", "base64", sampleSecret, sampleAgent, "sha256=m7o8xdFRmVMMoceWPHrsfNcPQvPG7CpTtVtO7yWV61E="},
		{"sha256", "hex", sampleSecret, sampleAgent, "sha256=9bba3cc5d15199530ca1c7963c7aec7cd70f42f3c6ec2a53b55b4eef2595eb51"},
		{"sha1", "base64", sampleSecret, sampleGreet, "sha1=hYF4xswqqPvSKbqAASIN8Imdbzc="},
		{"sha1", "hex", sampleSecret, sampleGreet, "sha1=858178c6cc2aa8fbd229ba8001220df0899d6f37"},
		{"sha256", "base64", sampleSecret, sampleGreet, "sha256=XUuL2OowpOfoSwfybl5Fuj4LvNQ+FAB2ZPsEAZdLJwQ="},
		{"sha256", "hex", sampleSecret, sampleGreet, "sha256=5d4b8bd8ea30a4e7e84b07f26e5e45ba3e0bbcd43e14007664fb0401974b2704"},
	} {
		assert.Equal(t, test.want, signature(test.algorithm, test.encoding, test.secret, []byte(test.body)))
	}
}

// The test reads the samples into the types for notifications and writes them again. The bytes must not change.
func TestEventsAreWrittenAsInTheSamples(t *testing.T) {
	t.Parallel()
	for name, sample := range map[string]string{
		"fixture, chat state": fixtureState,
		"agent's text, old":   sampleAgent,
		"agent's text":        `{"kind":"notification","body":{"changes":[{"sequence":5,"originatorId":"e9b2867c-f984-5727-b034-fc9c6800bd9c","originatorMetadata":{"id":"e9b2867c-f984-5727-b034-fc9c6800bd9c","role":"ASSIGNED_AGENT"},"serverTimestamp":1553593406049,"event":{"type":"ContentEvent","message":"This is a reply!","contentType":"text/plain"},"conversationId":"f2384f56-57d5-4087-bd47-8df0ec3102f6","dialogId":"f2384f56-57d5-4087-bd47-8df0ec3102f6"}]},"type":"ms.MessagingEventNotification"}`,
		"consumer's text":     `{"kind":"notification","body":{"changes":[{"sequence":39,"originatorId":"adba3c0a-c1f5-4ca1-8062-07acde2b5eaf","originatorMetadata":{"id":"adba3c0a-c1f5-4ca1-8062-07acde2b5eaf","role":"CONSUMER"},"serverTimestamp":1641916856713,"event":{"type":"ContentEvent","message":"can I get an unlimited data plan","contentType":"text/plain"},"conversationId":"4fe52a76-7316-45fe-acf3-482cfb621d9c","dialogId":"4fe52a76-7316-45fe-acf3-482cfb621d9c","messageAudience":"ALL"}]},"type":"ms.MessagingEventNotification"}`,
		"receipt":             `{"kind":"notification","body":{"changes":[{"sequence":9,"originatorId":"662eb2c6-cf25-5ea8-8fbd-9f1781558c24","originatorMetadata":{"id":"662eb2c6-cf25-5ea8-8fbd-9f1781558c24","role":"ASSIGNED_AGENT"},"serverTimestamp":1537343869240,"event":{"type":"AcceptStatusEvent","status":"READ","sequenceList":[6]},"conversationId":"f66ad121-8dcb-4430-9fc2-731e961f6eae","dialogId":"f66ad121-8dcb-4430-9fc2-731e961f6eae"}]},"type":"ms.MessagingEventNotification"}`,
		"chat state":          `{"kind":"notification","body":{"changes":[{"originatorId":"29c3019d-fe0b-5200-afe8-737abfeae4b4","originatorMetadata":{"id":"29c3019d-fe0b-5200-afe8-737abfeae4b4","role":"ASSIGNED_AGENT"},"event":{"type":"ChatStateEvent","chatState":"COMPOSING"},"conversationId":"5491244f-e462-4c63-bf4e-faf4b2d3e7b5","dialogId":"5491244f-e462-4c63-bf4e-faf4b2d3e7b5"}]},"type":"ms.MessagingEventNotification"}`,
		"rich content":        `{"kind":"notification","body":{"changes":[{"sequence":7,"originatorId":"e9b2867c-f984-5727-b034-fc9c6800bd9c","originatorMetadata":{"id":"e9b2867c-f984-5727-b034-fc9c6800bd9c","role":"ASSIGNED_AGENT"},"serverTimestamp":1553593406149,"event":{"type":"RichContentEvent","content":{"type":"vertical","elements":[{"type":"text","text":"Product Name","tooltip":"text tooltip","style":{"bold":true,"size":"large"}},{"type":"button","title":"Add to cart","tooltip":"button tooltip","click":{"actions":[{"type":"link","name":"Add to cart","uri":"https://example.com"}]}}]},"quickReplies":{"type":"quickReplies","itemsPerRow":8,"replies":[{"type":"button","title":"Yes","click":{"actions":[{"type":"publishText","text":"yep"}],"metadata":[{"type":"ExternalId","id":"Yes-1234"}]}}]}},"conversationId":"f2384f56-57d5-4087-bd47-8df0ec3102f6","dialogId":"f2384f56-57d5-4087-bd47-8df0ec3102f6"}]},"type":"ms.MessagingEventNotification"}`,
		"links with &":        `{"kind":"notification","body":{"changes":[{"sequence":7,"originatorId":"e9b2867c-f984-5727-b034-fc9c6800bd9c","originatorMetadata":{"id":"e9b2867c-f984-5727-b034-fc9c6800bd9c","role":"ASSIGNED_AGENT"},"serverTimestamp":1553593406149,"event":{"type":"RichContentEvent","content":{"type":"vertical","elements":[{"type":"button","title":"Add to cart","click":{"actions":[{"type":"link","name":"Add to cart","uri":"https://example.com/?a=1&b=2"}]}}]},"quickReplies":{"type":"quickReplies","itemsPerRow":8,"replies":[]}},"conversationId":"f2384f56-57d5-4087-bd47-8df0ec3102f6","dialogId":"f2384f56-57d5-4087-bd47-8df0ec3102f6"}]},"type":"ms.MessagingEventNotification"}`,
	} {
		var read struct {
			Kind string
			Body struct{ Changes []change }
			Type string
		}
		require.NoError(t, json.Unmarshal([]byte(sample), &read), name)
		written, err := encode(notification{read.Kind, notificationBody{read.Body.Changes}, read.Type})
		require.NoError(t, err)
		assert.Equal(t, sample, string(written), name)
	}
}

// The samples are those of the tutorial, without subscriptionId, and with an effectiveTTR ten minutes after the last change.
const (
	sampleCreated = `{"kind":"notification","body":{"changes":[{"type":"UPSERT","result":{"convId":"f2384f56-57d5-4087-bd47-8df0ec3102f6","effectiveTTR":1553590349650,"conversationDetails":{"skillId":"558327413","participants":[{"id":"5b0f3b3574c1a8eb71aebf79cf437cb3f6010b9a6df94771c22e5c637285f5f2","role":"CONSUMER"}],"dialogs":[{"dialogId":"f2384f56-57d5-4087-bd47-8df0ec3102f6","participantsDetails":[{"id":"5b0f3b3574c1a8eb71aebf79cf437cb3f6010b9a6df94771c22e5c637285f5f2","role":"CONSUMER","state":"ACTIVE"}],"dialogType":"MAIN","channelType":"MESSAGING","state":"OPEN","creationTs":1553589749650,"metaDataLastUpdateTs":1553589749650}],"brandId":"5313846","state":"OPEN","stage":"OPEN","startTs":1553589749650,"metaDataLastUpdateTs":1553589749650,"ttr":{"ttrType":"PRIORITIZED","value":600},"conversationHandlerDetails":{"accountId":"5313846","skillId":"558327413"}}}}]},"type":"cqm.ExConversationChangeNotification"}`
	sampleClosed  = `{"kind":"notification","body":{"changes":[{"type":"UPSERT","result":{"convId":"f2384f56-57d5-4087-bd47-8df0ec3102f6","effectiveTTR":-1,"conversationDetails":{"skillId":"558327413","participants":[{"id":"5b0f3b3574c1a8eb71aebf79cf437cb3f6010b9a6df94771c22e5c637285f5f2","role":"CONSUMER"},{"id":"e9b2867c-f984-5727-b034-fc9c6800bd9c","role":"ASSIGNED_AGENT"}],"dialogs":[{"dialogId":"f2384f56-57d5-4087-bd47-8df0ec3102f6","participantsDetails":[{"id":"5b0f3b3574c1a8eb71aebf79cf437cb3f6010b9a6df94771c22e5c637285f5f2","role":"CONSUMER","state":"ACTIVE"},{"id":"e9b2867c-f984-5727-b034-fc9c6800bd9c","role":"ASSIGNED_AGENT","state":"ACTIVE"}],"dialogType":"MAIN","channelType":"MESSAGING","state":"CLOSE","creationTs":1553589749650,"endTs":1553599771074,"metaDataLastUpdateTs":1553599771074,"closedBy":"AGENT"}],"brandId":"5313846","state":"CLOSE","stage":"CLOSE","closeReason":"AGENT","startTs":1553589749650,"endTs":1553599771074,"metaDataLastUpdateTs":1553599771074,"ttr":{"ttrType":"PRIORITIZED","value":600},"conversationHandlerDetails":{"accountId":"5313846","skillId":"558327413"}}}}]},"type":"cqm.ExConversationChangeNotification"}`
)

func TestConversationsAreToldAsInTheSamples(t *testing.T) {
	t.Parallel()
	const id, created, ended = "f2384f56-57d5-4087-bd47-8df0ec3102f6", 1553589749650, 1553599771074
	c := &conversation{
		id: id, skillID: "558327413", state: stateOpen, stage: stateOpen, start: created, updated: created, ttr: ttr{"PRIORITIZED", 600},
		consumer: &consumer{id: "5b0f3b3574c1a8eb71aebf79cf437cb3f6010b9a6df94771c22e5c637285f5f2"},
		dialogs:  []*dialog{{id: id, kind: dialogMain, state: stateOpen, created: created, updated: created}},
	}
	told := func() string {
		text, err := encode(notification{"notification", notificationBody{[]upsert{c.snapshot("5313846")}}, KeyConversation})
		require.NoError(t, err)
		return string(text)
	}
	assert.Equal(t, sampleCreated, told())
	c.agentID, c.updated = "e9b2867c-f984-5727-b034-fc9c6800bd9c", ended
	c.main().close(ended, byAgent, "")
	c.state, c.stage, c.closeReason, c.end = stateClose, stateClose, byAgent, ended
	assert.Equal(t, sampleClosed, told())
	// The captured fixture has the members in the same order.
	names := regexp.MustCompile(`"([a-zA-Z]+)":`)
	last := strings.SplitN(told(), `"brandId"`, 2)[1]
	captured := strings.SplitN(fixtureClose, `"brandId"`, 2)[1]
	assert.Equal(t, names.FindAllString(captured, 7), names.FindAllString(last, 7))
}

func FuzzEventsSurvive(f *testing.F) {
	f.Add(`{"type":"ContentEvent","message":"<b>&amp;","contentType":"text/plain"}`)
	f.Add(`{"type":"AcceptStatusEvent","status":"READ","sequenceList":[1,2]}`)
	f.Fuzz(func(t *testing.T, text string) {
		var read, again event
		if json.Unmarshal([]byte(text), &read) != nil {
			return
		}
		written, err := encode(read)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(written, &again))
		rewritten, err := encode(again)
		require.NoError(t, err)
		assert.Equal(t, string(written), string(rewritten))
	})
}
