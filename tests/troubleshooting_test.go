package tests

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Every error text on the page is in the code. … stands for values.
func TestTroubleshootingHasTextsOfTheCode(t *testing.T) {
	t.Parallel()
	var code strings.Builder
	for _, folder := range []string{"internal", "plugin", "bloblang"} {
		require.NoError(t, filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || strings.HasSuffix(path, "_test.go") || !strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".blobl") {
				return err
			}
			text, err := os.ReadFile(path)
			code.Write(text)
			return err
		}))
	}
	page, err := os.ReadFile("docs/troubleshooting.md")
	require.NoError(t, err)
	rows := regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(string(page), -1)
	require.Greater(t, len(rows), 20)
	for _, row := range rows {
		for part := range strings.SplitSeq(row[1], "…") {
			assert.Contains(t, code.String(), strings.TrimSpace(part), "no error has this text: %s", row[1])
		}
	}
}

// Every relative link of the README and the guides leads to a file and, within it, to a heading.
func TestLinksResolve(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	pages, err := filepath.Glob("docs/*.md")
	require.NoError(t, err)
	sources, err := filepath.Glob("docs/sources/*.md")
	require.NoError(t, err)
	for _, page := range append(append(pages, sources...), "README.md") {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, found := range link.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(found[1], "://") || strings.HasPrefix(found[1], "mailto:") {
				continue
			}
			file, anchor, _ := strings.Cut(found[1], "#")
			target := page
			if file != "" {
				target = filepath.Join(filepath.Dir(page), file)
			}
			if _, err := os.Stat(target); assert.NoError(t, err, "a link of %s", page) {
				assertHeading(t, page, target, anchor)
			}
		}
	}
}

func assertHeading(t *testing.T, page, target, anchor string) {
	t.Helper()
	if anchor == "" || !strings.HasSuffix(target, ".md") {
		return
	}
	text, err := os.ReadFile(target)
	require.NoError(t, err)
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(string(text), -1) {
		slug := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(heading[1]), "")
		if strings.ReplaceAll(slug, " ", "-") == anchor {
			return
		}
	}
	assert.Fail(t, "no heading", "%s links to %s#%s", page, target, anchor)
}
