package campaign

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheFileOfTheDocsIsRead(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../docs/campaigns.md")
	require.NoError(t, err)
	_, text, _ := strings.Cut(string(page), "\n```\n")
	text, _, found := strings.Cut(text, "\n```\n")
	require.True(t, found)
	engagements, err := Parse([]byte(text))
	require.NoError(t, err)
	assert.Len(t, engagements, 2)
}
