package text_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/benthos-liveperson/benthos-liveperson/internal/text"
)

func TestSquash(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Order Completed":      "ordercompleted",
		" ORDER-completed! ":   "ordercompleted",
		"order_completed_2":    "ordercompleted2",
		"GRÖẞE":                "größe",
		"注文 完了":                "注文完了",
		"\xff--\x00":           "",
		"":                     "",
		"½ off":                "½off",
		"Order\u200bCompleted": "ordercompleted",
	} {
		assert.Equal(t, want, text.Squash(name), "%q", name)
		assert.Equal(t, "x"+want, string(text.AppendSquashed([]byte("x"), name)), "%q", name)
	}
}

func TestOf(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		value any
		want  string
		ok    bool
	}{
		{"SKU-1", "SKU-1", true},
		{json.Number("2103807459595387724"), "2103807459595387724", true},
		{int64(-7), "-7", true},
		{1e21, "1000000000000000000000", true},
		{0.1, "0.1", true},
		{true, "", false},
		{nil, "", false},
		{[]any{"a"}, "", false},
	} {
		got, ok := text.Of(test.value)
		assert.Equal(t, test.want, got, "%v", test.value)
		assert.Equal(t, test.ok, ok, "%v", test.value)
	}
}
