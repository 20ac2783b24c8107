package tests

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// stopWithin is how long a stream may take to stop.
const stopWithin = 10 * time.Second

// stream runs one batch of events through a pipeline with a mapping, an output to LivePerson and a
// dead-letter file.
type stream struct {
	deadLetters string
	pushErr     error
}

const outputYAML = `
fallback:
  - liveperson_report:
      account_id: "12345678"
      app_installation_id: %s
      domain_api: %s
      retry_pauses: [1ms]
  - file:
      path: %s
      codec: lines
    processors:
      - mapping: |
          root.reason = @fallback_error
          root.content = content().string()
`

func runStream(t *testing.T, domainAPI, app string, events ...string) *stream {
	t.Helper()
	batch := make(service.MessageBatch, len(events))
	for i, event := range events {
		batch[i] = service.NewMessage([]byte(event))
	}
	s := newStream(t)
	s.run(t, "liveperson_retail: {}", fmt.Sprintf(outputYAML, app, domainAPI, s.deadLetters), batch)
	return s
}

func newStream(t *testing.T) *stream {
	t.Helper()
	return &stream{deadLetters: filepath.Join(t.TempDir(), "dead-letters.jsonl")}
}

// run sends a batch through an optional processor to an output, and waits for the end.
func (s *stream) run(t *testing.T, processor, output string, batch service.MessageBatch) {
	t.Helper()
	builder := service.NewStreamBuilder()
	require.NoError(t, builder.SetLoggerYAML("level: off"))
	push, err := builder.AddBatchProducerFunc()
	require.NoError(t, err)
	if processor != "" {
		require.NoError(t, builder.AddProcessorYAML(processor))
	}
	require.NoError(t, builder.AddOutputYAML(output))
	built, err := builder.Build()
	require.NoError(t, err)

	pushed := make(chan struct{})
	go func() {
		defer close(pushed)
		s.pushErr = push(t.Context(), batch)
		_ = built.StopWithin(stopWithin)
	}()
	require.NoError(t, built.Run(context.Background()))
	<-pushed
}

func (s *stream) letters(t *testing.T) []letter {
	t.Helper()
	text, err := os.ReadFile(s.deadLetters)
	if os.IsNotExist(err) {
		return nil
	}
	require.NoError(t, err)
	var letters []letter
	for line := range strings.Lines(string(text)) {
		var l letter
		require.NoError(t, json.Unmarshal([]byte(line), &l))
		letters = append(letters, l)
	}
	return letters
}

type letter struct {
	Reason, Content string
}

// newSandbox returns a sandbox and the address of its Domain API.
func newSandbox(t *testing.T, options sandbox.Options) (*sandbox.Sandbox, string) {
	t.Helper()
	s := sandbox.New(options)
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return s, server.URL
}

// reports returns the bodies that the sandbox accepted, in order.
func reports(t *testing.T, url string) []string {
	t.Helper()
	res, err := http.Get(url + "/sandbox/export?endpoint=report&verdict=good")
	require.NoError(t, err)
	defer res.Body.Close()
	var bodies []string
	for calls := json.NewDecoder(res.Body); calls.More(); {
		var call struct{ Body json.RawMessage }
		require.NoError(t, calls.Decode(&call))
		bodies = append(bodies, string(call.Body))
	}
	return bodies
}

// await waits until the sandbox has accepted count reports of a consumer, and returns the number of
// reports.
func await(t *testing.T, url, consumer string, count int) int {
	t.Helper()
	res, err := http.Get(fmt.Sprintf("%s/sandbox/wait?endpoint=report&consumer=%s&count=%d&timeout=0s", url, consumer, count))
	require.NoError(t, err)
	defer res.Body.Close()
	var waited struct{ Matched int }
	require.NoError(t, json.NewDecoder(res.Body).Decode(&waited))
	return waited.Matched
}

