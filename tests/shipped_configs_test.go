package tests

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// eventConfigs are the shipped configs that report a shop's events.
var eventConfigs = []string{"quickstart", "retail", "sources", "replay"}

// withEvents writes a shipped config that reads these events from a file, and returns its path. A
// processor, if it is given, goes between the mapping and the output.
func withEvents(t *testing.T, config string, events []string, processors ...any) string {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "events.jsonl")
	require.NoError(t, os.WriteFile(path, []byte(strings.Join(events, "\n")+"\n"), 0o600))
	text, err := os.ReadFile("config/" + config + ".yaml")
	require.NoError(t, err)
	var parsed map[string]any
	require.NoError(t, yaml.Unmarshal(text, &parsed))
	parsed["http"] = map[string]any{"enabled": false}
	parsed["input"] = map[string]any{"file": map[string]any{"paths": []string{path}, "scanner": map[string]any{"lines": map[string]any{}}}}
	pipeline := parsed["pipeline"].(map[string]any)
	pipeline["processors"] = append(pipeline["processors"].([]any), processors...)
	text, err = yaml.Marshal(parsed)
	require.NoError(t, err)
	path = filepath.Join(dir, config+".yaml")
	require.NoError(t, os.WriteFile(path, text, 0o600))
	return path
}

// runAt runs a config against a sandbox and returns what the process printed.
func runAt(t *testing.T, address, config string, args ...string) string {
	t.Helper()
	letters := filepath.Join(t.TempDir(), "letters.jsonl")
	stdout, stderr, err := process(t, []string{
		"DEAD_LETTER_FILE=" + letters, "DEAD_LETTER_FILE_AGAIN=" + letters,
		"LIVEPERSON_ACCOUNT_ID=12345678", "LIVEPERSON_APP_INSTALLATION_ID=" + sandbox.DefaultAppInstallationID, "LIVEPERSON_DOMAIN_API=" + address,
	}, append(append([]string{"run"}, args...), config)...)
	require.NoError(t, err, stderr)
	return stdout
}

// LivePerson shows the cart that it got last, so each consumer's last cart must arrive last.
func TestShippedConfigsKeepTheOrderOfAConsumersEvents(t *testing.T) {
	t.Parallel()
	// A consumer's events follow each other, so that two threads would work on them at once.
	const consumers, carts = 300, 5
	var events []string
	for consumer := range consumers {
		for total := 1; total <= carts; total++ {
			events = append(events, fmt.Sprintf(`{"type":"track","event":"Cart Viewed","anonymousId":"c-%d","messageId":"%d-%d","properties":{"cart_total":%d,"currency":"EUR","num_items":1}}`, consumer, consumer, total, total))
		}
	}
	for _, config := range eventConfigs {
		t.Run(config, func(t *testing.T) {
			t.Parallel()
			s, address := newSandbox(t, sandbox.Options{Strict: true})
			runAt(t, address, withEvents(t, config, events))
			got := map[string][]int{}
			for _, call := range s.Reports() {
				var report struct {
					Attributes []struct{ Total int } `json:"engagementAttributes"`
				}
				require.NoError(t, json.Unmarshal(call.Body, &report))
				for _, attribute := range report.Attributes {
					got[call.Consumer] = append(got[call.Consumer], attribute.Total)
				}
			}
			require.Len(t, got, consumers)
			for consumer, totals := range got {
				assert.Equal(t, []int{1, 2, 3, 4, 5}, totals, consumer)
			}
		})
	}
}

// Every pipeline that is shipped or documented, and in which the order matters, has one thread.
func TestShippedPipelinesHaveOneThread(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("config/*.yaml")
	require.NoError(t, err)
	checked := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		var config struct {
			Pipeline struct {
				Threads    int
				Processors []any
			}
		}
		require.NoError(t, yaml.Unmarshal(text, &config), file)
		if len(config.Pipeline.Processors) == 0 || strings.HasSuffix(file, "engagement.yaml") { // questions have no order
			continue
		}
		assert.Equal(t, 1, config.Pipeline.Threads, file)
		checked++
	}
	assert.GreaterOrEqual(t, checked, 6)

	pages, err := filepath.Glob("docs/*.md")
	require.NoError(t, err)
	more, err := filepath.Glob("docs/*/*.md")
	require.NoError(t, err)
	examples := 0
	for _, page := range slices.Concat([]string{"README.md"}, pages, more) {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for block := range strings.SplitSeq(string(text), "```") {
			start, mapsEvents := strings.Index(block, "pipeline:\n"), regexp.MustCompile(`liveperson_(retail|map|from|lead_generation|b2b_saas|cart|webhook|privacy)`).MatchString(block)
			if start >= 0 && mapsEvents {
				assert.Contains(t, block[start:], "threads: 1\n", "%s:\n%s", page, block)
				examples++
			}
		}
	}
	assert.GreaterOrEqual(t, examples, 10)
}

