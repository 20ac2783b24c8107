package tests

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/conversation"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// endpoints accept a new handler for an existing path, like Benthos' own server.
type endpoints struct {
	mu       sync.Mutex
	handlers map[string]http.HandlerFunc
	ours     sync.WaitGroup // until the input's is there
}

const webhookPath = "/liveperson/webhook"

func (e *endpoints) HandleFunc(path string, handler func(http.ResponseWriter, *http.Request)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if path == webhookPath && e.handlers[path] == nil {
		e.ours.Done()
	}
	e.handlers[path] = handler
}

func (e *endpoints) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	handler := e.handlers[r.URL.Path]
	e.mu.Unlock()
	if handler == nil {
		http.NotFound(w, r)
		return
	}
	handler(w, r)
}

// webhookPipeline is a stream with the input, on a server like Benthos' own.
type webhookPipeline struct {
	url           string
	messages      chan *service.Message // that the output has, and has acknowledged
	conversations *conversation.Store   // those of the pipeline
	endpoints     *endpoints
	counts        *ledger
	log           syncBuffer
	stop          func()
}

const webhookSecret = sandbox.DefaultClientSecret

func runWebhook(t *testing.T, fields string) *webhookPipeline {
	t.Helper()
	p := &webhookPipeline{messages: make(chan *service.Message, 100), counts: &ledger{counts: map[string]int64{}}}
	env := service.NewEnvironment()
	require.NoError(t, env.RegisterMetricsExporter("ledger", service.NewConfigSpec(), func(*service.ParsedConfig, *service.Logger) (service.MetricsExporter, error) {
		return p.counts, nil
	}))
	// A component that opens conversations uses the cache in the resources.
	opened := make(chan *conversation.Store, 1)
	require.NoError(t, env.RegisterProcessor("opener", service.NewConfigSpec(), func(_ *service.ParsedConfig, mgr *service.Resources) (service.Processor, error) {
		store, err := conversation.Open("", mgr, sandbox.DefaultAccountID)
		select {
		case opened <- store:
		default: // of another thread
		}
		return passing{}, err
	}))
	builder := env.NewStreamBuilder()
	builder.SetLogger(slog.New(slog.NewTextHandler(&p.log, nil)))
	require.NoError(t, builder.SetMetricsYAML("ledger: {}"))
	mux := &endpoints{handlers: map[string]http.HandlerFunc{}}
	mux.ours.Add(1)
	p.endpoints = mux
	builder.SetHTTPMux(mux)
	require.NoError(t, builder.AddInputYAML(`
liveperson_webhook:
  account_id: "`+sandbox.DefaultAccountID+`"
  client_id: `+sandbox.DefaultClientID+`
  client_secrets: [ `+webhookSecret+` ]
  address: ""
`+fields))
	require.NoError(t, builder.AddResourcesYAML("cache_resources: [{label: bad, defective: {}}]"))
	require.NoError(t, builder.AddProcessorYAML("opener: {}"))
	require.NoError(t, builder.AddConsumerFunc(func(_ context.Context, msg *service.Message) error {
		p.messages <- msg
		return nil
	}))
	stream, err := builder.Build()
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		assert.NoError(t, stream.Run(context.Background()))
	}()
	p.stop = sync.OnceFunc(func() {
		require.NoError(t, stream.StopWithin(stopWithin))
		<-done
	})
	t.Cleanup(p.stop)
	p.conversations = <-opened
	mux.ours.Wait()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	p.url = server.URL + webhookPath
	return p
}

type passing struct{}

func (passing) Process(_ context.Context, msg *service.Message) (service.MessageBatch, error) {
	return service.MessageBatch{msg}, nil
}

func (passing) Close(context.Context) error { return nil }

// next returns the next message of the pipeline.
func (p *webhookPipeline) next(t *testing.T) (kind, consumer string, content map[string]any) {
	t.Helper()
	msg := <-p.messages
	kind, _ = msg.MetaGet("liveperson_type")
	consumer, _ = msg.MetaGet("liveperson_consumer")
	structured, err := msg.AsStructured()
	require.NoError(t, err)
	return kind, consumer, structured.(map[string]any)
}

// connector sends messages for a consumer, like an app.
type connector struct {
	t        *testing.T
	url      string
	app, jws string
}

