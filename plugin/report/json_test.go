package report

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// assertAsBenthos holds our JSON against Benthos', which has none for what can't be
// encoded.
func assertAsBenthos(t *testing.T, content map[string]any) {
	t.Helper()
	msg := service.NewMessage(nil)
	msg.SetStructured(content)
	want, err := msg.AsBytes()
	require.NoError(t, err)

	body, err := encodeContent(content)
	assert.Equal(t, string(want), string(body))
	assert.Equal(t, len(want) == 0, err != nil, "an error when there is no JSON")
}

func TestJSONIsThatOfBenthos(t *testing.T) {
	t.Parallel()
	values := map[string]any{
		"null": nil, "no list": []any(nil), "no object": map[string]any(nil), "empty": []any{"", []any{}, map[string]any{}, true, false},
		"whole numbers":        []any{1, int64(-1), uint64(math.MaxUint64), int32(7), uint8(8), int64(math.MinInt64)},
		"floats":               []any{0.0, math.Copysign(0, -1), 64.5, -176.25, 1e-6, 9.9e-7, 1e20, 1e21, -1e21, math.MaxFloat64, math.SmallestNonzeroFloat64, float32(0.1)},
		"numbers as written":   []any{json.Number("0"), json.Number("11.70"), json.Number("-1"), json.Number("1E+2"), json.Number("0.0e0"), json.Number("")},
		"text":                 []any{`a "b" \ c`, "a\x00\t\n\x1f\x7f", "<a href='x?a=1&b=2'>", "Frühling 🚲", "\u2028", "a\u2029", "\xff", "\xc3", "\ufffd"},
		"member\n\"\u2028\xff": 1, "<&>": 1, "Ä": 1, "a": 1, "B": 1, "": 1,
		"bytes": []byte("abc"), "time": time.Unix(0, 0).UTC(), "typed": map[string]string{"b": "<", "a": "\xff"}, "texts": []string{"<"}, "raw": json.RawMessage(`{"a": "<"}`),
	}
	assertAsBenthos(t, values)
	for name, value := range values {
		assertAsBenthos(t, map[string]any{name: value})
	}
}

func TestWhatJSONDoesNotHaveIsAnError(t *testing.T) {
	t.Parallel()
	for _, value := range []any{
		math.NaN(), math.Inf(1), math.Inf(-1), json.Number("01"), json.Number("1."), json.Number(".5"), json.Number("1.2.3"), json.Number("x"),
		json.Number("-"), json.Number(" 1"), json.Number("٣"), func() {}, map[any]any{"a": 1}, json.RawMessage(`{`),
	} {
		content := map[string]any{"a": []any{map[string]any{"b": value}}}
		assertAsBenthos(t, content)
		_, err := encodeContent(content)
		assert.Equal(t, errNoJSON, err, "%T: the value is not told", value)
		assertAsBenthos(t, map[string]any{"after": "an error"})
	}
}

// What encodings share is none of what they give.
func TestJSONStaysAsItIs(t *testing.T) {
	t.Parallel()
	var bodies [][]byte
	for _, text := range []string{"first", "other", "third"} {
		body, err := encodeContent(map[string]any{"a": text})
		require.NoError(t, err)
		bodies = append(bodies, body)
	}
	assert.Equal(t, []string{`{"a":"first"}`, `{"a":"other"}`, `{"a":"third"}`}, []string{string(bodies[0]), string(bodies[1]), string(bodies[2])})
}

func TestJSONOfAnythingIsThatOfBenthos(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		assertAsBenthos(t, map[string]any{"a": anything(random, 4), anyText(random): anything(random, 4)})
	}
}

// anything gives a value as decoders and mappings do, of any kind that JSON has.
func anything(random *rand.Rand, depth int) any {
	kinds := 10
	if depth == 0 {
		kinds = 8
	}
	switch random.IntN(kinds) {
	case 0:
		return nil
	case 1:
		return random.IntN(2) == 0
	case 2:
		return random.Int64() - random.Int64()
	case 3:
		return math.Ldexp(random.NormFloat64(), random.IntN(2000)-1000)
	case 4:
		return math.Round(random.NormFloat64()*1e6) / 100 // an amount of money
	case 5:
		return json.Number(strconv.FormatFloat(random.NormFloat64()*100, "efg"[random.IntN(3)], random.IntN(6), 64))
	case 6, 7:
		return anyText(random)
	case 8:
		list := make([]any, random.IntN(5))
		for i := range list {
			list[i] = anything(random, depth-1)
		}
		return list
	}
	object := map[string]any{}
	for range random.IntN(20) {
		object[anyText(random)] = anything(random, depth-1)
	}
	return object
}

func anyText(random *rand.Rand) string {
	if random.IntN(2) == 0 {
		return anyOf(random, "abcdefghijklmnopqrstuvwxyzABCDEFGH0123456789_ /:.-")
	}
	return anyOf(random, "ab<>&\"\\\x00\n\x7fäß🚲\u2028\u2029\ufffd\xff\xc3")
}

// anyOf picks bytes, so that it also gives broken UTF-8.
func anyOf(random *rand.Rand, bytes string) string {
	var text strings.Builder
	for range random.IntN(12) {
		from := random.IntN(len(bytes))
		text.WriteString(bytes[from:min(len(bytes), from+1+random.IntN(4))])
	}
	return text.String()
}

func FuzzJSONIsThatOfBenthos(f *testing.F) {
	f.Add(pageReport, "Frühling\u2028\xff", 64.5)
	f.Add(orderReport, "<a>\x00", math.NaN())
	f.Add(`{"a":[1e400,-0,{"b":null}],"":{}}`, `\"`, 1e21)
	f.Fuzz(func(t *testing.T, text, name string, number float64) {
		decoded := service.NewMessage([]byte(text))
		content, err := decoded.AsStructured()
		if err != nil {
			return
		}
		assertAsBenthos(t, map[string]any{"decoded": content})
		assertAsBenthos(t, map[string]any{"decoded": content, name: []any{name, number, json.Number(name)}})
	})
}
