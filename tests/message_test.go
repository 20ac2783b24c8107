package tests

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// silent is the script of an agent who never answers.
var silent = &sandbox.Script{}

func messageYAML(address, more string) string {
	return fmt.Sprintf(`
liveperson_message:
  account_id: "12345678"
  client_id: %s
  client_secret: %s
  domain_api: %s
  retry_pauses: [5ms, 10ms, 20ms, 50ms, 100ms, 200ms, 500ms, 1s]
%s`, sandbox.DefaultClientID, sandbox.DefaultClientSecret, address, more)
}

// talk is a conversation in the form of the sandbox.
type talk struct {
	ConversationID string `json:"conversation_id"`
	Consumer       string
	State          string
	SkillID        string `json:"skill_id"`
	Profile        json.RawMessage
	Campaign       json.RawMessage
	Context        json.RawMessage
	CSAT           *struct{ CSATRate int }
	Dialogs        []struct {
		Events []struct {
			Sequence           *int
			OriginatorMetadata struct{ Role string }
			Event              struct {
				Type, Status string
				SequenceList []int
				Message      json.RawMessage
			}
		}
	}
}

// texts returns the consumer's texts in a conversation, in order.
func (c talk) texts(t *testing.T) (texts []string) {
	t.Helper()
	for _, d := range c.Dialogs {
		for _, e := range d.Events {
			var text string
			if e.OriginatorMetadata.Role == "CONSUMER" && json.Unmarshal(e.Event.Message, &text) == nil {
				texts = append(texts, text)
			}
		}
	}
	return texts
}

// talks returns the sandbox's conversations, oldest first.
func talks(t *testing.T, address string) (all []talk) {
	t.Helper()
	var list struct{ Conversations []talk }
	getJSON(t, address+"/sandbox/conversations", &list)
	for _, line := range list.Conversations {
		var full talk
		getJSON(t, address+"/sandbox/conversations/"+line.ConversationID, &full)
		all = append(all, full)
	}
	return all
}

func getJSON(t *testing.T, url string, into any) {
	t.Helper()
	res, err := http.Get(url)
	require.NoError(t, err)
	defer res.Body.Close()
	require.Equal(t, http.StatusOK, res.StatusCode)
	require.NoError(t, json.NewDecoder(res.Body).Decode(into))
}

func batchOf(contents ...string) service.MessageBatch {
	batch := make(service.MessageBatch, len(contents))
	for i, content := range contents {
		batch[i] = service.NewMessage([]byte(content))
	}
	return batch
}