func newConnector(t *testing.T, sandboxURL, consumer string) *connector {
	t.Helper()
	c := &connector{t: t, url: sandboxURL}
	const account = sandbox.DefaultAccountID
	form := url.Values{"client_id": {sandbox.DefaultClientID}, "client_secret": {webhookSecret}}
	var app struct {
		Token string `json:"access_token"`
	}
	c.post("/sentinel/api/account/"+account+"/app/token?v=1.0&grant_type=client_credentials", "application/x-www-form-urlencoded", form.Encode(), &app)
	c.app = app.Token
	var jws struct{ Token string }
	c.post("/api/account/"+account+"/consumer?v=1.0", "application/json", `{"ext_consumer_id":"`+consumer+`"}`, &jws)
	c.jws = jws.Token
	return c
}

func (c *connector) post(path, contentType, body string, answer any) {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.url+path, strings.NewReader(body))
	require.NoError(c.t, err)
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Authorization", c.app)
	req.Header.Set("X-LP-ON-BEHALF", c.jws)
	res, err := http.DefaultClient.Do(req)
	require.NoError(c.t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	require.NoError(c.t, err)
	require.Less(c.t, res.StatusCode, 300, "%s", text)
	require.NoError(c.t, json.Unmarshal(text, answer))
}

const messagingPath = "/api/account/" + sandbox.DefaultAccountID + "/messaging/consumer/conversation"

// open opens a conversation and returns its id.
func (c *connector) open() string {
	c.t.Helper()
	var answers []struct {
		Body struct {
			ConversationID string `json:"conversationId"`
		} `json:"body"`
	}
	c.post(messagingPath+"?v=3", "application/json", `[{"kind":"req","id":"1","type":"userprofile.SetUserProfile","body":{}},{"kind":"req","id":"2","type":"cm.ConsumerRequestConversation","body":{"brandId":"`+sandbox.DefaultAccountID+`","channelType":"MESSAGING"}}]`, &answers)
	require.Len(c.t, answers, 2)
	return answers[1].Body.ConversationID
}

func (c *connector) say(id, text string) {
	c.t.Helper()
	var answer map[string]any
	c.post(messagingPath+"/send?v=3", "application/json", `{"kind":"req","id":"1","type":"ms.PublishEvent","body":{"dialogId":"`+id+`","event":{"type":"ContentEvent","contentType":"text/plain","message":"`+text+`"}}}`, &answer)
}

// An agent's message reaches the pipeline once, with the consumer's own id. The end of a conversation
// reaches the components that send. Both hold whatever the sandbox does to notifications.
func TestAgentsMessagesReachThePipeline(t *testing.T) {
	t.Parallel()
	p := runWebhook(t, "  events: [ ContentEvent, ConversationChange ]")
	hooks, err := sandbox.ParseWebhooks([]byte(`
endpoint: ` + p.url + `
max_retries: 3
algorithm: sha256
encoding: hex
faults:
  - { fault: duplicate, event: ms.MessagingEventNotification.ContentEvent }
  - { fault: wrong_signature, times: 1 }
  - { fault: unknown_fields }
`))
	require.NoError(t, err)
	script, err := sandbox.ParseScript([]byte(`
rules:
  - { contains: bye, note: "a private note", close: true }
  - { contains: order, answer: "Which one?" }
`))
	require.NoError(t, err)
	stand, sandboxURL := newSandbox(t, sandbox.Options{Webhooks: hooks, Agent: &script})

	t.Cleanup(stand.Close)
	jane := newConnector(t, sandboxURL, "jane")
	id := jane.open()
	require.NoError(t, p.conversations.Keep(t.Context(), conversation.Conversation{ID: id, DialogID: id, Consumer: "jane"}))
	john := newConnector(t, sandboxURL, "john")
	john.say(john.open(), "an order, of which the pipeline knows nothing")
	jane.say(id, "my order")

	var said []string
	for closed := false; !closed; {
		kind, consumer, content := p.next(t)
		assert.Equal(t, "jane", consumer)
		switch kind {
		case "ContentEvent":
			assert.Equal(t, id, content["conversationId"])
			said = append(said, content["event"].(map[string]any)["message"].(string))
			jane.say(id, "bye")
		case "ConversationChange":
			details := content["result"].(map[string]any)["conversationDetails"].(map[string]any)
			closed = details["stage"] == "CLOSE"
		}
	}
	assert.Equal(t, []string{"Which one?"}, said)
	_, open, err := p.conversations.Of(t.Context(), "jane")
	require.NoError(t, err)
	assert.False(t, open)

	p.stop()
	assert.Empty(t, p.messages)
	assert.EqualValues(t, 1, p.counts.of("")["liveperson_webhook_requests status=401"], "the forged one")
	for key := range p.counts.of("") {
		assert.NotContains(t, key, "jane")
		assert.NotContains(t, key, id)
	}
}

