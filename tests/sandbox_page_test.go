package tests

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

const sandboxPage = "docs/sandbox.md"

func TestTheSandboxPageHasAllPagesAndPresets(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(sandboxPage)
	require.NoError(t, err)
	answer := httptest.NewRecorder()
	sandbox.New(sandbox.Options{}).ServeHTTP(answer, httptest.NewRequest("GET", "/sandbox/openapi.json", nil))
	var api struct{ Paths map[string]any }
	require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &api))
	require.NotEmpty(t, api.Paths)
	for path := range api.Paths {
		assert.Contains(t, string(text), path)
	}
	for _, preset := range sandbox.ChaosPresets() {
		assert.Contains(t, string(text), "| `"+preset+"` |")
	}
}

func TestTheSandboxPagesRulesAreThoseOfTheFile(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(sandboxPage)
	require.NoError(t, err)
	example, err := os.ReadFile("tests/ci/chaos.yaml")
	require.NoError(t, err)
	rules, err := sandbox.ParseChaos(example)
	require.NoError(t, err)
	assert.Len(t, rules, 4)
	_, shown, _ := strings.Cut(strings.TrimSpace(string(example)), "\n")
	assert.Contains(t, string(text), "    "+strings.ReplaceAll(shown, "\n", "\n    "))
}
