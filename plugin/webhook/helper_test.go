package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/conversation"
)

// The app in LivePerson's demo (lp-demo-app-connector-api, test/notifications.test.js).
const (
	testAccount = "42257269"
	testClient  = "81fad476-88af-4d08-bc0e-20bc69439ed4"
	testSecret  = "rl9hacst6kqilbofup64n11ga3"
)

// The two bodies that the demo signs, and their signatures.
const (
	demoConversation = "b8b83fe9-75f0-46f2-baaa-2930f7192cfb"

	demoChatState          = `{"kind":"notification","body":{"changes":[{"originatorId":"2969e404f3be1c8cdda63f0b72d205ab5afb3fe3e3d7d72ab58245f564fdfd91","originatorMetadata":{"id":"2969e404f3be1c8cdda63f0b72d205ab5afb3fe3e3d7d72ab58245f564fdfd91","role":"CONSUMER"},"event":{"type":"ChatStateEvent","chatState":"PAUSE"},"conversationId":"b8b83fe9-75f0-46f2-baaa-2930f7192cfb","dialogId":"b8b83fe9-75f0-46f2-baaa-2930f7192cfb"}]},"type":"ms.MessagingEventNotification"}`
	demoChatStateSignature = "sha1=e/TfS0wv1HbvEsMqcBMmFLcMslI="

	demoClosed          = `{"kind":"notification","body":{"changes":[{"type":"UPSERT","result":{"convId":"b8b83fe9-75f0-46f2-baaa-2930f7192cfb","effectiveTTR":-1,"conversationDetails":{"skillId":"-1","participants":[{"id":"52e05c00-d5e4-5823-acf7-62570b939a63","role":"CONTROLLER"},{"id":"2969e404f3be1c8cdda63f0b72d205ab5afb3fe3e3d7d72ab58245f564fdfd91","role":"CONSUMER"}],"dialogs":[{"dialogId":"b8b83fe9-75f0-46f2-baaa-2930f7192cfb","participantsDetails":[{"id":"2969e404f3be1c8cdda63f0b72d205ab5afb3fe3e3d7d72ab58245f564fdfd91","role":"CONSUMER"},{"id":"52e05c00-d5e4-5823-acf7-62570b939a63","role":"CONTROLLER"}],"dialogType":"MAIN","channelType":"MESSAGING","state":"CLOSE","creationTs":1545398580042,"endTs":1545399379370,"metaDataLastUpdateTs":1545399379370,"closedBy":"CONSUMER"}],"brandId":"42257269","state":"CLOSE","stage":"CLOSE","closeReason":"CONSUMER","startTs":1545398580042,"endTs":1545399379370,"metaDataLastUpdateTs":1545399379370,"ttr":{"ttrType":"PRIORITIZED","value":600}}}}]},"type":"cqm.ExConversationChangeNotification"}`
	demoClosedSignature = "sha1=CKiT6u4nb4Mpi0tdbCbgBXKAF1E="
)

// The conversation of most tests and its consumer.
const (
	testConversation = "f2384f56-57d5-4087-bd47-8df0ec3102f6"
	testConsumer     = "jane"
)

func sign(body, secret string) string {
	return "sha1=" + base64.StdEncoding.EncodeToString(digest(sha1.New, body, secret))
}

func digest(algorithm func() hash.Hash, body, secret string) []byte {
	mac := hmac.New(algorithm, []byte(secret))
	mac.Write([]byte(body))
	return mac.Sum(nil)
}

func strongly(body string) string {
	return "sha256=" + base64.StdEncoding.EncodeToString(digest(sha256.New, body, testSecret))
}

func stronglyInHex(body string) string {
	return "sha256=" + hex.EncodeToString(digest(sha256.New, body, testSecret))
}

// headersFor returns the headers of a genuine request.
func headersFor(body string) http.Header {
	header := http.Header{}
	header.Set(headerAccount, testAccount)
	header.Set(headerClient, testClient)
	header.Set(headerSignature, sign(body, testSecret))
	return header
}

// request is an HTTP request.
type request struct {
	method string
	header http.Header
	body   []byte
}

func genuine(body string) request {
	return request{method: http.MethodPost, header: headersFor(body), body: []byte(body)}
}

// serve handles a request as both servers do, and returns the status.
func serve(ctx context.Context, r *receiver, req request) int {
	made := httptest.NewRequestWithContext(ctx, req.method, defaultPath, bytes.NewReader(req.body))
	made.Header = req.header
	answer := httptest.NewRecorder()
	newHandler(r).ServeHTTP(answer, made)
	return answer.Code
}

