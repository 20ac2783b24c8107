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
	return runAtWith(t, nil, address, config, args...)
}

// runAtWith is runAt with more variables in the environment.
func runAtWith(t *testing.T, env []string, address, config string, args ...string) string {
	t.Helper()
	letters := filepath.Join(t.TempDir(), "letters.jsonl")
	stdout, stderr, err := process(t, append([]string{
		"DEAD_LETTER_FILE=" + letters, "DEAD_LETTER_FILE_AGAIN=" + letters,
		"LIVEPERSON_ACCOUNT_ID=12345678", "LIVEPERSON_APP_INSTALLATION_ID=" + sandbox.DefaultAppInstallationID, "LIVEPERSON_DOMAIN_API=" + address,
	}, env...), append(append([]string{"run"}, args...), config)...)
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

// A consumer's events arrive in order also if they are of several kinds, if some take long to map, and if some of them are
// dropped or fail in between. One line may hold several of them.
func TestShippedConfigsKeepTheOrderOfMixedEvents(t *testing.T) {
	t.Parallel()
	at := func(n int) string { return fmt.Sprintf(`"context":{"page":{"url":"https://shop.example.com/%d"}}`, n) }
	page := func(consumer, n int) string {
		return fmt.Sprintf(`{"type":"page","anonymousId":"c-%d","messageId":"%d-%d",%s}`, consumer, consumer, n, at(n))
	}
	cart := func(consumer, n, lines int) string {
		return fmt.Sprintf(`{"type":"track","event":"Cart Viewed","anonymousId":"c-%d","messageId":"%d-%d","properties":{"currency":"EUR","products":[%s]},%s}`,
			consumer, consumer, n, strings.TrimSuffix(strings.Repeat(`{"sku":"A","price":1},`, lines), ","), at(n))
	}
	order := func(consumer, n int) string {
		return fmt.Sprintf(`{"type":"track","event":"Order Completed","anonymousId":"c-%d","properties":{"order_id":"%d-%d","revenue":1},%s}`, consumer, consumer, n, at(n))
	}
	for name, test := range map[string]struct {
		config string
		lines  func(consumer int) []string // events 1 to 4, in order
	}{
		"of several kinds":         {"retail", func(c int) []string { return []string{page(c, 1), cart(c, 2, 1), order(c, 3), page(c, 4)} }},
		"the first ones are large": {"retail", func(c int) []string { return []string{cart(c, 1, 400), cart(c, 2, 100), cart(c, 3, 1), page(c, 4)} }},
		"some are unknown": {"quickstart", func(c int) []string {
			return []string{page(c, 1), fmt.Sprintf(`{"type":"track","event":"Own Event","anonymousId":"c-%d"}`, c), cart(c, 2, 1), page(c, 3), page(c, 4)}
		}},
		"some fail": {"retail", func(c int) []string {
			broken := fmt.Sprintf(`{"type":"track","event":"Product Viewed","anonymousId":"c-%d","properties":{"sku":"A","price":"on request"}}`, c)
			return []string{broken, page(c, 1), broken, cart(c, 2, 1), order(c, 3), broken, page(c, 4)}
		}},
		"several in a line": {"sources", func(c int) []string {
			return []string{fmt.Sprintf(`{"batch":[%s,%s]}`, page(c, 1), cart(c, 2, 50)), fmt.Sprintf(`[%s,%s]`, order(c, 3), page(c, 4))}
		}},
		"letters of them": {"replay", func(c int) []string {
			var letters []string
			for _, event := range []string{cart(c, 1, 200), page(c, 2), order(c, 3), page(c, 4)} {
				letter, _ := json.Marshal(map[string]any{"reason": "an outage", "metadata": map[string]any{}, "content": event})
				letters = append(letters, string(letter))
			}
			return letters
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const consumers = 60
			var events []string
			for consumer := range consumers {
				events = append(events, test.lines(consumer)...)
			}
			s, address := newSandbox(t, sandbox.Options{Strict: true})
			runAt(t, address, withEvents(t, test.config, events))
			got := map[string][]string{}
			for _, call := range s.Reports() {
				var report struct {
					EntryPoints []string `json:"entryPoints"`
				}
				require.NoError(t, json.Unmarshal(call.Body, &report))
				got[call.Consumer] = append(got[call.Consumer], report.EntryPoints...)
			}
			require.Len(t, got, consumers)
			for consumer, pages := range got {
				assert.Equal(t, []string{"https://shop.example.com/1", "https://shop.example.com/2", "https://shop.example.com/3", "https://shop.example.com/4"}, pages, consumer)
			}
		})
	}
}

// config/clickstream.yaml makes carts of rows: each consumer's carts grow in the order of the rows, and each row is counted.
func TestClickstreamKeepsTheOrderAndAddsUp(t *testing.T) {
	t.Parallel()
	const consumers, carts = 100, 4
	rows := []string{"event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session"}
	add := func(kind, price string, consumer int) {
		rows = append(rows, fmt.Sprintf("2019-10-01 00:00:00 UTC,%s,%d,2053013555631882655,electronics.audio,acme,%s,%d,s-%d", kind, len(rows), price, 1000+consumer, consumer))
	}
	for consumer := range consumers {
		add("view", "1.50", consumer)
		for range carts {
			add("cart", "1.50", consumer)
		}
		switch consumer % 4 {
		case 0:
			add("purchase", "1.50", consumer)
		case 1:
			add("remove_from_cart", "1.50", consumer) // the preset does not know what is in the cart then
		case 2:
			add("view", "on request", consumer)
		case 3:
			add("gift_wrap", "1.50", consumer)
		}
	}
	path := filepath.Join(t.TempDir(), "clicks.csv")
	require.NoError(t, os.WriteFile(path, []byte(strings.Join(rows, "\n")+"\n"), 0o600))
	s, address := newSandbox(t, sandbox.Options{Strict: true})
	stdout := runAtWith(t, []string{"CLICKSTREAM_CSV=" + path}, address, "config/clickstream.yaml", "--summary")
	items := map[string][]int{}
	for _, call := range s.Reports() {
		var report struct {
			Attributes []struct {
				Type     string
				NumItems int `json:"numItems"`
			} `json:"engagementAttributes"`
		}
		require.NoError(t, json.Unmarshal(call.Body, &report))
		for _, attribute := range report.Attributes {
			if attribute.Type == "cart" {
				items[call.Consumer] = append(items[call.Consumer], attribute.NumItems)
			}
		}
	}
	require.Len(t, items, consumers)
	for consumer, got := range items {
		assert.Equal(t, []int{1, 2, 3, 4}, got, consumer)
	}
	counts := assertAddsUp(t, stdout, len(rows)-1, s.Summary().Reports)
	assert.Equal(t, consumers/2, counts["dead letters (failed)"], "the prices and the events that are none")
}

// Every pipeline that is shipped or documented, and in which the order matters, has one thread.
func TestShippedPipelinesHaveOneThread(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("config/*.yaml")
	require.NoError(t, err)
	scaled, err := filepath.Glob("config/scale-out/*.yaml")
	require.NoError(t, err)
	files = append(files, scaled...)
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
	assert.GreaterOrEqual(t, checked, 12)

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

// A browser may have cookies of several accounts, so every shipped preset knows its own.
func TestShippedPresetsPickTheAccountsCookie(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("config/*.yaml")
	require.NoError(t, err)
	presets := 0
	var look func(file string, value any)
	look = func(file string, value any) {
		switch v := value.(type) {
		case map[string]any:
			if preset, found := v["liveperson_retail"].(map[string]any); found {
				assert.Equal(t, "${LIVEPERSON_ACCOUNT_ID:}", preset["account_id"], file)
				presets++
			}
			for _, member := range v {
				look(file, member)
			}
		case []any:
			for _, item := range v {
				look(file, item)
			}
		}
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		var config any
		require.NoError(t, yaml.Unmarshal(text, &config), file)
		look(file, config)
	}
	assert.GreaterOrEqual(t, presets, 7)
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
		// Names that would change the table if they were printed as they are.
		func(i int) string {
			return fmt.Sprintf(`{"type":"track","event":"Own\\nreported %d","anonymousId":"c-%d"}`, i%3, i)
		},
		func(i int) string {
			return fmt.Sprintf(`{"type":"track","event":"read                 %d","anonymousId":"c-%d"}`, i%3, i)
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
			counts := assertAddsUp(t, stdout, events, s.Summary().Reports)
			_, table, _ := strings.Cut(stdout, "\nEvents\n")
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

// assertAddsUp checks that what was read ended in one of the rows of a summary, and returns the rows without that of what was
// read.
func assertAddsUp(t *testing.T, stdout string, read, reported int) map[string]int {
	t.Helper()
	_, table, found := strings.Cut(stdout, "\nEvents\n")
	require.True(t, found, stdout)
	counts := summaryCounts(t, table)
	assert.Equal(t, read, counts["read"], table)
	assert.Equal(t, reported, counts["reported"], table)
	assert.NotContains(t, table, "ended elsewhere")
	assert.Positive(t, counts["reported"], table)
	delete(counts, "read")
	sum := 0
	for _, count := range counts {
		sum += count
	}
	assert.Equal(t, read, sum, table)
	return counts
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