func TestConsumersSpeak(t *testing.T) {
	t.Parallel()
	_, address := newSandbox(t, sandbox.Options{Agent: silent, Strict: true})
	s := newStream(t)
	long := strings.TrimSpace(strings.Repeat("word ", 2000))
	s.run(t, "", fmt.Sprintf(`
fallback:
  - %s
  - file:
      path: %s
      codec: lines
    processors:
      - mapping: |
          root.reason = @fallback_error
          root.content = content().string()
`, strings.ReplaceAll(strings.TrimSpace(messageYAML(address, `  consumer: ${! this.who }
  conversation:
    profile: 'root = [{"type":"ctmrinfo","info":{"customerId":this.who}}]'
`)), "\n", "\n    "), s.deadLetters), batchOf(
		`{"who":"jane","text":"hello","liveperson":{"status":"available","visitor_id":"v1","session_id":"s1","engagement":{"campaign_id":"1","engagement_id":"2","context_id":"3","language":"en-US"}}}`,
		`{"who":"jane","chat_state":"COMPOSING"}`,
		`{"who":"john","close":true}`,
		`{"who":"jane","text":"`+long+`"}`,
		`{"who":"jane","receipt":{"status":"READ","sequences":[0]}}`,
		`{"who":"jane","file":{"content":"R0lGODlhAQABAAAAACwAAAAAAQABAAA=","caption":"me"}}`,
		`{"who":"jane","shout":"hello"}`,
		`{"who":"jane","csat":{"rate":4}}`,
		`{"who":"jane","close":true}`,
		`{"who":"jane","text":"once more"}`,
		`{"who":"jane","profile":[{"type":"personal","personal":{"firstname":"Jane"}}]}`,
	))
	require.NoError(t, s.pushErr, "what is in the dead-letter file is acknowledged")

	letters := s.letters(t)
	require.Len(t, letters, 2)
	assert.Contains(t, letters[0].Reason, "the consumer has no open conversation")
	assert.Contains(t, letters[1].Reason, "has none of the members text, chat_state")

	all := talks(t, address)
	require.Len(t, all, 2)
	first, second := all[0], all[1]
	assert.Equal(t, "CLOSE", first.State)
	assert.Equal(t, 4, first.CSAT.CSATRate)
	assert.JSONEq(t, `{"campaignId":"1","engagementId":"2"}`, string(first.Campaign))
	assert.JSONEq(t, `{"visitorId":"v1","sessionId":"s1","interactionContextId":"3","type":"SharkContext","lang":"en-US"}`, string(first.Context))
	assert.Equal(t, append([]string{"hello"}, long), []string{first.texts(t)[0], strings.Join(first.texts(t)[1:], " ")})
	kinds := ""
	for _, e := range first.Dialogs[0].Events {
		kinds += " " + e.Event.Type + e.Event.Status
	}
	assert.Equal(t, " ContentEvent ContentEvent ContentEvent ContentEvent AcceptStatusEventREAD ContentEvent", kinds)
	assert.Equal(t, "OPEN", second.State)
	assert.Equal(t, []string{"once more"}, second.texts(t))
	assert.JSONEq(t, `{"authenticatedData":{"lp_sdes":[{"type":"personal","personal":{"firstname":"Jane"}}]}}`, string(second.Profile))
}

func TestTheProcessorTellsWhereAMessageIs(t *testing.T) {
	t.Parallel()
	_, address := newSandbox(t, sandbox.Options{Agent: silent})
	s := newStream(t)
	s.run(t, messageYAML(address, ""), `
file:
  path: `+s.deadLetters+`
  codec: lines
processors:
  - mapping: |
      root.content = content().string()
      root.reason = @liveperson_conversation_id + " " + @liveperson_sequence
`, batchOf(`{"consumer":"jane","text":"one"}`, `{"consumer":"jane","text":"two"}`))
	require.NoError(t, s.pushErr)
	all := talks(t, address)
	require.Len(t, all, 1)
	answers := s.letters(t)
	require.Len(t, answers, 2)
	for i, answer := range answers {
		assert.JSONEq(t, fmt.Sprintf(`{"conversation_id":%q,"dialog_id":%q,"sequence":%d}`, all[0].ConversationID, all[0].ConversationID, i), answer.Content)
		assert.Equal(t, fmt.Sprintf("%s %d", all[0].ConversationID, i), answer.Reason)
	}
}

func TestMessagesAreCounted(t *testing.T) {
	t.Parallel()
	_, address := newSandbox(t, sandbox.Options{Agent: silent})
	counts := countsOf(t, "", messageYAML(address, ""),
		`{"consumer":"jane","text":"one"}`, `{"consumer":"jane","text":"two"}`, `{"consumer":"john","text":"`+strings.Repeat("three ", 1500)+`"}`,
		`{"consumer":"jane","chat_state":"GONE"}`, `{"consumer":"jane","close":true}`)
	delete(counts, "liveperson_request_latency_ns")
	assert.Greater(t, counts["liveperson_app_token_expiry_timestamp_seconds"], time.Now().Unix())
	delete(counts, "liveperson_app_token_expiry_timestamp_seconds")
	assert.Equal(t, map[string]int64{
		"liveperson_conversation_cache_entries":      2,
		"liveperson_conversations_opened":            2,
		"liveperson_messages_sent action=message":    3,
		"liveperson_messages_sent action=chat_state": 1,
		"liveperson_messages_sent action=close":      1,
		"liveperson_requests status=2xx":             8,
	}, counts)
}

