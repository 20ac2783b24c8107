package tests

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The program of the page about extending is built as the page shows it, and runs the page's preset.
func TestTheProgramAndPresetOfTheExtendPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("docs/extend.md")
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?s)```(?:text|go)\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	require.Len(t, blocks, 3)
	folder := t.TempDir()
	template, pipeline, program := filepath.Join(folder, "acme_bookings.yaml"), filepath.Join(folder, "pipeline.yaml"), filepath.Join(folder, "main.go")
	for i, path := range []string{template, pipeline, program} {
		require.NoError(t, os.WriteFile(path, []byte(blocks[i][1]), 0o600))
	}
	binary := filepath.Join(folder, "acme")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, program).CombinedOutput()
	require.NoError(t, err, "%s", out)

	_, stderr, err := process(t, nil, "template", "lint", template)
	require.NoError(t, err, stderr)
	run := exec.CommandContext(t.Context(), binary, "run", "--sandbox", "-t", template,
		"-s", "http.enabled=false", "-s", "input.stdin.scanner.lines={}", "-s", "output.stdout.codec=lines", pipeline)
	run.Stdin = strings.NewReader(`{"anonymousId": "c-1", "booking": {"number": 7, "price": 250}}` + "\n")
	out, err = run.CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Contains(t, string(out), `"consumerId":"c-1"`)
	assert.Contains(t, string(out), `"iss":"acme.example.com"`)
	assert.Contains(t, string(out), `"orderId":"7"`)
}
