package tests

import (
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A block of commands on a page is run if this comment is in front of it.
const runsMark = "<!-- runs -->\n\n"

// TestMarkedBlocksRun runs the marked commands of the pages, as a reader would: in a folder with the project's files, with
// the binary in the path. Free ports take the place of the usual ones.
func TestMarkedBlocksRun(t *testing.T) {
	t.Parallel()
	blocks := 0
	for _, page := range pagesOf(t) {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for i, block := range strings.Split(string(text), runsMark)[1:] {
			blocks++
			t.Run(fmt.Sprint(page, " ", i), func(t *testing.T) {
				t.Parallel()
				runBlock(t, commandsOf(block))
			})
		}
	}
	assert.GreaterOrEqual(t, blocks, 5)
}

// pagesOf returns the README and all guides.
func pagesOf(t *testing.T) []string {
	t.Helper()
	pages := []string{"README.md", "CONTRIBUTING.md", "SECURITY.md", "cmd/connect-liveperson/README.md"}
	for _, pattern := range []string{"docs/*.md", "docs/*/*.md"} {
		found, err := filepath.Glob(pattern)
		require.NoError(t, err)
		pages = append(pages, found...)
	}
	return pages
}

// commandsOf returns the indented lines at the beginning of a text.
func commandsOf(text string) string {
	var commands strings.Builder
	for line := range strings.Lines(text) {
		command, indented := strings.CutPrefix(line, "    ")
		if !indented && strings.TrimSpace(line) != "" {
			break
		}
		commands.WriteString(strings.TrimPrefix(command, "    "))
	}
	return commands.String()
}

//go:embed testdata/program.sh
var programScript string

func runBlock(t *testing.T, commands string) {
	t.Helper()
	for _, tool := range []string{"bash", "curl"} {
		if _, err := exec.LookPath(tool); err != nil && strings.Contains("bash "+commands, tool) {
			t.Skip(tool + " is not installed")
		}
	}
	folder, tools := t.TempDir(), t.TempDir()
	project, err := os.Getwd()
	require.NoError(t, err)
	for _, name := range []string{"config", "tests", "cmd", "docs"} {
		require.NoError(t, os.Symlink(filepath.Join(project, name), filepath.Join(folder, name)))
	}
	// go run and go build of the page take the test's own binary.
	for _, name := range []string{"benthos-liveperson", "go"} {
		require.NoError(t, os.WriteFile(filepath.Join(tools, name), []byte(programScript), 0o700))
	}
	own, webhook := freeAddress(t), freeAddress(t)
	script := strings.NewReplacer("127.0.0.1:8900", freeAddress(t), "127.0.0.1:4195", own).Replace(commands)
	block := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n"+script)
	block.WaitDelay = stopWithin
	block.Dir = folder
	block.Env = []string{
		"PATH=" + tools + ":" + os.Getenv("PATH"), "HOME=" + folder, "TMPDIR=" + folder, "PROGRAM=" + os.Args[0], "ENTRY=" + asCLI,
		"HTTP_ADDRESS=" + own, "WEBHOOK_ADDRESS=" + webhook, "DEAD_LETTER_FILE=" + filepath.Join(folder, "dead-letters.jsonl"),
	}
	out, err := block.CombinedOutput()
	assert.NoError(t, err, "%s\n%s", script, out)
}
