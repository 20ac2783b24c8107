package strictyaml

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type file struct {
	Items []struct {
		Count int `yaml:"count"`
	} `yaml:"items"`
}

func TestDecode(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		"":                                      "",
		"items: [{count: 1}]":                   "",
		`{"items": [{"count": 1}]}`:             "",
		"items:\n  - cout: 1":                   "line 2: field cout not found",
		"items:\n  - count: 1\n  - count: many": "line 3: cannot unmarshal !!str `many`",
		"items: [{count: 1}":                    "line 1: ",
		"items: []\n---\nitems: [{count: 1}]":   "more than one document",
		"a: 1\nb: 2":                            "line 1: field a not found; line 2: field b not found",
	} {
		err := Decode([]byte(text), &file{})
		if says == "" {
			require.NoError(t, err, text)
			continue
		}
		require.ErrorContains(t, err, says)
		assert.NotContains(t, err.Error(), "strictyaml", "no word of Go's types")
	}
}

func TestTypesWithoutANameAreNotShown(t *testing.T) {
	t.Parallel()
	var into struct {
		Items []file `yaml:"items"`
	}
	require.EqualError(t, Decode([]byte("itmes: []"), &into), "line 1: field itmes not found")
}

func TestLine(t *testing.T) {
	t.Parallel()
	text := []byte("# a comment\nitems:\n  - count: 1\n\n  - count: 2\n")
	assert.Equal(t, 3, Line(text, "items", 0))
	assert.Equal(t, 5, Line(text, "items", 1))
	assert.Equal(t, 0, Line(text, "items", 2))
	assert.Equal(t, 0, Line(text, "others", 0))
}