// The summary of a run adds up, whatever the events are.
func TestTheSummaryAddsUp(t *testing.T) {
	t.Parallel()
	const events = 400
	kinds := []func(i int) string{
		func(i int) string {
			return fmt.Sprintf(`{"type":"page","anonymousId":"c-%d","context":{"page":{"url":"https://shop.example.com/%d"},"consent":{"analytics":true}}}`, i%17, i)
		},
		func(i int) string {
			return fmt.Sprintf(`{"type":"track","event":"Order Completed","anonymousId":"c-%d","properties":{"order_id":"o-%d","revenue":5},"context":{"consent":{"analytics":true}}}`, i%17, i%40+1)
		},
		func(i int) string {
			return fmt.Sprintf(`{"type":"track","event":"Ordr Completed","anonymousId":"c-%d"}`, i)
		},
		func(i int) string {
			return fmt.Sprintf(`{"type":"track","event":"Own Event %d","anonymousId":"c-%d"}`, i%150, i)
		},
		func(i int) string {
			return fmt.Sprintf(`{"type":"track","event":"Product Clicked","anonymousId":"c-%d"}`, i)
		},
		func(i int) string {
			return fmt.Sprintf(`{"type":"page","anonymousId":"c-%d","context":{"consent":{"analytics":false}}}`, i)
		},
		func(i int) string {
			return fmt.Sprintf(`{"type":"page","anonymousId":"undefined","messageId":"m-%d"}`, i)
		},
		func(i int) string {
			return `{"type":"page","anonymousId":"visitor@example.com","context":{"consent":{"analytics":true}}}`
		},
		func(i int) string { return fmt.Sprintf(`{"type":"page", "anonymousId": "c-%d"`, i) },
	}
	withheld := map[string]any{"liveperson_privacy": map[string]any{"consent": map[string]any{"required": []string{"analytics"}, "default": "deny"}}}
	for seed, config := range eventConfigs {
		t.Run(config, func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(uint64(seed), 15))
			var list []string
			for i := range events {
				list = append(list, kinds[random.IntN(len(kinds))](i))
			}
			s, address := newSandbox(t, sandbox.Options{Strict: true})
			stdout := runAt(t, address, withEvents(t, config, list, withheld), "--summary")
			_, table, found := strings.Cut(stdout, "\nEvents\n")
			require.True(t, found, stdout)
			counts := summaryCounts(t, table)
			assert.Equal(t, events, counts["read"])
			assert.Equal(t, s.Summary().Reports, counts["reported"])
			delete(counts, "read")
			sum := 0
			for _, count := range counts {
				sum += count
			}
			assert.Equal(t, events, sum, table)
			assert.NotContains(t, table, "ended elsewhere")
			assert.Positive(t, counts["reported"], table)
			assert.Positive(t, counts["withheld, no consent to"], table)
			if config == "retail" {
				assert.Positive(t, counts["duplicates"], table)
			}
			if config == "replay" { // unknown events fail there
				assert.Equal(t, []string{"dead letters (failed)", "dropped, of no use to the preset", "dropped, unknown to the preset", "duplicates", "reported", "withheld, no consent to", "withheld, suppressed"}, slices.Sorted(maps.Keys(counts)))
				return
			}
			assert.Positive(t, counts["dropped, unknown to the preset"], table)
			assert.Contains(t, table, "  Ordr Completed ")
			assert.Contains(t, table, "  analytics ")
		})
	}
}

// summaryCounts returns the counts of a summary, without those of single names.
func summaryCounts(t *testing.T, table string) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for line := range strings.Lines(table) {
		row := regexp.MustCompile(`^(\S.*?) +([0-9]+)\n$`).FindStringSubmatch(line)
		if row == nil {
			continue
		}
		count, err := strconv.Atoi(row[2])
		require.NoError(t, err)
		counts[row[1]] = count
	}
	return counts
}