// post sends a request and returns the status.
func (p *webhookPipeline) post(t *testing.T, method, body string, header http.Header) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, p.url, strings.NewReader(body))
	require.NoError(t, err)
	req.Header = header
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	return res.StatusCode
}

// signed returns the headers of a genuine notification.
func signed(body string) http.Header {
	mac := hmac.New(sha1.New, []byte(webhookSecret))
	mac.Write([]byte(body))
	header := http.Header{}
	header.Set("X-LivePerson-Signature", "sha1="+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	header.Set("X-LivePerson-Account-Id", sandbox.DefaultAccountID)
	header.Set("X-LivePerson-Client-Id", sandbox.DefaultClientID)
	return header
}

// On Benthos' own server, the client gets the status of the input.
func TestWebhookOnTheServicesServer(t *testing.T) {
	t.Parallel()
	p := runWebhook(t, "  max_body_bytes: 100000")
	const none = `{"type":"ms.MessagingEventNotification","body":{"changes":[]}}`
	long := strings.Repeat("x", 2<<20)
	parts := signed(none)
	parts.Set("Content-Type", `multipart/form-data; boundary="x"`)
	assert.Equal(t, http.StatusOK, p.post(t, http.MethodPost, none, signed(none)))
	assert.Equal(t, http.StatusUnauthorized, p.post(t, http.MethodPost, none+" ", signed(none)))
	assert.Equal(t, http.StatusUnauthorized, p.post(t, http.MethodPost, "", http.Header{}))
	assert.Equal(t, http.StatusMethodNotAllowed, p.post(t, http.MethodGet, "", http.Header{}))
	assert.Equal(t, http.StatusRequestEntityTooLarge, p.post(t, http.MethodPost, long, signed(long)))
	assert.Equal(t, http.StatusUnauthorized, p.post(t, http.MethodPost, "--x\r\n\r\n"+none+"\r\n--x\r\n\r\ntwo\r\n--x--\r\n", parts), "it is not the body that is signed")
	w := httptest.NewRecorder()
	p.endpoints.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/post/ws", nil))
	assert.Equal(t, http.StatusNotFound, w.Code, "http_server's websockets are off")
	p.stop()
	assert.Equal(t, http.StatusServiceUnavailable, p.post(t, http.MethodPost, none, signed(none)))
	assert.Equal(t, map[string]int64{
		"liveperson_webhook_requests status=200": 1,
		"liveperson_webhook_requests status=401": 3,
		"liveperson_webhook_requests status=405": 1,
		"liveperson_webhook_requests status=413": 1,
	}, p.counts.of("liveperson_webhook_"))
}

// Only headers identify the sender of a request. Query parameters and cookies with the same names do not
// count.
func TestWebhookReadsHeadersAlone(t *testing.T) {
	t.Parallel()
	p := runWebhook(t, "")
	const none = `{"type":"ms.MessagingEventNotification","body":{"changes":[]}}`
	names := []string{"X-Liveperson-Signature", "X-Liveperson-Account-Id", "X-Liveperson-Client-Id"}
	genuine, plain := signed(none), p.url
	query := url.Values{}
	for _, name := range names {
		query.Set(name, genuine.Get(name))
	}
	for _, name := range names { // one of them is not a header
		header := genuine.Clone()
		header.Del(name)
		header.Set("Cookie", name+"="+genuine.Get(name))
		p.url = plain + "?" + query.Encode()
		assert.Equal(t, http.StatusUnauthorized, p.post(t, http.MethodPost, none, header), name)
	}
	for _, name := range names { // and others in the query change nothing
		p.url = plain + "?" + name + "=another"
		assert.Equal(t, http.StatusOK, p.post(t, http.MethodPost, none, genuine), name)
	}
}

// After a defect, LivePerson gets 500 and repeats the notification.
func TestADefectOfTheWebhook(t *testing.T) {
	t.Parallel()
	for name, fields := range map[string]string{
		"before it is passed on": "  dedupe_cache: bad\n  all_conversations: true",
		"when it is looked up":   "  conversation_cache: bad",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := runWebhook(t, fields)
			body := `{"type":"ms.MessagingEventNotification","body":{"changes":[{"event":{"type":"ContentEvent","message":"` + personal + `"},"dialogId":"c1","sequence":1}]}}`
			for range 3 { // a repetition does not wait for what has panicked
				assert.Equal(t, http.StatusInternalServerError, p.post(t, http.MethodPost, body, signed(body)))
			}
			assert.EqualValues(t, 3, p.counts.of("")["liveperson_panics"])
			assert.EqualValues(t, 3, p.counts.of("")["liveperson_webhook_requests status=500"])
			assert.Equal(t, 1, strings.Count(p.log.String(), "Please report it"))
			assert.NotContains(t, p.log.String(), personal)
		})
	}
}

