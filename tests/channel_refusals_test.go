package tests

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// phones is a gateway to consumers. It refuses the texts of some consumers for ever, and those of others at times.
type phones struct {
	mu       sync.Mutex
	texts    map[string][]string  // by consumer, in order
	failures map[string]int       // by consumer, of those that fail at times
	arrived  map[string]time.Time // by text
}

func newPhones() *phones {
	return &phones{texts: map[string][]string{}, failures: map[string]int{}, arrived: map[string]time.Time{}}
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
	p.arrived[answer.Text] = time.Now()
}

func (p *phones) of(consumer string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string{}, p.texts[consumer]...)
}

// postings are the times when LivePerson posted its notifications, by what is said in them.
type postings struct {
	to http.Handler

	mu    sync.Mutex
	first map[string]time.Time
}

// ServeHTTP passes a notification on to the webhook.
func (p *postings) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	at := time.Now()
	body, _ := io.ReadAll(r.Body)
	var notification struct {
		Body struct {
			Changes []struct{ Event struct{ Message string } }
		}
	}
	if json.Unmarshal(body, &notification) == nil {
		p.mu.Lock()
		for _, change := range notification.Body.Changes {
			if _, posted := p.first[change.Event.Message]; !posted {
				p.first[change.Event.Message] = at
			}
		}
		p.mu.Unlock()
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	p.to.ServeHTTP(w, r)
}

// The shipped channel has two hundred consumers. The gateway refuses the answers to twenty of them for ever and fails for
// twenty more at times. LivePerson holds back everything while a notification fails. So each refused answer must become a
// dead letter, and all other consumers get each answer once and in order. A long run also checks that those without trouble
// get each answer within a second of LivePerson's posting.
func TestAChannelWithConsumersWhomTheGatewayRefuses(t *testing.T) {
	t.Parallel()
	each := 3
	if longTests() {
		each = 20
	}
	address, webhook := freeAddress(t), freeAddress(t)
	posted := &postings{first: map[string]time.Time{}, to: httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: webhook})}
	front := httptest.NewServer(posted)
	t.Cleanup(front.Close)
	webhooks, err := sandbox.ParseWebhooks(fmt.Appendf(nil, `
events:
  ms.MessagingEventNotification.ContentEvent: { endpoint: "%[1]s%[2]s" }
  cqm.ExConversationChangeNotification: { endpoint: "%[1]s%[2]s" }
retry: { retention_time: 259200 }
speed: 200
queue: 100000
`, front.URL, webhookPath))
	require.NoError(t, err)
	livePerson, domainAPI := newSandbox(t, sandbox.Options{Webhooks: webhooks, Keep: 20_000})
	t.Cleanup(livePerson.Close)
	p := newPhones()
	gateway := httptest.NewServer(p)
	t.Cleanup(gateway.Close)
	deadLetters := filepath.Join(t.TempDir(), "dead-letters.jsonl")
	channel := runConfig(t, address, shipped(t, "echo-channel.yaml", address), []string{
		"LIVEPERSON_ACCOUNT_ID=" + sandbox.DefaultAccountID, "LIVEPERSON_CLIENT_ID=" + sandbox.DefaultClientID,
		"LIVEPERSON_CLIENT_SECRET=" + sandbox.DefaultClientSecret, "LIVEPERSON_DOMAIN_API=" + domainAPI,
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
					assert.Equal(t, http.StatusOK, sayTo(t, address, consumers[i], fmt.Sprintf("%s says %d", consumers[i], n)))
				}
			}
		})
	}
	all.Wait()
	require.NoError(t, livePerson.Flush(t.Context()))
	channel.stop()

	var slowest time.Duration
	for i, consumer := range consumers[20:] {
		got := p.of(consumer)
		require.Len(t, got, each, consumer)
		for n, text := range got {
			require.Equal(t, fmt.Sprintf("%s says %d", consumer, n), text)
			if i >= 20 {
				slowest = max(slowest, p.arrived[text].Sub(posted.first[text]))
			}
		}
	}
	t.Logf("the slowest answer to a consumer without trouble took %v", slowest)
	if longTests() {
		assert.Less(t, slowest, time.Second)
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
// texts are on their way, and with the pipeline's memory in a restart. All conversations go on. Each text and each answer arrives
// once and in order.
func TestTheConversationCacheIsLost(t *testing.T) {
	t.Parallel()
	const rest = "recover: rest\n            credentials: { login: { user: reader, password: hush } }"
	for name, test := range map[string]struct {
		restart bool
		recover string
	}{
		"while texts are on their way": {false, "recover: webhook"},
		"with a restart":               {true, rest},
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
			p := newPhones()
			gateway := httptest.NewServer(p)
			t.Cleanup(gateway.Close)
			config := recoveringChannel(address, webhook, url, dir, test.recover, gateway.URL)
			channel := runConfig(t, address, config, nil)
			all := func(text string, halfway func()) {
				var parts sync.WaitGroup
				var said atomic.Int64
				for part := range 10 {
					parts.Go(func() {
						for i := part; i < consumers; i += 10 {
							if said.Add(1) == int64(consumers/2) {
								halfway()
							}
							assert.Equal(t, http.StatusOK, sayTo(t, address, fmt.Sprintf("c-%d", i), text))
						}
					})
				}
				parts.Wait()
				require.NoError(t, livePerson.Flush(t.Context()))
			}
			lose := func() {
				assert.NoError(t, os.Rename(dir, dir+"-lost"))
				assert.NoError(t, os.Mkdir(dir, 0o700))
			}
			all("one", func() {})
			if test.restart {
				channel.stop()
				lose()
				channel = runConfig(t, address, config, nil)
				lose = func() {}
			}
			all("two", lose)
			all("three", func() {})
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
			p := newPhones()
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
