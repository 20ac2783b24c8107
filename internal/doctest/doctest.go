// Package doctest compares the generated sections of Markdown pages with what they are
// generated from.
package doctest

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the generated sections of the docs instead of comparing them")

// Section compares a section of a page with want. With the flag -update it writes want into
// the page. The section begins with the comment "<!-- name: written by COMMAND -->" and ends
// with "<!-- end -->". command is the go test command that writes it.
func Section(t *testing.T, page, name, command, want string) {
	t.Helper()
	begin, end := fmt.Sprintf("<!-- %s: written by %s -->\n", name, command), "<!-- end -->"
	content, err := os.ReadFile(page)
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(content), begin)
	require.True(t, found, "%s has no section %s", page, name)
	old, after, found := strings.Cut(rest, end)
	require.True(t, found, "the section %s of %s has no end", name, page)
	if *update {
		require.NoError(t, os.WriteFile(page, []byte(before+begin+want+end+after), 0o600))
		return
	}
	assert.Equal(t, want, old, "run %s", command)
}
