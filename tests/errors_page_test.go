package tests

import (
	_ "embed"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/benthos-liveperson/benthos-liveperson/tests/internal/errortexts"
)

const errorsPage = "docs/reference/errors.md"

// errorSections are the sections of the page of errors: which packages print the texts, and what to do in general.
//
//go:embed testdata/errors_page.yaml
var errorSections []byte

type errorSection struct {
	Title    string   `yaml:"title"`
	Packages []string `yaml:"packages"`
	Intro    string   `yaml:"intro"`
	texts    []string
}

// errorTexts are the texts of errors and warnings of the main binary.
var errorTexts = sync.OnceValues(func() ([]errortexts.Text, error) { return errortexts.Find("cmd/benthos-liveperson") })

// The page has every text of an error that the code can print. After a change of a text, run:
//
//	go test ./tests -run ErrorsPage -update
func TestErrorsPageHasEveryTextOfTheCode(t *testing.T) {
	t.Parallel()
	texts, err := errorTexts()
	require.NoError(t, err)
	require.Greater(t, len(texts), 800)
	var sections []*errorSection
	require.NoError(t, yaml.Unmarshal(errorSections, &sections))
	for _, text := range texts {
		found := slices.IndexFunc(sections, func(s *errorSection) bool { return s.has(text.Folder) })
		require.NotEqual(t, -1, found, "testdata/errors_page.yaml has no section for %s, which has the text: %s", text.Folder, text.Text)
		sections[found].texts = append(sections[found].texts, text.Text)
	}
	remedies := remediesOf(t)
	var page strings.Builder
	page.WriteString(errorsPageHead)
	for _, section := range sections {
		fmt.Fprintf(&page, "\n## %s\n\n%s\n\n", section.Title, strings.TrimSpace(section.Intro))
		slices.SortFunc(section.texts, func(a, b string) int { return strings.Compare(sortKey(a), sortKey(b)) })
		for _, text := range slices.Compact(section.texts) {
			fmt.Fprintf(&page, "* %s%s\n", asCode(text), remedies.of(text))
		}
	}
	if *update {
		require.NoError(t, os.WriteFile(errorsPage, []byte(page.String()), 0o600))
	}
	got, err := os.ReadFile(errorsPage)
	require.NoError(t, err)
	assert.True(t, page.String() == string(got), "%s is stale: go test ./tests -run ErrorsPage -update", errorsPage)
}

const errorsPageHead = `# Errors and warnings

Search this page for words of an error or a log line: you will find where it comes from and what to do. ` + "`…`" + ` stands for values
that differ. Long errors have several parts, each with a line of its own here. The page is made from the code and is complete,
except for the texts of Benthos, Go and LivePerson. [Troubleshooting](../troubleshooting.md) begins with symptoms.
`

func (s *errorSection) has(folder string) bool {
	return slices.ContainsFunc(s.Packages, func(p string) bool { return folder == p || strings.HasPrefix(folder, p+"/") })
}

// sortKey is a text without what values take the place of.
func sortKey(text string) string {
	return strings.ToLower(strings.TrimLeft(text, " …:.[]-();"))
}

func asCode(text string) string {
	if strings.Contains(text, "`") {
		return "`` " + text + " ``"
	}
	return "`" + text + "`"
}

// remedies are the rows of the page about troubleshooting.
type remedies [][2]string

func remediesOf(t *testing.T) (all remedies) {
	t.Helper()
	page, err := os.ReadFile("docs/troubleshooting.md")
	require.NoError(t, err)
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| (.+) \\|$").FindAllStringSubmatch(string(page), -1) {
		all = append(all, [2]string{row[1], row[2]})
	}
	return all
}

// of returns what the page about troubleshooting says about a text, with links as they are on the page of errors.
func (r remedies) of(text string) string {
	for _, row := range r {
		if strings.Contains(text, row[0]) {
			return ". " + regexp.MustCompile(`\]\(([^):]+)\)`).ReplaceAllString(row[1], "](../$1)")
		}
	}
	return ""
}

// assertOnErrorsPage checks that an error that the program has printed has a text of the page.
func assertOnErrorsPage(t *testing.T, printed string) {
	t.Helper()
	texts, err := errorTexts()
	require.NoError(t, err)
	for _, text := range texts {
		if text.Matches(printed) {
			return
		}
	}
	assert.Fail(t, "the page of errors does not have this one", printed)
}

// othersTexts are errors that the operating system, Benthos' linter, and the readers of YAML and of patterns word, and the table
// of expectations that a sandbox has not met.
var othersTexts = regexp.MustCompile(`no such file or directory|is a directory|permission denied|\(\d+,\d+\) |line \d+: (?:found|field) |control characters are not allowed|error parsing regexp|not met`)

// assertToldOnPage checks that a command that has failed said so in a text of the page.
func assertToldOnPage(t *testing.T, printed string) {
	t.Helper()
	if !othersTexts.MatchString(printed) && t.Context().Err() == nil {
		assertOnErrorsPage(t, printed)
	}
}
