package messaging

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheWebhooksOfTheDocsAreRead(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../docs/sandbox.md")
	require.NoError(t, err)
	_, text, _ := strings.Cut(string(page), "```\nevents:\n")
	text, _, found := strings.Cut(text, "```\n")
	require.True(t, found)
	hooks, err := ParseWebhooks([]byte("events:\n" + text))
	require.NoError(t, err)
	assert.Len(t, hooks.Endpoints, 2)
	assert.Len(t, hooks.Faults, 3)
	assert.True(t, hooks.DisableSlow)
}