func TestAWrongSecretIsTold(t *testing.T) {
	t.Parallel()
	_, address := newSandbox(t, sandbox.Options{ClientSecret: "another0secret0another0sec"})
	builder := service.NewStreamBuilder()
	require.NoError(t, builder.SetLoggerYAML("level: off"))
	require.NoError(t, builder.AddInputYAML("generate: {mapping: root = 1}"))
	require.NoError(t, builder.AddOutputYAML(messageYAML(address, "")))
	built, err := builder.Build()
	require.NoError(t, err)
	results, err := built.ConnectionTest(t.Context())
	require.NoError(t, err)
	told := ""
	for _, result := range results {
		if result.Err != nil {
			told += result.Err.Error()
		}
	}
	assert.Contains(t, told, "class=unauthorised status=401")
	assert.Contains(t, told, "check account_id, client_id and client_secret")
	assert.NotContains(t, told, sandbox.DefaultClientSecret)
}

func TestMessagingConfigRunsAgainstTheSandbox(t *testing.T) {
	t.Parallel()
	letters := filepath.Join(t.TempDir(), "letters.jsonl")
	cmd := exec.CommandContext(t.Context(), os.Args[0], "run", "--sandbox", "--set", "http.enabled=false", "config/messaging-out.yaml")
	cmd.Env = []string{asCLI, "DEAD_LETTER_FILE=" + letters}
	cmd.Stdin = strings.NewReader(`{"consumer":"jane","text":"hello"}
{"consumer":"jane","chat_state":"GONE"}
{"consumer":"jane","csat":{"rate":9}}
{"consumer":"jane","close":true}
`)
	output, err := cmd.CombinedOutput()
	require.NoError(t, err, string(output))
	failed := lines(t, letters)
	require.Len(t, failed, 1, string(output))
	assert.Contains(t, failed[0], "csat.rate: expected a number from 1 to 5")
	assert.Contains(t, failed[0], `"class":"invalid"`)
}

// The test sends two thousand texts of a hundred consumers, or ten thousand of five hundred in a long run. LivePerson
// resets connections before it has read the request, fails, throttles, is slow and forgets its tokens. Each text must
// arrive once and in order in its consumer's only conversation.
func TestTextsArriveOnceAndInOrderWhateverFails(t *testing.T) {
	t.Parallel()
	consumers, each := manyTexts()
	rules, err := sandbox.ParseChaos([]byte(`
rules:
  - { endpoint: send, probability: 0.03, seed: 1, connection: reset }
  - { endpoint: send, probability: 0.03, seed: 2, status: 500 }
  - { endpoint: send, probability: 0.01, seed: 3, status: 429, retry_after: 1s }
  - { endpoint: send, skip: 100, times: 1, status: 401, code: 40102 }
  - { endpoint: send, skip: 600, times: 1, status: 401, code: 40102 }
  - { endpoint: send, skip: 1200, times: 1, status: 401, code: 40103 }
  - { endpoint: send, probability: 0.05, seed: 5, latency: 10ms }
  - { endpoint: conversation, probability: 0.1, seed: 6, status: 503 }
  - { endpoint: conversation, probability: 0.1, seed: 7, connection: reset }
  - { endpoint: consumer_token, probability: 0.1, seed: 8, status: 500 }
`))
	require.NoError(t, err)
	_, address := newSandbox(t, sandbox.Options{Agent: silent, Chaos: rules})
	file := filepath.Join(t.TempDir(), "texts.jsonl")
	want := writeTexts(t, file, consumers, each)

	builder := service.NewStreamBuilder()
	require.NoError(t, builder.SetLoggerYAML("level: off"))
	require.NoError(t, builder.AddInputYAML("file: { paths: [ "+file+" ], scanner: { lines: {} } }"))
	require.NoError(t, builder.AddOutputYAML(messageYAML(address, "  batching: { count: 7, period: 10ms }\n")))
	built, err := builder.Build()
	require.NoError(t, err)
	require.NoError(t, built.Run(t.Context()))

	all := talks(t, address)
	require.Len(t, all, consumers)
	for _, c := range all {
		require.Equal(t, want[c.Consumer], c.texts(t))
	}
}

// addressOf returns the id of a consumer. It is personal: an e-mail address.
func addressOf(c int) string { return fmt.Sprintf("c%d@example.com", c) }

