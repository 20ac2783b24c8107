package contact

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNamesInTheLog(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "Order Completed", Printable("Order Completed"))
	assert.Equal(t, strings.Repeat("ä", 40)+"…", Printable(strings.Repeat("ä", 41)))
	for _, name := range []string{"mail from jane.roe@example.com", "call +1 212 788 8877", "half \xff"} {
		assert.Equal(t, "(a name that is not shown)", Printable(name))
	}
}

func TestPrintable(t *testing.T) {
	for name, want := range map[string]string{
		"Order Completed":              "Order Completed",
		strings.Repeat("a", 81):        strings.Repeat("a", 80) + "…",
		strings.Repeat("a", 79) + "éa": strings.Repeat("a", 79) + "…", // the cut is inside the é
		strings.Repeat("\x80", 200):    "(a name that is not shown)",
		"jane@example.com":             "(a name that is not shown)",
		"Own\nreported        99":      "(a name that is not shown)",
		"\x1b[31mred":                  "(a name that is not shown)",
		"right\u202eleft":              "(a name that is not shown)",
		"Größe – 注文 / ½":               "Größe – 注文 / ½",
	} {
		assert.Equal(t, want, Printable(name), "%q", name)
	}
}
