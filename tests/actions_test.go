package tests

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// notified is an endpoint that keeps LivePerson's notifications.
type notified struct {
	mu     sync.Mutex
	bodies []string
}

func (n *notified) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.bodies = append(n.bodies, string(body))
}

// last returns the last notification that has a text in it.
func (n *notified) last(t *testing.T, text string) string {
	t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	for i := range n.bodies {
		if body := n.bodies[len(n.bodies)-1-i]; strings.Contains(body, text) {
			return body
		}
	}
	require.Fail(t, "no notification has "+text)
	return ""
}

// act sends messages of a consumer through the processor to a strict LivePerson with an agent who never answers. It returns
// the conversations and the notifications.
func act(t *testing.T, messages ...string) ([]talk, *notified) {
	t.Helper()
	n := &notified{}
	endpoint := httptest.NewServer(n)
	t.Cleanup(endpoint.Close)
	webhooks, err := sandbox.ParseWebhookURL(endpoint.URL)
	require.NoError(t, err)
	livePerson, address := newSandbox(t, sandbox.Options{Agent: silent, Strict: true, Webhooks: webhooks})
	t.Cleanup(livePerson.Close)
	s := newStream(t)
	s.run(t, messageYAML(address, ""), "file: { path: "+s.deadLetters+", codec: lines }\nprocessors: [ mapping: 'root.reason = error()' ]", batchOf(messages...))
	require.NoError(t, s.pushErr)
	for _, answer := range s.letters(t) {
		require.Empty(t, answer.Reason)
	}
	require.NoError(t, livePerson.Flush(t.Context()))
	return talks(t, address), n
}

func TestAConsumerMakesAConversationUrgent(t *testing.T) {
	t.Parallel()
	_, told := act(t, `{"consumer":"jane","text":"hello"}`, `{"consumer":"jane","ttr":{"type":"URGENT","seconds":120}}`)
	assert.Contains(t, told.last(t, "cqm.ExConversationChangeNotification"), `"ttr":{"ttrType":"URGENT","value":120}`)
}

func TestAConsumerTypes(t *testing.T) {
	t.Parallel()
	_, told := act(t, `{"consumer":"jane","text":"hello"}`, `{"consumer":"jane","typing":true}`, `{"consumer":"jane","typing":false}`)
	var states []string
	for _, body := range told.bodies {
		if _, state, found := strings.Cut(body, `"chatState":"`); found {
			states = append(states, strings.SplitN(state, `"`, 2)[0])
		}
	}
	assert.Equal(t, []string{"COMPOSING", "PAUSE"}, states)
}

func TestAConsumerSendsStructuredContent(t *testing.T) {
	t.Parallel()
	const (
		card    = `{"type":"vertical","elements":[{"type":"text","text":"My parcel"}]}`
		replies = `{"type":"quickReplies","itemsPerRow":8,"replies":[{"type":"button","title":"Yes","click":{"actions":[{"type":"publishText","text":"yes"}]}}]}`
	)
	all, told := act(t, `{"consumer":"jane","rich_content":{"content":`+card+`,"quick_replies":`+replies+`,"metadata":[{"type":"ExternalId","id":"card-1"}]}}`)
	require.Len(t, all, 1, "a card opens a conversation")
	var notification struct {
		Body struct {
			Changes []struct {
				Event    struct{ Content, QuickReplies json.RawMessage }
				Metadata json.RawMessage
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(told.last(t, "RichContentEvent")), &notification))
	change := notification.Body.Changes[0]
	assert.JSONEq(t, card, string(change.Event.Content))
	assert.JSONEq(t, replies, string(change.Event.QuickReplies))
	assert.JSONEq(t, `[{"type":"ExternalId","id":"card-1"}]`, string(change.Metadata))
}

func TestAConsumerIsTransferred(t *testing.T) {
	t.Parallel()
	all, _ := act(t, `{"consumer":"jane","text":"hello"}`, `{"consumer":"jane","transfer":{"skill_id":"277498214"}}`, `{"consumer":"jane","text":"once more"}`)
	require.Len(t, all, 2)
	assert.Equal(t, []string{"CLOSE", "OPEN"}, []string{all[0].State, all[1].State})
	assert.Equal(t, []string{"-1", "277498214"}, []string{all[0].SkillID, all[1].SkillID})
	assert.Equal(t, []string{"once more"}, all[1].texts(t))
}

// answering runs a pipeline from the notifications of an agent, through a processor, to a file. A consumer says hello, and
// the agent does what the rule says. answering returns the conversation and the lines of the file.
func answering(t *testing.T, rule, processor string) (talk, []string) {
	t.Helper()
	script, err := sandbox.ParseScript([]byte("rules:\n  - " + rule))
	require.NoError(t, err)
	address, webhook := freeAddress(t), freeAddress(t)
	webhooks, err := sandbox.ParseWebhookURL("http://" + webhook + webhookPath)
	require.NoError(t, err)
	livePerson, url := newSandbox(t, sandbox.Options{Agent: &script, Strict: true, Webhooks: webhooks})
	t.Cleanup(livePerson.Close)
	out := filepath.Join(t.TempDir(), "out.jsonl")
	app := fmt.Sprintf("account_id: %q, client_id: %s", sandbox.DefaultAccountID, sandbox.DefaultClientID)
	message := fmt.Sprintf("%s, client_secret: %s, domain_api: %q", app, sandbox.DefaultClientSecret, url)
	channel := runConfig(t, address, fmt.Sprintf(`
http: { address: %q }
input:
  broker:
    inputs:
      - http_server: { path: /say, allowed_verbs: [POST], timeout: 30s }
      - liveperson_webhook: { %s, client_secrets: [ %s ], address: %q, events: [ ContentEvent ] }
pipeline: { threads: 1 }
output:
  switch:
    cases:
      - check: 'meta("liveperson_type") == null'
        output:
          liveperson_message: { %[5]s }
      - output:
          file: { path: %[6]s, codec: lines }
          processors:
            - %[7]s
`, address, app, sandbox.DefaultClientSecret, webhook, message, out, strings.ReplaceAll(processor, "MESSAGE", message)), nil)
	require.Equal(t, http.StatusOK, sayTo(t, address, "jane", "hello"))
	require.NoError(t, livePerson.Flush(t.Context()))
	channel.stop()
	all := talks(t, url)
	require.Len(t, all, 1)
	return all[0], lines(t, out)
}

// The metadata of liveperson_webhook name the text that was read.
func TestAReceiptForEachTextOfAnAgent(t *testing.T) {
	t.Parallel()
	c, _ := answering(t, "answer: [ one, two ]", `branch: { request_map: 'root.receipt = "READ"', processors: [ { liveperson_message: { MESSAGE } } ] }`)
	var texts, read []int
	for _, e := range c.Dialogs[0].Events {
		switch role := e.OriginatorMetadata.Role; {
		case role == "ASSIGNED_AGENT" && e.Event.Type == "ContentEvent":
			texts = append(texts, *e.Sequence)
		case role == "CONSUMER" && e.Event.Status == "READ":
			read = append(read, e.Event.SequenceList...)
		}
	}
	assert.Len(t, texts, 2)
	assert.Equal(t, texts, read)
}

// The change with an agent's file becomes the file.
func TestAFileOfAnAgentArrives(t *testing.T) {
	t.Parallel()
	file := []byte("%PDF-1.7 your label")
	_, got := answering(t, "file: { type: PDF, content: "+base64.StdEncoding.EncodeToString(file)+", caption: label }", `liveperson_message: { MESSAGE, action: file_download }`)
	assert.Equal(t, []string{string(file)}, got)
}
