package privacy_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const everything = "sub: hash, customer_id: hash, salt: s, contacts: strip, url_query: allow_list, url_query_allow: [a], consent: {attributes: {lead: [marketing]}, default: allow}"

// nested puts a value into lists and objects.
func nested(depth int, value any) any {
	for range depth {
		value = map[string]any{"x": []any{value}}
	}
	return value
}

// Mappings and decoders can give values that JSON does not have. The processor must survive
// all of them.
func TestHostileValues(t *testing.T) {
	t.Parallel()
	const size = 256 << 10
	long := strings.Repeat("jane@example.com ", size/17)
	values := map[string]any{
		"invalid UTF-8": "\xff\xfe@\x80", "continuation bytes": strings.Repeat("\x8f", 800), "NUL": "a\x00b", "half a surrogate": "\xed\xa0\x80",
		"NaN": math.NaN(), "infinity": math.Inf(-1), "a huge number": json.Number("1e999999999"), "digits": json.Number(strings.Repeat("9", 1<<20)), "no number": json.Number("jane"),
		"bytes": []byte("jane@example.com"), "bytes that are none": []byte{0xff}, "nothing": nil, "true": true, "a list": []any{nil, []any{}, 1}, "an object": map[string]any{"": nil, "\xff": "\xff"},
		"many addresses": long, "many signs": strings.Repeat("@", size), "many escapes": strings.Repeat("%25", size/3), "many digits": strings.Repeat("+1 ", size/3),
		"many questions": strings.Repeat("?a=1&", size/5), "many slashes": strings.Repeat("//a@", size/4), "deep": nested(2000, "jane@example.com"), "a type of Go": struct{ A int }{1},
	}
	for name, value := range values {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			with := func(members map[string]any) map[string]any {
				report := map[string]any{"consumerId": "c-1", "engagementAttributes": []any{}}
				for name, member := range members {
					report[name] = member
				}
				return report
			}
			attribute := func(kind, name string, value any) map[string]any {
				return with(map[string]any{"engagementAttributes": []any{map[string]any{"type": kind, name: value}}})
			}
			out := driveReports(t, everything,
				value, with(map[string]any{"note": value}), with(map[string]any{"consumerId": value}), with(map[string]any{"identities": value}), with(map[string]any{"identities": []any{value}}),
				with(map[string]any{"identities": []any{map[string]any{"sub": value}}}), with(map[string]any{"entryPoints": value}), with(map[string]any{"entryPoints": []any{value}}), with(map[string]any{"engagementAttributes": value}),
				with(map[string]any{"engagementAttributes": []any{value}}), attribute("lead", "lead", value), attribute("personal", "personal", value), attribute("personal", "personal", map[string]any{"contacts": value}),
				attribute("personal", "personal", map[string]any{"contacts": []any{map[string]any{"email": value, "phone": value}}}), attribute("ctmrinfo", "info", value), attribute("ctmrinfo", "info", map[string]any{"customerId": value}),
			)
			for i, msg := range out {
				if err := msg.GetError(); err != nil {
					assert.Contains(t, err.Error(), "privacy: ", i)
					assert.NotContains(t, err.Error(), "jane")
					assert.Less(t, len(err.Error()), 400)
				}
			}
		})
	}
	for _, consent := range []any{math.NaN(), []byte{0xff}, strings.Repeat("[", 1<<20), map[string]any{"marketing": math.Inf(1)}} {
		msg := service.NewMessage([]byte(`{"consumerId":"c-1","engagementAttributes":[{"type":"lead"}]}`))
		msg.MetaSetMut("liveperson_consent", consent)
		require.ErrorContains(t, drive(t, service.MessageBatch{msg}, "liveperson_privacy: {"+everything+"}")[0].GetError(), "privacy: liveperson_consent: ")
	}
}

func TestLongTexts(t *testing.T) {
	t.Parallel()
	size := 1 << 20
	if os.Getenv("LONG_TESTS") != "" {
		size = 8 << 20
	}
	for _, piece := range []string{"jane@example.com ", "@", "%25", "+1 ", "?a=1&", "//a@"} {
		text := strings.Repeat(piece, size/len(piece))
		out := driveReports(t, everything, map[string]any{"consumerId": "c-1", "engagementAttributes": []any{}, "note": text})
		assert.False(t, strings.Contains(fmt.Sprint(content(t, out[0])), "jane"), piece)
	}
}

// BenchmarkManyIDs checks that the time grows linearly with the number of ids.
func BenchmarkManyIDs(b *testing.B) {
	for _, count := range []int{50_000, 100_000} {
		identities := make([]any, count)
		for i := range identities {
			identities[i] = map[string]any{"sub": fmt.Sprint("id-", i)}
		}
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			for b.Loop() {
				driveReports(b, "contacts: strip", map[string]any{"identities": identities, "engagementAttributes": []any{}})
			}
		})
	}
}

// randomValue returns a random JSON value with parts of a text.
func randomValue(random *rand.Rand, text string, depth int) any {
	switch kind := random.IntN(8); {
	case kind == 0:
		return random.Float64() * 1e12
	case kind == 1:
		return nil
	case kind < 4 && depth > 0:
		list := make([]any, random.IntN(3))
		for i := range list {
			list[i] = randomValue(random, text, depth-1)
		}
		return list
	case kind < 6 && depth > 0:
		object := map[string]any{}
		names := []string{"type", "info", "personal", "contacts", "email", "phone", "customerId", "sub", "identities", "engagementAttributes", "entryPoints", "consumerId", "x", text}
		for range random.IntN(4) {
			object[names[random.IntN(len(names))]] = randomValue(random, text, depth-1)
		}
		return object
	case len(text) > 1:
		return text[random.IntN(len(text)):]
	}
	return text
}

// FuzzReport makes reports of any shape, with parts of a text anywhere in them. After
// contacts: strip, a second processor must find no contact in a report.
func FuzzReport(f *testing.F) {
	f.Add(uint64(1), "Jane <jane%40example.com> +49 (0) 30 1234-567 https://j:s@a.example/?a=1&b=2#c")
	f.Add(uint64(2), "\xff@\x80.com")
	f.Add(uint64(29), "J ne <jane%40example.com> +49 (0) 30a1234-567 ht 30 //j:4-567 hs@a.example/?")
	f.Add(uint64(118), "0") // numbers in members for phone numbers
	f.Add(uint64(3), "0170 12jane@example.com34567")
	f.Fuzz(func(t *testing.T, seed uint64, text string) {
		random := rand.New(rand.NewPCG(seed, 1))
		report, _ := randomValue(random, text, 6).(map[string]any)
		if report == nil {
			report = map[string]any{"note": text}
		}
		if random.IntN(4) > 0 {
			report["engagementAttributes"] = []any{map[string]any{"type": []string{"ctmrinfo", "personal", "lead"}[random.IntN(3)], "info": randomValue(random, text, 4), "personal": randomValue(random, text, 4)}}
		}
		const settings = "contacts: strip, url_query: allow_list, url_query_allow: [a]"
		first := driveReports(t, settings, report)[0]
		if err := first.GetError(); err != nil {
			assert.Contains(t, err.Error(), "privacy: ")
			return
		}
		before, err := first.AsBytes()
		require.NoError(t, err)
		second := driveReports(t, "contacts: strip", string(before))[0]
		require.NoError(t, second.GetError())
		after, err := second.AsBytes()
		require.NoError(t, err)
		assert.JSONEq(t, string(before), string(after))
	})
}
