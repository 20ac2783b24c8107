package page_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Third-party files are unchanged copies from their packages. vendor/README.md names the packages.
func TestFilesOfOthersAreUnchanged(t *testing.T) {
	t.Parallel()
	list, err := os.ReadFile("files/vendor/README.md")
	require.NoError(t, err)
	rows := regexp.MustCompile("(?m)^\\| `([^`]+)` \\|.*\\| `([0-9a-f]{64})` \\|$").FindAllStringSubmatch(string(list), -1)
	require.NotEmpty(t, rows)
	listed := map[string]bool{}
	for _, row := range rows {
		text, err := os.ReadFile(filepath.Join("files/vendor", row[1]))
		require.NoError(t, err)
		hash := sha256.Sum256(text)
		assert.Equal(t, row[2], hex.EncodeToString(hash[:]), row[1])
		listed[row[1]] = true
	}
	names, err := filepath.Glob("files/vendor/*")
	require.NoError(t, err)
	for _, name := range names {
		base := filepath.Base(name)
		ours := strings.HasSuffix(base, ".d.ts") || base == "README.md" || strings.HasSuffix(base, ".LICENSE")
		assert.True(t, ours || listed[base], "%s is not in vendor/README.md", base)
	}
}

// The page does not use functions that turn text into markup or code, so no event can become
// either.
func TestThePageMakesNoMarkupOfTexts(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("files/*.js")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	forbidden := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|dangerouslySetInnerHTML|document\.write|eval\(|new Function|srcdoc|localStorage\.setItem\((?:[^'"]|'[^t])`)
	for _, name := range names {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		assert.Empty(t, forbidden.FindString(string(text)), name)
	}
	html, err := os.ReadFile("files/index.html")
	require.NoError(t, err)
	assert.NotRegexp(t, `(?i)https?://|<style|<script>| on[a-z]+=`, string(html))
	for _, name := range names { // a module that is missing there is loaded only after its importer
		if base := filepath.Base(name); base != "app.js" {
			assert.Contains(t, string(html), `"modulepreload" href="/sandbox/page/`+base+`"`)
		}
	}
}
