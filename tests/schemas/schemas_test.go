// Package schemas compares our check of engagement attributes with another validator of JSON
// Schema, which reads the same schemas. It is a module of its own, so that the project itself
// does not depend on that validator.
package schemas

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
)

// compile gives the schema of a report as the other validator has it.
func compile(t testing.TB) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	names, err := fs.Glob(sde.Schemas, "schema/*.json")
	require.NoError(t, err)
	for _, name := range names {
		text, err := sde.Schemas.ReadFile(name)
		require.NoError(t, err)
		parsed, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
		require.NoError(t, err)
		require.NoError(t, c.AddResource("file:///"+path.Base(name), parsed))
	}
	s, err := c.Compile("file:///report.json")
	require.NoError(t, err)
	return s
}

// examples gives the schemas' own examples of engagement attributes, as text.
func examples(t testing.TB) []string {
	t.Helper()
	var all []string
	for _, name := range sde.WriteTypes() {
		text, err := sde.Schemas.ReadFile("schema/" + name + ".json")
		require.NoError(t, err)
		var file struct{ Examples []json.RawMessage }
		require.NoError(t, json.Unmarshal(text, &file))
		require.NotEmpty(t, file.Examples, name)
		for _, example := range file.Examples {
			all = append(all, string(example))
		}
	}
	return all
}

func report(t testing.TB, attribute string) map[string]any {
	t.Helper()
	parsed, err := jsonschema.UnmarshalJSON(strings.NewReader(
		`{"consumerId":"a","identities":[{"iss":"LivePerson","acr":"0","sub":"a"}],"entryPoints":["http://www.brand.com"],"engagementAttributes":[` + attribute + `]}`))
	require.NoError(t, err)
	return parsed.(map[string]any)
}

// beyond are the codes of findings that JSON Schema has no words for.
var beyond = []string{"date", "control", "personal_id", "unknown_member"}

// verdict tells whether our check has something against a report that a JSON Schema
// could have as well.
func verdict(report any) bool {
	return !slices.ContainsFunc(sde.Check(report, sde.Options{}).Findings, func(f sde.Finding) bool { return !slices.Contains(beyond, f.Code) })
}

// The examples, broken at random, are judged alike by both.
func TestBothValidatorsAgree(t *testing.T) {
	t.Parallel()
	schema, all := compile(t), examples(t)
	random := rand.New(rand.NewPCG(1, 2))
	valid, invalid := 0, 0
	for i := range 30_000 {
		broken := report(t, all[i%len(all)])
		for range random.IntN(4) {
			breakSomething(random, broken)
		}
		sde.Clean(broken) // what is empty is not there for us, and is for others
		want := schema.Validate(broken) == nil
		if !assert.Equal(t, want, verdict(broken), "%v\n%v", describe(broken), sde.Check(broken, sde.Options{}).Findings) {
			return
		}
		if want {
			valid++
		} else {
			invalid++
		}
	}
	assert.Greater(t, valid, 5000, "neither says so of all")
	assert.Greater(t, invalid, 5000)
}

// breakSomething replaces or takes away one member, or item, at any depth.
func breakSomething(random *rand.Rand, value any) {
	switch v := value.(type) {
	case map[string]any:
		if len(v) == 0 {
			return
		}
		names := make([]string, 0, len(v))
		for name := range v {
			names = append(names, name)
		}
		slices.Sort(names) // a map's order is not the seed's
		name := names[random.IntN(len(names))]
		switch random.IntN(6) {
		case 0:
			delete(v, name)
		case 1:
			v[name] = anyValue(random)
		case 2:
			v["somethingElseAltogether"] = anyValue(random)
		default:
			breakSomething(random, v[name])
		}
	case []any:
		if len(v) == 0 {
			return
		}
		i := random.IntN(len(v))
		if random.IntN(5) == 0 {
			v[i] = anyValue(random)
			return
		}
		breakSomething(random, v[i])
	}
}

func anyValue(random *rand.Rand) any {
	values := []any{
		nil, "", "a", "USD", "usd", "en-US", "MALE", "7", "4743822558", true, false,
		json.Number("0"), json.Number("1"), json.Number("-1"), json.Number("1.5"), json.Number("30.0"), json.Number("3000000000"), json.Number("14"),
		[]any{}, []any{"a"}, []any{nil}, map[string]any{}, map[string]any{"type": "cart"}, map[string]any{"type": "weather", "a": "b"},
	}
	return values[random.IntN(len(values))]
}

func describe(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(text)
}

// BenchmarkValidators shows what a report's check costs, beside the other validator.
func BenchmarkValidators(b *testing.B) {
	schema, all := compile(b), examples(b)
	reports := make([]any, len(all))
	for i, example := range all {
		reports[i] = report(b, example)
	}
	b.Run("ours", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if found := sde.Check(reports[i%len(reports)], sde.Options{}).Findings; len(found) > 0 {
				b.Fatal(found)
			}
		}
	})
	b.Run("santhosh-tekuri", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if err := schema.Validate(reports[i%len(reports)]); err != nil {
				b.Fatal(err)
			}
		}
	})
}
