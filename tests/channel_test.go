package tests

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// running is a pipeline in its own process.
type running struct {
	log   *syncBuffer
	lines <-chan string // of its standard output
	stop  func()        // and waits until it has
}

// runConfig starts a config with this environment and these arguments, and waits until it is ready at its address.
func runConfig(t testing.TB, address, config string, env []string, args ...string) *running {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	require.NoError(t, os.WriteFile(path, []byte(config), 0o600))
	cmd := exec.Command(os.Args[0], append(append([]string{"run"}, args...), path)...)
	cmd.Env = append([]string{asCLI}, env...)
	r := &running{log: &syncBuffer{}}
	cmd.Stderr = r.log
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	lines := make(chan string, 1000)
	r.lines = lines
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(out); scanner.Scan(); {
			fmt.Fprintln(r.log, scanner.Text())
			lines <- scanner.Text()
		}
	}()
	r.stop = sync.OnceFunc(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		for range lines { // to the end, before which Wait must not be called
		}
		_ = cmd.Wait()
	})
	t.Cleanup(r.stop)
	require.Eventually(t, func() bool {
		res, err := http.Get("http://" + address + "/ready")
		if err == nil {
			res.Body.Close()
		}
		return err == nil && res.StatusCode == http.StatusOK
	}, 30*time.Second, 20*time.Millisecond, "%s", r.log)
	return r
}

// nextJSON reads lines until one is a JSON object.
func (r *running) nextJSON(t *testing.T) (object map[string]any) {
	t.Helper()
	for line := range r.lines {
		if json.Unmarshal([]byte(line), &object) == nil {
			return object
		}
	}
	require.Fail(t, "the pipeline has ended", "%s", r.log)
	return nil
}

// shipped reads one of our configs and replaces the default address of Benthos' own server.
func shipped(t testing.TB, name, address string) string {
	t.Helper()
	config, err := os.ReadFile("config/" + name)
	require.NoError(t, err)
	require.Contains(t, string(config), "127.0.0.1:4195")
	return strings.ReplaceAll(string(config), "127.0.0.1:4195", address)
}

func sayTo(t *testing.T, address, consumer, text string) int {
	t.Helper()
	body, err := json.Marshal(map[string]string{"consumer": consumer, "text": text})
	require.NoError(t, err)
	res, err := http.Post("http://"+address+"/say", "application/json", strings.NewReader(string(body)))
	require.NoError(t, err)
	defer res.Body.Close()
	return res.StatusCode
}

// The whole channel is in one config, and LivePerson's stand-in is in the same process.
func TestTheEchoChannel(t *testing.T) {
	t.Parallel()
	address := freeAddress(t)
	webhook := freeAddress(t)
	channel := runConfig(t, address, shipped(t, "echo-channel.yaml", address), []string{
		"WEBHOOK_ADDRESS=" + webhook, "LIVEPERSON_SANDBOX_WEBHOOK=http://" + webhook + webhookPath,
	}, "--sandbox")
	for _, text := range []string{"Where is my parcel?", "Grüße 👋", "thanks"} {
		require.Equal(t, http.StatusOK, sayTo(t, address, "jane", text))
		answer := channel.nextJSON(t)
		assert.Equal(t, []any{"jane", text}, []any{answer["consumer"], answer["text"]})
	}
	assert.Equal(t, http.StatusBadGateway, sayTo(t, address, "jane", ""))
	channel.stop()
	assert.NotContains(t, channel.log.String(), sandbox.DefaultClientSecret)
}

func TestASandboxThatIsNotHereIsRefused(t *testing.T) {
	t.Parallel()
	_, stderr, err := process(t, []string{"LIVEPERSON_SANDBOX_WEBHOOK=https://example.com/webhook"}, "run", "--sandbox", "config/quickstart.yaml")
	require.Error(t, err)
	assert.Contains(t, stderr, "LIVEPERSON_SANDBOX_WEBHOOK: expected a URL on this machine")
}

