package metric

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/doctest"
)

// The table in the docs is made from the table that metrics are created from. After a change:
//
//	go test ./internal/metric -run MetricsPage -update
func TestMetricsPage(t *testing.T) {
	doctest.Section(t, "../../docs/operations.md", "metrics", "go test ./internal/metric -run MetricsPage -update", "\n"+FullTable()+"\n")
}

var (
	created   = regexp.MustCompile(`metric\.(Counter|Timer|Gauge)\([^,]+, ("liveperson_[a-z_]+"|Metric\)|"liveperson_" \+ c\.Name)`)
	goesRound = regexp.MustCompile(`\.New(Counter|Timer|Gauge)\([^)]*"`)
	cacheName = regexp.MustCompile(`cache\.(Open|OpenBestEffort)\[`)
	nameField = regexp.MustCompile(`\tName: +"([a-z]+)",`)
	panicName = regexp.MustCompile(`const Metric = ("liveperson_[a-z_]+")`)
)

// Components create all metrics of the table, and no others.
func TestTheTableIsWhatComponentsCreate(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, root := range []string{"../../internal", "../../plugin"} {
		require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") || filepath.Base(filepath.Dir(path)) == "metric" {
				return err
			}
			content, err := os.ReadFile(path)
			require.NoError(t, err)
			assert.NotRegexp(t, goesRound, string(content), "%s: create metrics with internal/metric", path)
			for _, found := range created.FindAllStringSubmatch(string(content), -1) {
				used[strings.Trim(found[2], `"`)] = true
			}
			for _, found := range panicName.FindAllStringSubmatch(string(content), -1) {
				used[strings.Trim(found[1], `"`)] = true
			}
			for _, found := range nameField.FindAllStringSubmatch(string(content), -1) {
				for _, opened := range cacheName.FindAllStringSubmatch(string(content), -1) {
					used["liveperson_"+found[1]+"_cache_entries"] = true
					used["liveperson_"+found[1]+"_cache_errors"] = used["liveperson_"+found[1]+"_cache_errors"] || opened[1] == "OpenBestEffort"
				}
			}
			return nil
		}))
	}
	for _, r := range table {
		assert.True(t, used[r.name], "%s is in the table, and no component creates it: call metric.Counter or metric.Timer with the name as a literal, on one line", r.name)
	}
	assert.Panics(t, func() { rowOf("liveperson_request", counter) })
	assert.Panics(t, func() { rowOf("liveperson_requests", timer) })
}
