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

// Every relative link of the pages leads to a file and, within it, to a heading.
func TestLinksResolve(t *testing.T) {
	t.Parallel()
	checked := 0
	for _, page := range pagesOf(t) {
		for _, link := range linksOf(t, page) {
			file, anchor, _ := strings.Cut(link, "#")
			checked++
			if _, err := os.Stat(file); assert.NoError(t, err, "a link of %s", page) {
				assertHeading(t, page, file, anchor)
			}
		}
	}
	assert.Greater(t, checked, 300)
}

// linksOf returns the relative links of a page, each as a path from the project's folder with the anchor.
func linksOf(t *testing.T, page string) (links []string) {
	t.Helper()
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	for _, found := range regexp.MustCompile(`\]\(([^)\s]+)\)`).FindAllStringSubmatch(withoutBlocks(string(text)), -1) {
		file, anchor, hasAnchor := strings.Cut(found[1], "#")
		if strings.Contains(found[1], "://") || strings.HasPrefix(file, "mailto:") {
			continue
		}
		link := page
		if file != "" {
			link = filepath.ToSlash(filepath.Join(filepath.Dir(page), file))
		}
		if hasAnchor {
			link += "#" + anchor
		}
		links = append(links, link)
	}
	return links
}

// withoutBlocks takes blocks of code out of a page.
func withoutBlocks(page string) string {
	return regexp.MustCompile("(?ms)^ *```.*?^ *```$").ReplaceAllString(page, "")
}

func assertHeading(t *testing.T, page, target, anchor string) {
	t.Helper()
	if anchor == "" || !strings.HasSuffix(target, ".md") {
		return
	}
	text, err := os.ReadFile(target)
	require.NoError(t, err)
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(withoutBlocks(string(text)), -1) {
		slug := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(heading[1]), "")
		if strings.ReplaceAll(slug, " ", "-") == anchor {
			return
		}
	}
	assert.Fail(t, "no heading", "%s links to %s#%s", page, target, anchor)
}

// answers says where a user's question is answered. A page that must be searched for the question's words has them in says.
var answers = []struct{ question, page, says string }{
	{"my carts don't show", "docs/troubleshooting.md", "My carts don't show"},
	{"401", "docs/operations.md#what-errors-mean", "| 401 |"},
	{"duplicates", "docs/operations.md#de-duplication", ""},
	{"how much memory", "docs/operations.md#memory", ""},
	{"how fast is it", "docs/operations.md#speed", ""},
	{"what is the app key, and where is it", "README.md#going-to-production", "APP_INSTALLATION_ID"},
	{"which settings can't be changed later", "docs/operations.md#decide-on-the-first-day", ""},
	{"my event is dropped", "docs/operations.md#events-without-a-report", ""},
	{"how do I read Kafka", "docs/scale-out.md", ""},
	{"several instances", "docs/scale-out.md", ""},
	{"how do I connect Segment", "docs/sources/segment.md", ""},
	{"how do I add a property of my own", "docs/customize.md#add-a-property-that-the-preset-does-not-read", ""},
	{"which personal data leaves", "docs/privacy.md#what-still-leaves", ""},
	{"how do I erase a consumer", "docs/privacy.md#erasure", ""},
	{"agents don't see the attributes beside the chat", "docs/visit.md", ""},
	{"where are the failed events, and how are they sent again", "docs/dead-letters.md", ""},
	{"the port is taken", "docs/messaging.md#when-a-port-changes", ""},
	{"the webhook answers 401", "docs/troubleshooting.md", "the signature is missing"},
	{"rotate a secret without an outage", "docs/messaging.md#rotation-of-secrets", ""},
	{"test my pipeline in CI", "docs/ci.md", ""},
	{"which metrics and alerts are there", "docs/operations.md#monitoring", ""},
	{"LivePerson is down", "docs/operations.md#outages-and-overload", ""},
	{"is it safe to upgrade", "docs/upgrade.md", ""},
}

// Two links lead from the README to the answer of each question.
func TestTwoClicksLeadToTheAnswer(t *testing.T) {
	t.Parallel()
	reached := map[string]bool{"README.md": true}
	page := func(link string) string { return strings.Split(link, "#")[0] }
	for _, first := range linksOf(t, "README.md") {
		reached[first] = true
		if strings.HasSuffix(page(first), ".md") {
			for _, second := range linksOf(t, page(first)) {
				reached[second] = true
			}
		}
	}
	assert.GreaterOrEqual(t, len(answers), 20)
	for _, answer := range answers {
		assert.True(t, reached[answer.page] || answer.page == "README.md#going-to-production", "%s: no two links lead to %s", answer.question, answer.page)
		text, err := os.ReadFile(page(answer.page))
		require.NoError(t, err)
		assert.Contains(t, string(text), answer.says, answer.question)
		_, anchor, _ := strings.Cut(answer.page, "#")
		assertHeading(t, answer.question, page(answer.page), anchor)
	}
}

// A guide says first what the reader will be able to do.
func TestGuidesSayFirstWhatTheyAreFor(t *testing.T) {
	t.Parallel()
	guides, err := filepath.Glob("docs/*.md")
	require.NoError(t, err)
	sources, err := filepath.Glob("docs/sources/*.md")
	require.NoError(t, err)
	for _, guide := range append(guides, sources...) {
		text, err := os.ReadFile(guide)
		require.NoError(t, err)
		_, first, _ := strings.Cut(string(text), "\n\n")
		assert.True(t, strings.HasPrefix(first, "After this page, you can "), guide)
	}
}
