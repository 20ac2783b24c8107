package tests

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// longTests reports whether LONG_TESTS is set. Simulations are short unless it is.
func longTests() bool { return os.Getenv("LONG_TESTS") != "" }

const randomYAML = `
http: { enabled: false }
metrics: { ledger: {} }
pipeline:
  threads: 1
  processors:
    - liveperson_retail: { sde_names: liveperson }
    - liveperson_privacy:
        consent: { required: [analytics] }
        contacts: strip
        sub: hash
        salt: pepper
        suppress: { file: %[1]s }
output:
  fallback:
    - liveperson_report: { account_id: "12345678", app_installation_id: %[2]s, domain_api: "%[3]s", retry_pauses: [1ms] }
    - file: { path: %[4]s, codec: lines }
      processors:
        - mapping: |
            root.reason = @fallback_error
            root.content = content().encode("base64")
`

// outcome has the number of events for each result. Every event has exactly one result.
type outcome struct {
	read int
	// reported events have been accepted by the sandbox.
	reported int
	// The preset does not map unmapped events. withheld events lack consent, and suppressed events are on the list.
	unmapped, withheld, suppressed int
	// letters are dead letters: events that failed in the mapping, in privacy or in the output, or that the sandbox refused.
	letters int
	refused int // the dead letters that the sandbox refused
}

func (o outcome) String() string {
	return fmt.Sprintf("%d read = %d reported + %d unmapped + %d withheld + %d suppressed + %d dead letters (%d refused by LivePerson)",
		o.read, o.reported, o.unmapped, o.withheld, o.suppressed, o.letters, o.refused)
}

// Each event is reported, dropped, withheld or a dead letter, and each of these is counted. The test sends the same events
// three times and expects the same counts.
func TestRandomEventsAddUp(t *testing.T) {
	t.Parallel()
	events := 1000
	if longTests() {
		events = 20_000
	}
	var first outcome
	for round := range 3 {
		got := runRandom(t, events)
		t.Logf("round %d: %s", round+1, got)
		assert.Equal(t, got.read, got.reported+got.unmapped+got.withheld+got.suppressed+got.letters)
		if round == 0 {
			first = got
			for what, count := range map[string]int{
				"reported": got.reported, "unmapped": got.unmapped, "withheld": got.withheld, "suppressed": got.suppressed, "dead letters": got.letters, "refused": got.refused,
			} {
				assert.Positive(t, count, "no event was %s: the events are too much alike", what)
			}
		}
		assert.Equal(t, first, got)
	}
}

// runRandom sends random events through the preset, privacy and the output to a strict sandbox. The sandbox also refuses
// some valid reports.
func runRandom(t *testing.T, events int) (o outcome) {
	t.Helper()
	l := &ledger{counts: map[string]int64{}}
	env := service.NewEnvironment()
	require.NoError(t, env.RegisterMetricsExporter("ledger", service.NewConfigSpec(), func(*service.ParsedConfig, *service.Logger) (service.MetricsExporter, error) {
		return l, nil
	}))
	rules, err := sandbox.ParseChaos([]byte("rules: [{ endpoint: report, probability: 0.02, seed: 5, status: 400, code: 5, message: refused }]"))
	require.NoError(t, err)
	s, url := newSandbox(t, sandbox.Options{Strict: true, Chaos: rules})
	dir := t.TempDir()
	list, letters := filepath.Join(dir, "list"), filepath.Join(dir, "letters")
	require.NoError(t, os.WriteFile(list, []byte("consumer-7\nconsumer-77\n"), 0o600))

	builder := env.NewStreamBuilder()
	builder.SetHTTPMux(http.NewServeMux())
	require.NoError(t, builder.SetYAML(fmt.Sprintf(randomYAML, list, sandbox.DefaultAppInstallationID, url, letters)))
	builder.SetLogger(slog.New(slog.DiscardHandler))
	push, err := builder.AddBatchProducerFunc()
	require.NoError(t, err)
	built, err := builder.Build()
	require.NoError(t, err)
	pushed := make(chan error, 1)
	go func() {
		random := rand.New(rand.NewPCG(20_260_314, 3))
		var failed error
		for o.read < events && failed == nil {
			var batch service.MessageBatch
			for range min(100, events-o.read) {
				batch = append(batch, randomMessage(random))
			}
			o.read += len(batch)
			failed = push(context.Background(), batch)
		}
		pushed <- failed
		_ = built.StopWithin(stopWithin)
	}()
	require.NoError(t, built.Run(context.Background()))
	require.NoError(t, <-pushed)

	sum := func(prefix string) (count int) {
		for _, n := range l.of(prefix) {
			count += int(n)
		}
		return count
	}
	o.unmapped, o.withheld, o.suppressed = sum("liveperson_events_dropped reason=unknown_event")+sum("liveperson_events_dropped reason=no_use"), sum("liveperson_withheld_messages"), sum("liveperson_events_dropped reason=suppressed")
	summary := s.Summary()
	o.reported = summary.Reports
	assert.Equal(t, o.reported, summary.Calls[sandbox.EndpointReport])
	text, err := os.ReadFile(letters)
	require.NoError(t, err)
	o.letters = strings.Count(string(text), "\n")
	// An event that LivePerson refuses is a dead letter. If LivePerson does not know the visit's ids, the event is sent again
	// without them.
	for _, reject := range summary.Rejects {
		if reject.Status != http.StatusNotFound {
			o.refused += reject.Count
		}
	}
	assert.Equal(t, o.refused, strings.Count(string(text), " status=400 "), "%v", summary.Rejects)
	assert.Equal(t, o.reported, sum("liveperson_requests status=2xx"), "%v", l.of("liveperson_requests"))
	assert.Equal(t, o.refused, sum("liveperson_requests status=4xx"))
	return o
}

