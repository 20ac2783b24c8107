package sde

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// hostileValues are what mappings and decoders give and JSON does not have, and what is
// far too large: as deep as size. Their texts are made of one.
func hostileValues(text string, size int) []any {
	deep := any(text)
	for range size {
		deep = map[string]any{text: []any{deep}}
	}
	many := map[string]any{}
	for i := range size / 10 {
		many[strings.Repeat("x", i%60)+text+string(rune('a'+i%26))] = text
	}
	return []any{text, []byte(text), nil, math.NaN(), math.Inf(1), math.MaxFloat64, json.Number("1e999999999"), json.Number("-" + strings.Repeat("9", 10000)), json.Number(text), json.Number(""),
		true, struct{}{}, []any{}, []any{nil, text, 1}, map[string]any{"type": text}, map[string]any{"type": 1, text: text}, []any{map[string]any{"type": "cart", "total": text, "products": []any{text}}}, deep, many}
}

// checkHostile puts each value everywhere. Errors say where, and repeat nothing long.
func checkHostile(t *testing.T, text string, size int, kinds []string) {
	t.Helper()
	members := []string{"consumerId", "identities", "entryPoints", "engagementAttributes", "pageId", "note"}
	for _, value := range hostileValues(text, size) {
		reports := []any{value}
		for _, name := range members {
			reports = append(reports, map[string]any{"engagementAttributes": []any{}, name: value}, map[string]any{"engagementAttributes": []any{}, name: []any{value}})
		}
		for _, kind := range kinds {
			reports = append(reports, map[string]any{"engagementAttributes": []any{map[string]any{"type": kind, kind: value, "info": value, "total": value, "products": value, "keywords": value}}})
		}
		for _, report := range reports {
			found := Check(report, Options{}).Findings
			assert.Less(t, len(Describe(found)), 8000)
			if object, isObject := report.(map[string]any); isObject {
				Clean(object)
				Check(object, Options{AllowPersonalIDs: true})
			}
		}
	}
}

func TestHostileValues(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "x", "\xff\xfe", strings.Repeat("\x8f", 800), "a\x00", "\xed\xa0\x80", "jane@", strings.Repeat("@+1 %25", 100)} {
		checkHostile(t, text, 500, writeTypes)
	}
	size := 1 << 20
	if os.Getenv("LONG_TESTS") != "" {
		size = 8 << 20
	}
	for _, piece := range []string{"a", "@", "a@", "+1 ", "%25", "\xff", "1"} {
		text := strings.Repeat(piece, size/len(piece))
		Check(map[string]any{"consumerId": text, "note": text, "engagementAttributes": []any{map[string]any{"type": text}, map[string]any{"type": "cart", "total": text, text: text}}}, Options{})
	}
}

func FuzzHostileValues(f *testing.F) {
	for _, text := range []string{"x", "\xff", "jane@example.com", "+49 30 123456", "1,234.50"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { checkHostile(t, text, 10, []string{Cart, CustomerInfo, VisitorError}) })
}
