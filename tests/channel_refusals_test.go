package tests

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// phones is a gateway to consumers. It refuses the texts of some consumers for ever, and those of others at times.
type phones struct {
	mu       sync.Mutex
	texts    map[string][]string // by consumer, in order
	failures map[string]int      // by consumer, of those that fail at times
}

func isRefused(consumer string) bool { return strings.HasPrefix(consumer, "refused-") }

func (p *phones) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var answer struct{ Consumer, Text string }
	if err != nil || json.Unmarshal(body, &answer) != nil || isRefused(answer.Consumer) {
		http.Error(w, "no such number", http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	// Two tries of one delivery fail, and so do two of every six tries.
	if strings.HasPrefix(answer.Consumer, "unsteady-") {
		if p.failures[answer.Consumer]++; p.failures[answer.Consumer]%6 < 2 {
			http.Error(w, "", http.StatusServiceUnavailable)
			return
		}
	}
	p.texts[answer.Consumer] = append(p.texts[answer.Consumer], answer.Text)
}

func (p *phones) of(consumer string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string{}, p.texts[consumer]...)
}

// The shipped channel has two hundred consumers. The gateway refuses the answers to twenty of them for ever and fails for
// twenty more at times. LivePerson holds back everything while a notification fails. So each refused answer must become a
// dead letter, and all other consumers get each answer once and in order.
func TestAChannelWithConsumersWhomTheGatewayRefuses(t *testing.T) {
	t.Parallel()
	const each = 3
	address, webhook := freeAddress(t), freeAddress(t)
	webhooks, err := sandbox.ParseWebhooks(fmt.Appendf(nil, `
events:
  ms.MessagingEventNotification.ContentEvent: { endpoint: "http://%[1]s%[2]s" }
  cqm.ExConversationChangeNotification: { endpoint: "http://%[1]s%[2]s" }
retry: { retention_time: 259200 }
speed: 200
queue: 100000
`, webhook, webhookPath))
	require.NoError(t, err)
	livePerson, url := newSandbox(t, sandbox.Options{Webhooks: webhooks, Keep: 20_000})
	t.Cleanup(livePerson.Close)
	p := &phones{texts: map[string][]string{}, failures: map[string]int{}}
	gateway := httptest.NewServer(p)
	t.Cleanup(gateway.Close)
	deadLetters := filepath.Join(t.TempDir(), "dead-letters.jsonl")
	channel := runConfig(t, address, shipped(t, "echo-channel.yaml", address), []string{
		"LIVEPERSON_ACCOUNT_ID=" + sandbox.DefaultAccountID, "LIVEPERSON_CLIENT_ID=" + sandbox.DefaultClientID,
		"LIVEPERSON_CLIENT_SECRET=" + sandbox.DefaultClientSecret, "LIVEPERSON_DOMAIN_API=" + url,
		"WEBHOOK_ADDRESS=" + webhook, "CHANNEL_URL=" + gateway.URL, "DEAD_LETTER_FILE=" + deadLetters,
	})
	var consumers []string
	for i := range 200 {
		kind := "steady"
		switch {
		case i < 20:
			kind = "refused"
		case i < 40:
			kind = "unsteady"
		}
		consumers = append(consumers, fmt.Sprintf("%s-%d", kind, i))
	}
	var all sync.WaitGroup
	for part := range 20 {
		all.Go(func() {
			for n := range each {
				for i := part; i < len(consumers); i += 20 {
					assert.Equal(t, http.StatusOK, sayTo(t, address, consumers[i], fmt.Sprintf("text %d", n)))
				}
			}
		})
	}
	all.Wait()
	require.NoError(t, livePerson.Flush(t.Context()))
	channel.stop()

	want := []string{"text 0", "text 1", "text 2"}
	for _, consumer := range consumers[20:] {
		require.Equal(t, want, p.of(consumer), consumer)
	}
	letters := map[string]int{}
	for _, line := range lines(t, deadLetters) {
		var letter struct {
			Reason  string
			Content string
		}
		require.NoError(t, json.Unmarshal([]byte(line), &letter))
		assert.Contains(t, letter.Reason, "response code (400)")
		var answer struct{ Consumer string }
		require.NoError(t, json.Unmarshal([]byte(letter.Content), &answer))
		letters[answer.Consumer]++
	}
	require.Len(t, letters, 20)
	for consumer, n := range letters {
		assert.True(t, isRefused(consumer))
		assert.Equal(t, each, n, consumer)
	}
}