var (
	randomNames = []string{
		"Product Viewed", "Products Searched", "Cart Viewed", "Product Added", "Order Completed", "Signed Up", "Checkout Started",
		"Form Submitted", "Lead Generated", "Product List Viewed", "Gift Wrap Toggled", "", "product viewed", "ORDER COMPLETED", "Ordér Cömpleted",
	}
	randomTypes = []string{"track", "track", "track", "track", "track", "page", "page", "identify", "screen", "group", "alias", "", "TRACK"}
	// randomTexts are texts that people and programs write in place of valid values.
	randomTexts = []string{
		"", " ", "null", "NaN", "-1", "1e309", "12,50", "£12.50", "🛒", "<script>alert(1)</script>", "${HOME}", "../../etc/passwd", "\u202eabc",
		"jane@example.com", "+44 20 7946 0123", "' OR 1=1 --", "a\x00b", strings.Repeat("x", 5000), "true", "2026-03-14", "{{.}}", "line\r\nbreak",
	}
)

// randomMessage returns an event in a form that an input may give: as JSON, as other bytes, or as a structured value.
func randomMessage(r *rand.Rand) *service.Message {
	switch r.IntN(20) {
	case 0:
		return service.NewMessage(randomBytes(r))
	case 1:
		text := []byte(fmt.Sprintf(`{"type":"track","event":"Order Completed","anonymousId":"c%d","properties":{"order_id":"%d"`, r.IntN(50), r.IntN(1000)))
		return service.NewMessage(text) // it breaks off
	}
	event := randomEvent(r)
	message := service.NewMessage(nil)
	message.SetStructured(event)
	if r.IntN(4) > 0 {
		if text, err := message.AsBytes(); err == nil {
			return service.NewMessage(text)
		}
	}
	return message
}

func randomEvent(r *rand.Rand) map[string]any {
	event := map[string]any{
		"type":        pickOne(r, randomTypes),
		"event":       pickOne(r, randomNames),
		"anonymousId": fmt.Sprintf("consumer-%d", r.IntN(200)),
		"messageId":   fmt.Sprintf("message-%d", r.Uint64()),
		"timestamp":   fmt.Sprintf("2026-03-%02dT15:01:27.776Z", 1+r.IntN(40)),
		"properties": map[string]any{
			"order_id": fmt.Sprint(r.IntN(10_000)), "product_id": fmt.Sprint(r.IntN(100)), "name": "a product", "price": float64(r.IntN(10_000)) / 100,
			"revenue": float64(r.IntN(100_000)) / 100, "total": float64(r.IntN(100_000)) / 100, "currency": pickOne(r, []string{"EUR", "GBP", "eur", "XXX", "pounds"}), "query": "shoes",
			"products": []any{map[string]any{"product_id": fmt.Sprint(r.IntN(100)), "name": "a product", "price": 5.25, "quantity": float64(r.IntN(4))}},
		},
		"context": map[string]any{"page": map[string]any{"url": "https://shop.example.com/" + fmt.Sprint(r.IntN(50))}},
	}
	switch r.IntN(8) {
	case 0: // no consent at all
	case 1:
		event["context"].(map[string]any)["consent"] = randomValue(r, 2)
	case 2:
		event["context"].(map[string]any)["consent"] = map[string]any{"analytics": false, "marketing": r.IntN(2) == 0}
	default:
		event["context"].(map[string]any)["consent"] = map[string]any{"analytics": true, "marketing": r.IntN(2) == 0}
	}
	if r.IntN(4) == 0 {
		event["userId"] = fmt.Sprintf("user-%d", r.IntN(100))
	}
	for r.IntN(3) == 0 {
		spoil(r, event)
	}
	return event
}

// spoil replaces or removes a member at a random place in an object.
func spoil(r *rand.Rand, object map[string]any) {
	names := make([]string, 0, len(object))
	for _, name := range []string{ // in a fixed order
		"type", "event", "anonymousId", "messageId", "timestamp", "properties", "context", "userId", "page", "consent", "url",
		"order_id", "product_id", "name", "price", "revenue", "total", "currency", "query", "products", "analytics", "marketing",
	} {
		if _, there := object[name]; there {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return
	}
	name := pickOne(r, names)
	if inner, ok := object[name].(map[string]any); ok && r.IntN(3) > 0 {
		spoil(r, inner)
		return
	}
	if r.IntN(4) == 0 {
		delete(object, name)
		return
	}
	object[name] = randomValue(r, 3)
}

// randomValue returns a random value. Some texts are not UTF-8.
func randomValue(r *rand.Rand, depth int) any {
	kind := r.IntN(9)
	if depth == 0 {
		kind = r.IntN(7)
	}
	switch kind {
	case 0:
		return nil
	case 1:
		return r.IntN(2) == 0
	case 2:
		return float64(r.IntN(1<<30)) - 1<<29
	case 3:
		return string(randomBytes(r))
	case 4, 5:
		return pickOne(r, randomTexts)
	case 6:
		return strings.Repeat("\x8f", 1+r.IntN(900)) // continues a character that never began
	case 7:
		list := make([]any, r.IntN(4))
		for i := range list {
			list[i] = randomValue(r, depth-1)
		}
		return list
	}
	object := map[string]any{}
	for i := range r.IntN(4) {
		object[fmt.Sprintf("%s%d", pickOne(r, []string{"a", "name", "id", "é", ""}), i)] = randomValue(r, depth-1)
	}
	return object
}

func randomBytes(r *rand.Rand) []byte {
	text := make([]byte, r.IntN(64))
	for i := range text {
		text[i] = byte(r.IntN(256))
	}
	return text
}

func pickOne[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }
