package tests

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// written is a receipt in a file.
type written struct {
	Component, Type, Result, Class string
	EventID                        string `json:"event_id"`
	VisitorID                      string `json:"visitor_id"`
	ConversationID                 string `json:"conversation_id"`
	Request                        json.RawMessage
}

func receiptsIn(t *testing.T, path string) (list []written) {
	t.Helper()
	for _, line := range lines(t, path) {
		var r written
		require.NoError(t, json.Unmarshal([]byte(line), &r))
		list = append(list, r)
	}
	return list
}

// In a run of the shipped config, each event that was read has one receipt.
func TestEachEventOfARunHasOneReceipt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	receipts := filepath.Join(dir, "receipts.jsonl")
	stdout, stderr, err := process(t, []string{"RECEIPTS_FILE=" + receipts, "DEAD_LETTER_FILE=" + filepath.Join(dir, "letters.jsonl")},
		"run", "--sandbox", "config/receipts.yaml")
	require.NoError(t, err, stderr)
	results := map[string]int{}
	ids := map[string]int{}
	for _, r := range receiptsIn(t, receipts) {
		results[r.Result]++
		if r.EventID != "" {
			ids[r.EventID]++
		}
		switch r.Result {
		case "accepted":
			assert.Equal(t, "liveperson", r.Component)
			assert.NotEmpty(t, r.VisitorID)
			assert.NotEmpty(t, r.Request)
		case "dropped":
			assert.Equal(t, "map", r.Component)
			assert.Equal(t, "liveperson_retail", r.Type)
		}
	}
	for id, count := range ids {
		assert.Equal(t, 1, count, id)
	}
	dropped := results["dropped"]
	assertRows(t, stdout, fmt.Sprintf("read +%d", results["accepted"]+results["refused"]+dropped), fmt.Sprintf("reported +%d", results["accepted"]), fmt.Sprintf(`dead letters \(failed\) +%d`, results["refused"]))
	assert.Positive(t, results["accepted"])
	assert.Positive(t, results["refused"])
	assert.Positive(t, dropped)
	text, err := json.Marshal(receiptsIn(t, receipts))
	require.NoError(t, err)
	assert.NotContains(t, string(text), "@", "no addresses in receipts with content")
}

// runWithReceipts sends messages to an output that writes receipts to a file, and returns the
// receipts. The output is in a fallback, so that no message comes again.
func runWithReceipts(t *testing.T, output string, batch service.MessageBatch) []written {
	t.Helper()
	path := filepath.Join(t.TempDir(), "receipts.jsonl")
	builder := service.NewStreamBuilder()
	require.NoError(t, builder.SetLoggerYAML("level: off"))
	push, err := builder.AddBatchProducerFunc()
	require.NoError(t, err)
	require.NoError(t, builder.AddResourcesYAML(fmt.Sprintf("output_resources: [{label: audit, file: {path: %s, codec: lines}}]", path)))
	require.NoError(t, builder.AddOutputYAML("fallback:\n  - "+strings.ReplaceAll(strings.TrimSpace(output), "\n", "\n    ")+"\n  - drop: {}\n"))
	built, err := builder.Build()
	require.NoError(t, err)
	go func() {
		assert.NoError(t, push(t.Context(), batch))
		assert.NoError(t, built.StopWithin(stopWithin))
	}()
	require.NoError(t, built.Run(context.Background()))
	return receiptsIn(t, path)
}

// chaotic are rules that hit one request in three, with every kind of fault.
const chaotic = `rules:
  - {endpoint: %[1]s, probability: 0.08, seed: 1, status: 500}
  - {endpoint: %[1]s, probability: 0.08, seed: 2, status: 400, code: 5}
  - {endpoint: %[1]s, probability: 0.08, seed: 3, status: 429}
  - {endpoint: %[1]s, probability: 0.08, seed: 4, connection: reset}
  - {endpoint: %[1]s, probability: 0.08, seed: 5, connection: reset_after}
  - {endpoint: %[1]s, probability: 0.08, seed: 6, body: malformed}`

