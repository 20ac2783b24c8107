package strictyaml

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type file struct {
	Items []struct {
		Count int    `yaml:"count"`
		Limit *int   `yaml:"limit"`
		Seed  uint64 `yaml:"seed"`
		inner `yaml:",inline"`
	} `yaml:"items"`
	Named map[string]inner `yaml:"named"`
	Any   map[string]any   `yaml:"any"`
	Said  texts            `yaml:"said"`
	After pause            `yaml:"after"`
}

type inner struct {
	Share   float64  `yaml:"share"`
	Secret  string   `yaml:"secret"`
	Loading bool     `yaml:"loading"`
	Types   []string `yaml:"types"`
}

type texts []string

func (t *texts) UnmarshalYAML(read func(any) error) error {
	var one string
	if read(&one) == nil {
		*t = texts{one}
		return nil
	}
	return read((*[]string)(t))
}

type pause string

func (p *pause) UnmarshalText(text []byte) error {
	if string(text) != "1s" {
		return errors.New("expected a pause")
	}
	*p = pause(text)
	return nil
}

const (
	itemMembers = "there are count, limit, seed, share, secret, loading, types"
	fileMembers = "there are items, named, any, said, after"
)

func TestDecode(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ text, says string }{
		"empty":                 {"", ""},
		"a comment":             {"# nothing", ""},
		"null":                  {"null", ""},
		"well written":          {"items: [{count: 1, share: .5, types: [a]}]\nnamed: {x: {secret: 5}}\nafter: 1s\nsaid: [a, b]", ""},
		"JSON":                  {`{"items": [{"count": 1}], "said": "x"}`, ""},
		"JSON with tabs":        {"{\n\t\"items\": [\n\t\t{\"count\": 1}\n\t]\n}", ""},
		"null in place of all":  {"items: [{count: null, limit: null}, null]\nnamed:\nany: {x: null}", ""},
		"an alias":              {"items: [&a {count: 1}, *a]", ""},
		"a merge":               {"items: [&a {count: 1}, {<<: *a, share: 1}]", ""},
		"a merge of several":    {"items: [&a {count: 1}, &b {limit: 1}, {<<: [*a, *b]}]", ""},
		"a misspelt member":     {"items:\n  - cuont: 1", `line 2: items[0]: there is no member "cuont": write count; ` + itemMembers},
		"a member inlined":      {"items:\n  - count: 1\n    sahre: 1", `line 3: items[0]: there is no member "sahre": write share; ` + itemMembers},
		"a member of a map":     {"named:\n  x:\n    Secrets: abc", `line 3: named.x: there is no member "Secrets": write secret; there are share, secret, loading, types`},
		"an unlike member":      {"items: [{x: 1}]", `line 1: items[0]: there is no member "x"; ` + itemMembers},
		"the wrong case":        {"Items: []", `line 1: there is no member "Items": write items; ` + fileMembers},
		"several":               {"a: 1\nb: 2", `line 1: there is no member "a"; ` + fileMembers + `; line 2: there is no member "b"; ` + fileMembers},
		"in a merge":            {"items: [{<<: {cuont: 1}}]", `items[0]: there is no member "cuont": write count`},
		"a long name":           {strings.Repeat("n", 1000) + ": 1", `there is no member "` + strings.Repeat("n", 40) + `…";`},
		"a number too many":     {"items:\n  - count: 1\n  - count: many", "line 3: items[1].count: expected a whole number, got text"},
		"a fraction":            {"items: [{count: 1.5}]", "line 1: items[0].count: expected a whole number, got another number"},
		"no number that counts": {"items: [{count: .nan}, {limit: -.inf}]", "line 1: items[0].count: expected a whole number, got another number; line 1: items[1].limit"},
		"a whole number as 1e3": {"items: [{count: 1e3}]", ""},
		"a pointer":             {"items: [{limit: [1]}]", "line 1: items[0].limit: expected a whole number, got a list"},
		"a negative seed":       {"items: [{seed: -1}]", "line 1: items[0].seed: expected a whole number that is not negative, got another number"},
		"no number":             {"items: [{share: {a: 1}}]", "line 1: items[0].share: expected a number, got an object"},
		"no truth":              {"items: [{loading: 7}]", "line 1: items[0].loading: expected true or false, got another number"},
		"a list for a text":     {"items: [{secret: [hunter2]}]", "line 1: items[0].secret: expected text, got a list"},
		"a text for a list":     {"items: hunter2", "line 1: items: expected a list, got text"},
		"a text for an object":  {"items: [hunter2]", "line 1: items[0]: expected an object with count, limit,"},
		"a text for a map":      {"named: hunter2", "line 1: named: expected an object, got text"},
		"a list for all":        {"- hunter2", "line 1: expected an object with items, named, any, said, after; got a list"},
		"texts that are none":   {"said: {a: hunter2}", "line 1: said: expected text or a list of texts, got an object"},
		"text that is read":     {"after: hunter2", "line 1: after: expected a pause"},
		"a list to be read":     {"after: [hunter2]", "line 1: after: expected text, got a list"},
		"twice the same member": {"items: []\nitems: []", `line 2: mapping key "items" already defined at line 1`},
		"no YAML":               {"items: [{count: 1}", "line 1: "},
		"two documents":         {"items: []\n---\nitems: [{count: 1}]", "more than one document"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := Decode([]byte(test.text), &file{})
			if test.says == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, test.says)
			for _, never := range []string{"strictyaml", "struct", "yaml:", "unmarshal", "hunter2", "[]string", "float64"} {
				assert.NotContains(t, err.Error(), never)
			}
		})
	}
}