// writeTexts writes mixed texts of several consumers, one on each line, and returns them by consumer.
func writeTexts(t *testing.T, file string, consumers, each int) map[string][]string {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 1))
	texts := map[string][]string{}
	var text strings.Builder
	for range consumers * each {
		c := random.IntN(consumers)
		for len(texts[addressOf(c)]) == each {
			c = (c + 1) % consumers
		}
		consumer := addressOf(c)
		said := fmt.Sprintf("%s says %d", consumer, len(texts[consumer]))
		texts[consumer] = append(texts[consumer], said)
		fmt.Fprintf(&text, `{"consumer":%q,"text":%q}`+"\n", consumer, said)
	}
	require.NoError(t, os.WriteFile(file, []byte(text.String()), 0o600))
	return texts
}

// An agent ends the conversation, and the pipeline gets no notification. The consumer's next text opens
// another conversation.
func TestAConversationThatAnAgentEnds(t *testing.T) {
	t.Parallel()
	_, address := newSandbox(t, sandbox.Options{Agent: silent})
	builder := service.NewStreamBuilder()
	require.NoError(t, builder.SetLoggerYAML("level: off"))
	push, err := builder.AddProducerFunc()
	require.NoError(t, err)
	require.NoError(t, builder.AddOutputYAML(messageYAML(address, "")))
	built, err := builder.Build()
	require.NoError(t, err)
	ran := make(chan error, 1)
	go func() { ran <- built.Run(context.Background()) }()
	require.NoError(t, push(t.Context(), service.NewMessage([]byte(`{"consumer":"jane","text":"one"}`))))
	res, err := http.Post(address+"/sandbox/conversations/"+talks(t, address)[0].ConversationID, "application/json", strings.NewReader(`{"close":true}`))
	require.NoError(t, err)
	res.Body.Close()
	require.NoError(t, push(t.Context(), service.NewMessage([]byte(`{"consumer":"jane","text":"two"}`))))
	require.NoError(t, built.StopWithin(stopWithin))
	require.NoError(t, <-ran)

	all := talks(t, address)
	require.Len(t, all, 2)
	assert.Equal(t, []string{"one"}, all[0].texts(t))
	assert.Equal(t, []string{"two"}, all[1].texts(t))
}

// The conversation begins with the engagement that the visitor was offered. LivePerson names the open
// conversation in its answer to the next question. A pipeline without the cache has no other source for
// its id.
func TestAnEngagementLeadsToItsConversation(t *testing.T) {
	t.Parallel()
	for _, resultMap := range []string{"root.liveperson = this", "meta liveperson_engagement = this"} {
		t.Run(resultMap, func(t *testing.T) {
			t.Parallel()
			_, address := newSandbox(t, sandbox.Options{Agent: silent})
			for _, text := range []string{"hello", "again"} {
				s := newStream(t)
				s.run(t, fmt.Sprintf(`
liveperson_engagement:
  account_id: "12345678"
  app_installation_id: %s
  domain_api: %s
  request_map: |
    root.identities = [{"iss": "shop.example.com", "acr": "loa1", "sub": this.consumer}]
    root.entryPoints = ["https://shop.example.com/"]
    root.engagementAttributes = []
  result_map: %s
`, sandbox.DefaultAppInstallationID, address, resultMap), messageYAML(address, ""), batchOf(`{"consumer":"jane","text":"`+text+`"}`))
				require.NoError(t, s.pushErr)
			}
			all := talks(t, address)
			require.Len(t, all, 1)
			assert.Equal(t, []string{"hello", "again"}, all[0].texts(t))
			var campaign struct{ CampaignID, EngagementID string }
			require.NoError(t, json.Unmarshal(all[0].Campaign, &campaign))
			assert.NotEmpty(t, campaign.CampaignID)
			assert.NotEmpty(t, campaign.EngagementID)
			var context struct{ VisitorID, SessionID, InteractionContextID, Type string }
			require.NoError(t, json.Unmarshal(all[0].Context, &context))
			assert.NotEmpty(t, context.VisitorID)
			assert.NotEmpty(t, context.SessionID)
			assert.NotEmpty(t, context.InteractionContextID)
			assert.Equal(t, "SharkContext", context.Type)
		})
	}
}