// oneEach checks that each of n messages has one receipt, and that some were accepted and some
// refused.
func oneEach(t *testing.T, receipts []written, n int) {
	t.Helper()
	results := map[string]int{}
	ids := map[string]bool{}
	for _, r := range receipts {
		assert.False(t, ids[r.EventID], "%s has two receipts", r.EventID)
		ids[r.EventID] = true
		results[r.Result]++
	}
	assert.Len(t, ids, n)
	assert.Positive(t, results["accepted"])
	assert.Positive(t, results["refused"])
	assert.Equal(t, n, results["accepted"]+results["refused"])
}

func TestEachReportHasOneReceiptUnderChaos(t *testing.T) {
	t.Parallel()
	rules, err := sandbox.ParseChaos(fmt.Appendf(nil, chaotic, "report"))
	require.NoError(t, err)
	for name, more := range map[string]string{"as it is": "", "merged": "coalesce: true", "in any order": "ordering: none"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, address := newSandbox(t, sandbox.Options{Chaos: rules})
			var batch service.MessageBatch
			for i := range 200 {
				msg := service.NewMessage(fmt.Appendf(nil, `{"consumerId":"c-%d","engagementAttributes":[{"type":"lead","lead":{"leadId":"%d"}}]}`, i%40, i))
				msg.MetaSetMut("liveperson_event_id", fmt.Sprint(i))
				batch = append(batch, msg)
			}
			oneEach(t, runWithReceipts(t, fmt.Sprintf(`
liveperson_report:
  account_id: "12345678"
  app_installation_id: %s
  domain_api: %s
  retry_pauses: [1ms, 1ms]
  receipts: audit
  %s`, sandbox.DefaultAppInstallationID, address, more), batch), len(batch))
		})
	}
}

func TestEachMessageHasOneReceiptUnderChaos(t *testing.T) {
	t.Parallel()
	rules, err := sandbox.ParseChaos(fmt.Appendf(nil, chaotic, "send"))
	require.NoError(t, err)
	_, address := newSandbox(t, sandbox.Options{Chaos: rules})
	var batch service.MessageBatch
	for i := range 100 {
		msg := service.NewMessage(fmt.Appendf(nil, `{"consumer":"c-%d","text":"hello %d"}`, i%20, i))
		msg.MetaSetMut("liveperson_event_id", fmt.Sprint(i))
		batch = append(batch, msg)
	}
	oneEach(t, runWithReceipts(t, strings.Replace(messageYAML(address, "  receipts: audit\n"), "retry_pauses: [5ms, 10ms, 20ms, 50ms, 100ms, 200ms, 500ms, 1s]", "retry_pauses: [1ms]", 1), batch), len(batch))
}

// An output for receipts that fails fails no message.
func TestReceiptsThatFailFailNoMessage(t *testing.T) {
	t.Parallel()
	s, address := newSandbox(t, sandbox.Options{})
	builder := service.NewStreamBuilder()
	require.NoError(t, builder.SetLoggerYAML("level: off"))
	push, err := builder.AddProducerFunc()
	require.NoError(t, err)
	require.NoError(t, builder.AddResourcesYAML("output_resources: [{label: audit, reject: no room}]"))
	require.NoError(t, builder.AddOutputYAML(fmt.Sprintf(`
liveperson_report:
  account_id: "12345678"
  app_installation_id: %s
  domain_api: %s
  receipts: audit
`, sandbox.DefaultAppInstallationID, address)))
	built, err := builder.Build()
	require.NoError(t, err)
	go func() {
		for range 10 {
			assert.NoError(t, push(t.Context(), service.NewMessage([]byte(`{"consumerId":"c-1","engagementAttributes":[]}`))))
		}
		assert.NoError(t, built.StopWithin(stopWithin))
	}()
	require.NoError(t, built.Run(context.Background()))
	assert.Len(t, s.Reports(), 10)
}