func TestGoodEventsPassAndBadOnesEndUpWithTheirReason(t *testing.T) {
	t.Parallel()
	_, url := newSandbox(t, sandbox.Options{})
	big := fmt.Sprintf(`{"type":"page","anonymousId":"a1","name":%q}`, strings.Repeat("x", 1<<20))
	good := []string{
		`{"type":"track","event":"Order Completed","anonymousId":"a1","properties":{"order_id":2103807459595387724,"revenue":11.70,"currency":"USD"}}`,
		`{"type":"track","event":"Product Viewed","anonymousId":"a1","properties":{"product_id":"SKU-A","price":"49.99"}}`,
		`{"type":"page","anonymousId":"a2","context":{"page":{"url":"https://shop.example.com/"}}}`,
	}
	bad := []struct{ event, reason string }{
		{`{"type":"page",`, "the event is not JSON"},
		{`["page"]`, "expected the event as a JSON object, got array"},
		{`{"type":"page"}`, "anonymousId (or anonymous_id) is missing"},
		{`{"event":"Product Viewed","anonymousId":"a1","properties":{"price":"on request"}}`, "properties.price: expected a number"},
		{`{"event":"Cart Viewed","anonymousId":"a1","properties":{"products":[{"price":1},{"price":1,"quantity":-1}]}}`, "properties.products[1].quantity: must not be negative"},
		{big, "max_event_bytes"},
	}
	unknown := `{"type":"track","event":"Gift Wrap Toggled","anonymousId":"a1"}`

	s := runStream(t, url, sandbox.DefaultAppInstallationID,
		bad[0].event, good[0], bad[1].event, bad[2].event, unknown, good[1], bad[3].event, bad[4].event, bad[5].event, good[2])

	require.NoError(t, s.pushErr, "what is in the dead-letter file is acknowledged")
	accepted := reports(t, url)
	require.Len(t, accepted, len(good), "each good event once")
	all := strings.Join(accepted, "\n")
	assert.Contains(t, all, `"orderId":"2103807459595387724"`)
	assert.Contains(t, all, `"price":49.99`)
	assert.Contains(t, all, `"entryPoints":["https://shop.example.com/"]`)
	assert.Less(t, strings.Index(all, `"orderId"`), strings.Index(all, `"price"`), "a consumer's events keep their order")

	letters := s.letters(t)
	require.Len(t, letters, len(bad))
	for i, b := range bad {
		assert.Contains(t, letters[i].Reason, b.reason)
		assert.Contains(t, letters[i].Reason, "class=invalid ")
		assert.Equal(t, b.event, letters[i].Content, "as it came")
	}
}

func TestWrongAppInstallationIsToldInTheDeadLetters(t *testing.T) {
	t.Parallel()
	_, url := newSandbox(t, sandbox.Options{})
	s := runStream(t, url, "another-app", `{"type":"page","anonymousId":"a1"}`)
	require.NoError(t, s.pushErr)
	letters := s.letters(t)
	require.Len(t, letters, 1)
	assert.Contains(t, letters[0].Reason, "class=not_found status=404 code=18")
	assert.Contains(t, letters[0].Reason, "app_installation_id")
	assert.Empty(t, reports(t, url))
}

func TestLoadingAccountGetsEveryReportOnce(t *testing.T) {
	t.Parallel()
	s, url := newSandbox(t, sandbox.Options{LoadingCalls: 1})
	run := runStream(t, url, sandbox.DefaultAppInstallationID,
		`{"type":"page","anonymousId":"a1"}`, `{"type":"page","anonymousId":"a2"}`)
	require.NoError(t, run.pushErr)
	assert.Empty(t, run.letters(t))
	assert.Len(t, reports(t, url), 2)
	assert.Equal(t, 1, s.Summary().Loading)
}

// While the Domain API does not answer, the output does not connect. No message is acknowledged, and
// none gets lost.
func TestNoDomainMeansNoAcknowledgement(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{}, 16)
	down := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked <- struct{}{}
		http.Error(w, "", http.StatusServiceUnavailable)
	}))
	defer down.Close()

	builder := service.NewStreamBuilder()
	require.NoError(t, builder.SetLoggerYAML("level: off"))
	push, err := builder.AddBatchProducerFunc()
	require.NoError(t, err)
	require.NoError(t, builder.AddOutputYAML(fmt.Sprintf(outputYAML, "app", down.URL, filepath.Join(t.TempDir(), "letters"))))
	built, err := builder.Build()
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	pushed := make(chan error, 1)
	go func() {
		pushed <- push(ctx, service.MessageBatch{service.NewMessage([]byte(`{"consumerId":"c","engagementAttributes":[]}`))})
	}()
	ran := make(chan error, 1)
	go func() { ran <- built.Run(ctx) }()

	<-asked
	<-asked // it asks again
	select {
	case err := <-pushed:
		t.Fatalf("the message got an answer: %v", err)
	default:
	}
	cancel()
	require.Error(t, <-pushed)
	<-ran
}