// Benthos' own server does not have the limits of this input. If other machines can reach it, the input
// logs a warning at the start.
func TestWebhookOnAServerThatOthersReach(t *testing.T) {
	t.Parallel()
	const warning = "Notifications come in on Benthos' own server, which other machines can reach"
	_, port, err := net.SplitHostPort(freeAddress(t))
	require.NoError(t, err)
	for name, test := range map[string]struct {
		http, address string
		want          string // empty: nothing is said
	}{
		"by all":          {"{ address: '0.0.0.0:" + port + "' }", `''`, warning},
		"by no name":      {"{ address: ':" + port + "' }", `''`, warning},
		"by this machine": {"{ address: '127.0.0.1:" + port + "' }", `''`, ""},
		"by its name":     {"{ address: 'localhost:" + port + "' }", `''`, ""},
		"not used":        {"{ address: '0.0.0.0:" + port + "' }", "127.0.0.1:0", ""},
		"disabled":        {"{ enabled: false }", `''`, "it is disabled (http.enabled): set an address"},
	} {
		t.Run(name, func(t *testing.T) {
			config := filepath.Join(t.TempDir(), "config.yaml")
			require.NoError(t, os.WriteFile(config, []byte(`
http: `+test.http+`
input:
  broker:
    inputs:
      - generate: { count: 1, interval: "", mapping: 'root = "the pipeline runs"' }
      - liveperson_webhook: { account_id: "1", client_id: x, client_secrets: [ y ], address: `+test.address+` }
output: { stdout: {} }
`), 0o600))
			cmd := exec.Command(os.Args[0], "run", config)
			cmd.Env = []string{asCLI}
			var log syncBuffer
			cmd.Stdout, cmd.Stderr = &log, &log
			require.NoError(t, cmd.Start())
			until := test.want
			if until == "" {
				until = "the pipeline runs"
			}
			require.Eventually(t, func() bool { return strings.Contains(log.String(), until) }, 30*time.Second, 5*time.Millisecond, &log)
			require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
			_ = cmd.Wait()
			if test.want == "" {
				assert.NotContains(t, log.String(), warning)
			} else if test.want == warning {
				assert.Equal(t, 1, strings.Count(log.String(), warning))
			}
		})
	}
}

func TestWebhookMetrics(t *testing.T) {
	t.Parallel()
	p := runWebhook(t, "")
	require.NoError(t, p.conversations.Keep(t.Context(), conversation.Conversation{ID: "c1", DialogID: "c1", Consumer: "jane"}))
	const (
		text    = `"event":{"type":"ContentEvent"},"dialogId":"c1","sequence":`
		state   = `{"result":{"convId":"c1","conversationDetails":{"state":"OPEN","stage":"OPEN","metaDataLastUpdateTs":`
		message = `{` + text + `1}`
	)
	for typ, changes := range map[string][]string{
		"ms.MessagingEventNotification": {
			message, message, `{"originatorMetadata":{"role":"CONSUMER"},` + text + `2}`,
			`{"messageAudience":"AGENTS_AND_MANAGERS",` + text + `3}`, `{"event":{"type":"ContentEvent"},"dialogId":"c2","sequence":4}`,
			`{"event":{"type":"NewEvent"},"dialogId":"c1","sequence":5}`, `7`,
		},
		"cqm.ExConversationChangeNotification": {state + `2}}}`, state + `1}}}`},
	} {
		body := `{"type":"` + typ + `","body":{"changes":[` + strings.Join(changes, ",") + `]}}`
		assert.Equal(t, http.StatusOK, p.post(t, http.MethodPost, body, signed(body)))
	}
	p.stop()
	assert.Equal(t, map[string]int64{
		"liveperson_webhook_requests status=200":        2,
		"liveperson_webhook_changes outcome=emitted":    2,
		"liveperson_webhook_changes outcome=duplicate":  1,
		"liveperson_webhook_changes outcome=stale":      1,
		"liveperson_webhook_changes outcome=echo":       1,
		"liveperson_webhook_changes outcome=hidden":     1,
		"liveperson_webhook_changes outcome=foreign":    1,
		"liveperson_webhook_changes outcome=filtered":   1,
		"liveperson_webhook_changes outcome=unreadable": 1,
		"liveperson_webhook_cache_entries":              3,
	}, p.counts.of("liveperson_webhook_"))
}