// notify returns a notification with these changes.
func notify(typ, changes string) string {
	return `{"kind":"notification","body":{"changes":[` + changes + `]},"type":"` + typ + `"}`
}

// agentSays returns a change with an agent's text.
func agentSays(sequence int, message string) string {
	return fmt.Sprintf(`{"sequence":%d,"originatorMetadata":{"id":"e9b2867c","role":"ASSIGNED_AGENT"},"serverTimestamp":1553593406049,"event":{"type":"ContentEvent","message":%q,"contentType":"text/plain"},"conversationId":%q,"dialogId":%q}`,
		sequence, message, testConversation, testConversation)
}

func agentSaid(sequence int, message string) string {
	return notify(messagingNotification, agentSays(sequence, message))
}

// changed returns a notification with a state of the conversation.
func changed(at int64, state, stage, dialogs string) string {
	return notify(conversationNotification, fmt.Sprintf(`{"type":"UPSERT","result":{"convId":%q,"conversationDetails":{"state":%q,"stage":%q,"metaDataLastUpdateTs":%d,"dialogs":[%s]}}}`,
		testConversation, state, stage, at, dialogs))
}

const testConfig = `
account_id: "` + testAccount + `"
client_id: ` + testClient + `
client_secrets: [ ` + testSecret + ` ]
`

func testConfigWith(t testing.TB, yaml string) (config, error) {
	t.Helper()
	parsed, err := spec().ParseYAML(testConfig+yaml, nil)
	require.NoError(t, err)
	return configFromParsed(parsed)
}

// bench is a receiver. The test acts as the pipeline.
type bench struct {
	*receiver
	t *testing.T
}

func newBench(t *testing.T, yaml string) *bench {
	t.Helper()
	return newBenchOn(t, yaml, service.MockResources(service.MockResourcesOptAddCache("notifications")))
}

func newBenchOn(t *testing.T, yaml string, mgr *service.Resources) *bench {
	t.Helper()
	c, err := testConfigWith(t, yaml)
	require.NoError(t, err)
	r, err := newReceiver(c, mgr)
	require.NoError(t, err)
	b := &bench{r, t}
	b.opened(testConversation)
	return b
}

// opened stores a conversation as one that this pipeline opened.
func (b *bench) opened(id string) {
	b.t.Helper()
	require.NoError(b.t, b.conversations.Keep(b.t.Context(), conversationOf(id)))
}

func conversationOf(id string) conversation.Conversation {
	return conversation.Conversation{ID: id, DialogID: id, Consumer: testConsumer, Opened: time.Unix(1_553_589_749, 0)}
}

// post starts a request, and returns the channel for its status.
func (b *bench) post(body string) <-chan int {
	return b.ask(b.t.Context(), genuine(body))
}

func (b *bench) ask(ctx context.Context, req request) <-chan int {
	status := make(chan int, 1)
	go func() { status <- serve(ctx, b.receiver, req) }()
	return status
}

// deliver posts a body, and acknowledges the batch that it sends to the pipeline.
func (b *bench) deliver(body string) service.MessageBatch {
	b.t.Helper()
	status := b.post(body)
	select {
	case d := <-b.deliveries:
		require.NoError(b.t, d.ack(b.t.Context(), nil))
		require.Equal(b.t, http.StatusOK, <-status)
		return d.batch
	case answer := <-status:
		require.Fail(b.t, "nothing was sent to the pipeline", "status %d", answer)
		return nil
	}
}

// drops posts a body that sends nothing to the pipeline.
func (b *bench) drops(body string) {
	b.t.Helper()
	require.Equal(b.t, http.StatusOK, <-b.post(body))
}

func contents(t *testing.T, batch service.MessageBatch) (texts []string) {
	t.Helper()
	for _, msg := range batch {
		text, err := msg.AsBytes()
		require.NoError(t, err)
		texts = append(texts, string(text))
	}
	return texts
}

func newMessage(content string) *service.Message { return service.NewMessage([]byte(content)) }

func metadata(t *testing.T, msg *service.Message) map[string]string {
	t.Helper()
	meta := map[string]string{}
	require.NoError(t, msg.MetaWalk(func(key, value string) error {
		meta[key] = value
		return nil
	}))
	return meta
}