// Each of LivePerson's notifications becomes a line in a file.
func TestMessagingInIsAPipeline(t *testing.T) {
	t.Parallel()
	address, webhook := freeAddress(t), freeAddress(t)
	webhooks, err := sandbox.ParseWebhookURL("http://" + webhook + webhookPath)
	require.NoError(t, err)
	livePerson, url := newSandbox(t, sandbox.Options{Webhooks: webhooks})
	t.Cleanup(livePerson.Close)
	replies := filepath.Join(t.TempDir(), "replies.jsonl")
	in := runConfig(t, address, shipped(t, "messaging-in.yaml", address), []string{
		"LIVEPERSON_ACCOUNT_ID=" + sandbox.DefaultAccountID, "LIVEPERSON_CLIENT_ID=" + sandbox.DefaultClientID,
		"LIVEPERSON_CLIENT_SECRET=" + sandbox.DefaultClientSecret, "REPLIES_FILE=" + replies, "WEBHOOK_ADDRESS=" + webhook,
	})
	jane := newConnector(t, url, "jane")
	conversation := jane.open()
	jane.say(conversation, "hello")
	require.NoError(t, livePerson.Flush(t.Context()))
	in.stop()

	told := map[string]string{} // the conversation, by type and role
	for _, line := range lines(t, replies) {
		var reply struct{ Type, Role, Conversation string }
		require.NoError(t, json.Unmarshal([]byte(line), &reply))
		told[reply.Type+reply.Role] = reply.Conversation
	}
	assert.Equal(t, conversation, told["ContentEventASSIGNED_AGENT"], "the agent's answer")
	assert.Equal(t, conversation, told["ConversationChange"])
	assert.NotContains(t, told, "ContentEventCONSUMER", "what the consumer says is no news")
}

// gateway delivers texts to consumers. It fails from time to time.
type gateway struct {
	mu    sync.Mutex
	asked int
	texts map[string]map[string]int // how often, by consumer
}

func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var answer struct{ Consumer, Text string }
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked++
	if err != nil || json.Unmarshal(body, &answer) != nil || g.asked%20 == 0 {
		http.Error(w, "", http.StatusServiceUnavailable)
		return
	}
	if g.texts[answer.Consumer] == nil {
		g.texts[answer.Consumer] = map[string]int{}
	}
	g.texts[answer.Consumer][answer.Text]++
}