// Decode reads JSON escapes that YAML does not have.
func TestJSONIsPartOfIt(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"said": "\ud83d\ude00 a\/b \u00e9 \\ud83d \\/"}`: "😀 a/b é \\ud83d \\/",
		`{"said": "\"\n"}`:        "\"\n",
		"{\n\t\"said\": \"x\"\n}": "x",
	} {
		var read file
		require.NoError(t, Decode([]byte(text), &read), text)
		assert.Equal(t, texts{want}, read.Said)
	}
}

func TestFilesAreBounded(t *testing.T) {
	t.Parallel()
	list := func(item string, n int) string { return "[" + strings.Repeat(item+",", n) + "]" }
	var members strings.Builder
	for i := range MaxItems + 1 {
		fmt.Fprintf(&members, "k%d: 1\n", i)
	}
	tests := map[string]struct{ text, says string }{
		"as many items as may be": {"items: " + list("{count: 1}", MaxItems), ""},
		"too many items":          {"items: " + list("{count: 1}", MaxItems+1), "line 1: items: has 1001 items: write 1000 at most"},
		"too many in one":         {"items: [{types: " + list("a", 20_000) + "}]", "line 1: items[0].types: has 20000 items"},
		"too many texts":          {"said: " + list("a", MaxItems+1), "line 1: said: has 1001 items"},
		"too many members":        {members.String(), "line 1: has 1001 members: write 1000 at most"},
		"too many in a map":       {"named:\n  " + strings.ReplaceAll(members.String(), "\n", "\n  "), "named: has 1001 members"},
		"too many in anything":    {"any: {x: " + list("a", MaxItems+1) + "}", "any.x: has 1001 items"},
		"too many values":         {"any: {x: " + list(list("1", 500), 500) + "}", "has more than 100000 values"},
		"too many aliases":        {"any: {x: &x " + list("1", 900) + ", y: &y " + list("*x", 900) + ", z: " + list("*y", 900) + "}", "has more than 100000 values"},
		"too long":                {"# " + strings.Repeat("x", MaxBytes), "the file is too long: send 1048576 bytes at most"},
		"too many mistakes":       {"items: " + list("{x: 1}", 900), "items[9]"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := Decode([]byte(test.text), &file{})
			if test.says == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, test.says)
			assert.Less(t, len(err.Error()), 2000, "errors are bounded, too")
		})
	}
}

func TestLine(t *testing.T) {
	t.Parallel()
	text := []byte("# a comment\nitems:\n  - count: 1\n\n  - count: 2\n")
	assert.Equal(t, 3, Line(text, "items", 0))
	assert.Equal(t, 5, Line(text, "items", 1))
	assert.Equal(t, 0, Line(text, "items", 2))
	assert.Equal(t, 0, Line(text, "others", 0))
	assert.Equal(t, 2, Line([]byte("{\"items\":\n[{\"said\": \"\\/\"}]}"), "items", 0))
}