// conversationsFile runs a channel with a cache in files, which a test can remove.
func recoveringChannel(address, webhook, url, dir, recover, phones string) string {
	return fmt.Sprintf(`
http: { address: %[1]q }
input:
  broker:
    inputs:
      - http_server: { path: /say, allowed_verbs: [POST], timeout: 90s }
      - liveperson_webhook:
          account_id: "12345678"
          client_id: %[2]s
          client_secrets: [ %[3]s ]
          address: %[4]s
          events: [ ContentEvent ]
          conversation_cache: conversations
        processors:
          - mapping: |
              root.consumer = @liveperson_consumer
              root.text = this.event.message
pipeline: { threads: 1 }
output:
  switch:
    cases:
      - check: '@liveperson_type == "ContentEvent"'
        output: { http_client: { url: %[8]q, verb: POST, retries: 0, timeout: 1s } }
      - output:
          liveperson_message:
            account_id: "12345678"
            client_id: %[2]s
            client_secret: %[3]s
            domain_api: %[5]q
            consumer: ${! this.consumer }
            conversation_cache: conversations
            %[7]s
cache_resources:
  - label: conversations
    file: { directory: %[6]q }
`, address, sandbox.DefaultClientID, sandbox.DefaultClientSecret, webhook, url, dir, recover, phones)
}

// The conversation cache is lost in the middle of a hundred conversations, or of five hundred in a long run: while the
// pipeline runs, and with the pipeline's memory in a restart. All conversations go on. Each text and each answer arrives
// once and in order.
func TestTheConversationCacheIsLost(t *testing.T) {
	t.Parallel()
	const rest = "recover: rest\n            credentials: { login: { user: reader, password: hush } }"
	for name, test := range map[string]struct {
		restart bool
		recover string
	}{
		"while the pipeline runs": {false, "recover: webhook"},
		"with a restart":          {true, rest},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			consumers := 100
			if longTests() {
				consumers = 500
			}
			address, webhook, dir := freeAddress(t), freeAddress(t), filepath.Join(t.TempDir(), "conversations")
			require.NoError(t, os.MkdirAll(dir, 0o700))
			webhooks, err := sandbox.ParseWebhookURL("http://" + webhook + webhookPath)
			require.NoError(t, err)
			rules, err := sandbox.ParseStorage([]byte("history_delay: 0s"))
			require.NoError(t, err)
			livePerson, url := newSandbox(t, sandbox.Options{Webhooks: webhooks, Keep: 50_000, Storage: rules})
			t.Cleanup(livePerson.Close)
			p := &phones{texts: map[string][]string{}, failures: map[string]int{}}
			gateway := httptest.NewServer(p)
			t.Cleanup(gateway.Close)
			config := recoveringChannel(address, webhook, url, dir, test.recover, gateway.URL)
			channel := runConfig(t, address, config, nil)
			all := func(text string) {
				var parts sync.WaitGroup
				for part := range 10 {
					parts.Go(func() {
						for i := part; i < consumers; i += 10 {
							assert.Equal(t, http.StatusOK, sayTo(t, address, fmt.Sprintf("c-%d", i), text))
						}
					})
				}
				parts.Wait()
				require.NoError(t, livePerson.Flush(t.Context()))
			}
			all("one")
			if test.restart {
				channel.stop()
			}
			require.NoError(t, os.RemoveAll(dir))
			require.NoError(t, os.MkdirAll(dir, 0o700))
			if test.restart {
				channel = runConfig(t, address, config, nil)
			}
			all("two")
			all("three")
			channel.stop()
			conversations := talks(t, url)
			require.Len(t, conversations, consumers)
			for _, c := range conversations {
				require.Equal(t, []string{"one", "two", "three"}, c.texts(t))
				require.Equal(t, []string{"one", "two", "three"}, p.of(c.Consumer), "the agent's answers")
			}
		})
	}
}

// An answer to an opening gets lost, or comes so late that the agent has already written. Nothing is lost, and the consumer's
// next texts go into the same conversation.
func TestOpeningsWithoutAnAnswerInTime(t *testing.T) {
	t.Parallel()
	for name, rule := range map[string]string{
		"lost": "{ endpoint: conversation, times: 1, connection: reset_after }",
		"late": "{ endpoint: conversation, times: 1, latency: 500ms }",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rules, err := sandbox.ParseChaos([]byte("rules:\n  - " + rule))
			require.NoError(t, err)
			address, webhook, dir := freeAddress(t), freeAddress(t), t.TempDir()
			webhooks, err := sandbox.ParseWebhookURL("http://" + webhook + webhookPath)
			require.NoError(t, err)
			livePerson, url := newSandbox(t, sandbox.Options{Webhooks: webhooks, Chaos: rules})
			t.Cleanup(livePerson.Close)
			p := &phones{texts: map[string][]string{}, failures: map[string]int{}}
			gateway := httptest.NewServer(p)
			t.Cleanup(gateway.Close)
			channel := runConfig(t, address, recoveringChannel(address, webhook, url, dir, "recover: webhook", gateway.URL), nil)
			began := time.Now()
			for _, text := range []string{"one", "two", "three"} {
				require.Equal(t, http.StatusOK, sayTo(t, address, "c-1", text), time.Since(began))
			}
			require.NoError(t, livePerson.Flush(t.Context()))
			channel.stop()
			conversations := talks(t, url)
			require.Len(t, conversations, 1)
			assert.Equal(t, []string{"one", "two", "three"}, conversations[0].texts(t))
			assert.Equal(t, []string{"one", "two", "three"}, p.of("c-1"))
		})
	}
}
