package tests

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// config/replay.yaml sends every form of letter that was ever documented, whatever was in it when it failed: an event, a
// report, or a body of another tool. A letter that fails again is a letter again, and no error is logged for each.
func TestReplayTakesEveryDocumentedLetter(t *testing.T) {
	t.Parallel()
	write := func(members map[string]any) string {
		text, err := json.Marshal(members)
		require.NoError(t, err)
		return string(text)
	}
	page := func(consumer string) string {
		return fmt.Sprintf(`{"type":"page","anonymousId":%q,"messageId":"m-%s"}`, consumer, consumer)
	}
	report := func(consumer string) string {
		return fmt.Sprintf(`{"consumerId":%[1]q,"identities":[{"iss":"shop","acr":"0","sub":%[1]q}],"entryPoints":["https://shop.example.com/"],"engagementAttributes":[]}`, consumer)
	}
	// The columns of an enriched event of Snowplow that has little more than ids.
	columns := make([]string, 131)
	columns[5], columns[6], columns[15] = "page_view", "m-tsv", "tsv"

	letters := map[string]string{
		"as-written":     write(map[string]any{"class": "invalid", "status": "400", "code": "5", "attempts": "1", "reason": "r", "metadata": map[string]any{"liveperson_event_id": "e1", "liveperson_turn": 7}, "content": page("as-written")}),
		"report":         write(map[string]any{"class": "server", "reason": "r", "metadata": map[string]any{"liveperson_event_id": "e2"}, "content": report("report")}),
		"two-members":    write(map[string]any{"reason": "r", "content": page("two-members")}),
		"content-object": write(map[string]any{"reason": "r", "content": json.RawMessage(page("content-object"))}),
		"report-object":  write(map[string]any{"reason": "r", "metadata": nil, "content": json.RawMessage(report("report-object"))}),
		"event-id":       write(map[string]any{"reason": "r", "event_id": "e6", "content": page("event-id")}),
		"alone":          page("alone"),
		"report-alone":   report("report-alone"),
		"ga4":            write(map[string]any{"reason": "r", "metadata": map[string]any{}, "content": `{"client_id":"ga4","events":[{"name":"page_view"}]}`}),
		"list":           write(map[string]any{"reason": "r", "metadata": map[string]any{}, "content": "[" + page("list") + "]"}),
		"tsv":            write(map[string]any{"reason": "r", "metadata": map[string]any{}, "content": strings.Join(columns, "\t")}),
		"webhook": write(map[string]any{
			"reason": "r", "metadata": map[string]any{"X-Shopify-Topic": "orders/create"},
			"content": `{"id":820982911946154508,"total_price":"5.00","currency":"EUR","note_attributes":[{"name":"visitor_id","value":"webhook"}],"line_items":[]}`,
		}),
		"cloudevent": write(map[string]any{
			"reason": "r", "metadata": map[string]any{"ce_id": "m-ce", "ce_type": "page", "ce_source": "shop"}, "content": page("cloudevent"),
		}),
	}
	again := []string{
		`half a letter`,
		write(map[string]any{"reason": "r", "metadata": map[string]any{}, "content": `{"type":"page"`}),
		write(map[string]any{"reason": "r", "metadata": map[string]any{}, "content": ``}),
		write(map[string]any{"reason": "r", "metadata": map[string]any{}, "content": nil}),
		write(map[string]any{"reason": "r", "metadata": map[string]any{}, "content": `{"type":"track","event":"Ordr Completed","anonymousId":"c-1"}`}),
		write(map[string]any{"reason": "r", "metadata": map[string]any{}, "content": `{"type":"page","anonymousId":"undefined"}`}),
	}
	dir := t.TempDir()
	file, fileAgain := filepath.Join(dir, "letters.jsonl"), filepath.Join(dir, "again.jsonl")
	var all, consumers []string
	for consumer, text := range letters {
		all, consumers = append(all, text), append(consumers, consumer)
	}
	require.NoError(t, os.WriteFile(file, []byte(strings.Join(append(all, again...), "\n")+"\n"), 0o600))

	s, address := newSandbox(t, sandbox.Options{Strict: true})
	stdout, stderr, err := process(t, []string{
		"DEAD_LETTER_FILE=" + file, "DEAD_LETTER_FILE_AGAIN=" + fileAgain,
		"LIVEPERSON_ACCOUNT_ID=12345678", "LIVEPERSON_APP_INSTALLATION_ID=" + sandbox.DefaultAppInstallationID, "LIVEPERSON_DOMAIN_API=" + address,
	}, "run", "--summary", "config/replay.yaml")
	require.NoError(t, err, stderr)
	assert.NotContains(t, stdout+stderr, "level=error")
	var reported []string
	for _, call := range s.Reports() {
		reported = append(reported, call.Consumer)
	}
	assert.ElementsMatch(t, consumers, reported)
	counts := assertAddsUp(t, stdout, len(letters)+len(again), len(letters))
	assert.Equal(t, len(again), counts["dead letters (failed)"])
	failed := lines(t, fileAgain)
	assert.Len(t, failed, len(again))
	for _, line := range failed {
		var l letter
		require.NoError(t, json.Unmarshal([]byte(line), &l), line)
		assert.NotEmpty(t, l.Reason)
	}
	assert.True(t, slices.ContainsFunc(failed, func(line string) bool { return strings.Contains(line, "half a letter") }), "a line that is no letter is not lost")
}