// The test sends two thousand messages of a hundred consumers, or ten thousand of five hundred in a long run. Both sides
// have faults. LivePerson resets connections before it has read the request, fails, throttles, is slow and forgets tokens.
// Its notifications come twice, out of order, late, with unknown members and with forged copies. The channel's gateway
// fails. Each text must arrive once and in order in its consumer's only conversation. Each answer of the agent must reach
// the gateway once.
func TestThousandsOfMessagesBothWays(t *testing.T) {
	t.Parallel()
	consumers, each := manyTexts()
	address, webhook := freeAddress(t), freeAddress(t)
	rules, err := sandbox.ParseChaos([]byte(`
rules:
  - { endpoint: send, probability: 0.03, seed: 1, connection: reset }
  - { endpoint: send, probability: 0.03, seed: 2, status: 500 }
  - { endpoint: send, probability: 0.01, seed: 3, status: 429, retry_after: 1s }
  - { endpoint: send, skip: 100, times: 1, status: 401, code: 40102 }
  - { endpoint: send, skip: 1000, times: 1, status: 401, code: 40103 }
  - { endpoint: send, probability: 0.05, seed: 5, latency: 10ms }
  - { endpoint: conversation, probability: 0.1, seed: 6, status: 503 }
  - { endpoint: conversation, probability: 0.1, seed: 7, connection: reset }
  - { endpoint: consumer_token, probability: 0.1, seed: 8, status: 500 }
`))
	require.NoError(t, err)
	webhooks, err := sandbox.ParseWebhooks(fmt.Appendf(nil, `
events:
  ms.MessagingEventNotification.ContentEvent: { endpoint: "http://%[1]s%[2]s" }
  cqm.ExConversationChangeNotification: { endpoint: "http://%[1]s%[2]s" }
retry: { retention_time: 259200 }
speed: 1000
queue: 100000
faults:
  - { fault: duplicate, every: 10 }
  - { fault: out_of_order, every: 31, delay: 5ms }
  - { fault: delayed, every: 17, delay: 5ms }
  - { fault: unknown_fields, every: 7 }
  - { fault: wrong_signature, every: 41 }
`, webhook, webhookPath))
	require.NoError(t, err)
	livePerson, url := newSandbox(t, sandbox.Options{Chaos: rules, Webhooks: webhooks, Keep: 200_000})
	t.Cleanup(livePerson.Close)
	phones := &gateway{texts: map[string]map[string]int{}}
	channel := httptest.NewServer(phones)
	t.Cleanup(channel.Close)
	file := filepath.Join(t.TempDir(), "texts.jsonl")
	want := writeTexts(t, file, consumers, each)

	pipeline := runConfig(t, address, fmt.Sprintf(`
http: { address: %[1]q }
logger: { level: TRACE }
input:
  broker:
    inputs:
      - file: { paths: [ %[2]s ], scanner: { lines: {} } }
      - liveperson_webhook:
          account_id: "12345678"
          client_id: %[3]s
          client_secrets: [ %[4]s ]
          address: %[7]s
          events: [ ContentEvent ]
        processors:
          - mapping: |
              root.consumer = @liveperson_consumer
              root.text = this.event.message
output:
  switch:
    cases:
      - check: '@liveperson_type == "ContentEvent"'
        output: { http_client: { url: %[5]s, verb: POST, retries: 0, max_in_flight: 64, timeout: 5s } }
      - output:
          liveperson_message:
            account_id: "12345678"
            client_id: %[3]s
            client_secret: %[4]s
            domain_api: %[6]s
            consumer: ${! this.consumer }
            retry_pauses: [5ms, 10ms, 20ms, 50ms, 100ms, 200ms, 500ms, 1s]
`, address, file, sandbox.DefaultClientID, sandbox.DefaultClientSecret, channel.URL, url, webhook), nil)
	go func() { // what it prints is in the log
		for range pipeline.lines {
		}
	}()

	accepted := waitFor(t, url, "endpoint=send&type=ContentEvent", consumers*each)
	require.Equal(t, consumers*each, accepted)
	require.NoError(t, livePerson.Flush(t.Context()))
	pipeline.stop()

	all := talks(t, url)
	require.Len(t, all, consumers)
	for _, c := range all {
		require.Equal(t, want[c.Consumer], c.texts(t))
	}
	phones.mu.Lock()
	defer phones.mu.Unlock()
	require.Len(t, phones.texts, consumers)
	for consumer, texts := range want {
		got := phones.texts[consumer]
		require.Len(t, got, len(texts))
		for _, text := range texts {
			require.Equal(t, 1, got[text], "how often the agent's answer arrived")
		}
	}
	printed := pipeline.log.String()
	require.Contains(t, printed, "level=trace")
	for _, secret := range []string{sandbox.DefaultClientSecret, "eyJ", "says 1", "Bearer", "@example.com"} {
		assert.False(t, strings.Contains(printed, secret), "%s is in what was printed", secret) // NotContains would print all of it
	}
	for _, c := range all {
		require.False(t, strings.Contains(printed, c.ConversationID), "the id of a conversation is in what was printed")
	}
}

// manyTexts returns the number of consumers, and of texts for each consumer.
func manyTexts() (consumers, each int) {
	if longTests() {
		return 500, 20
	}
	return 100, 20
}

// waitFor waits until the sandbox has accepted count calls, and returns the number of calls.
func waitFor(t *testing.T, url, filter string, count int) int {
	t.Helper()
	res, err := http.Get(fmt.Sprintf("%s/sandbox/wait?%s&count=%d&timeout=5m", url, filter, count))
	require.NoError(t, err)
	defer res.Body.Close()
	var waited struct{ Matched int }
	require.NoError(t, json.NewDecoder(res.Body).Decode(&waited))
	return waited.Matched
}
