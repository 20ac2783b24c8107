// Package tests has the tests that need the whole project: the configs, the command line, and the
// way of events and messages through whole pipelines.
package tests

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	_ "github.com/redpanda-data/benthos/v4/public/components/io"
	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	_ "github.com/benthos-liveperson/benthos-liveperson/plugin"
	"github.com/benthos-liveperson/benthos-liveperson/plugin/cli"
)

// TestMain changes to the root of the project, because the paths in configs begin there. A process
// that a test has started is there already.
func TestMain(m *testing.M) {
	if name, value, _ := strings.Cut(asCLI, "="); os.Getenv(name) == value {
		os.Exit(cli.Run(context.Background()))
	}
	if err := os.Chdir(".."); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

func runCLI(ctx context.Context, args ...string) int {
	return cli.RunArgs(ctx, append([]string{"benthos-liveperson"}, args...))
}

// TestMappings runs the YAML tests of the mappings. Benthos parses the file of a target_mapping for each case. A
// processor parses it once, so most cases name a processor. Several processes share the files, and their garbage collector
// runs seldom.
func TestMappings(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("tests/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	corpus, err := filepath.Glob("tests/corpus/*.yaml")
	require.NoError(t, err)
	mocks, err := filepath.Glob(mocksFolder + "/*.yaml")
	require.NoError(t, err)
	files = slices.Concat(files, corpus, mocks)
	for some := range slices.Chunk(files, 10) {
		t.Run(filepath.Base(some[0]), func(t *testing.T) {
			t.Parallel()
			stdout, stderr, err := process(t, []string{"GOGC=800"}, append([]string{"test"}, some...)...)
			require.NoError(t, err, stdout+stderr)
			for _, file := range some {
				assert.Contains(t, stdout, file)
			}
		})
	}
}

func TestConfigsAndDocsLint(t *testing.T) {
	// The configs in config/scale-out need connect-liveperson.
	for _, target := range []string{"./config/*.yaml", "./README.md", "./docs/*.md", "./docs/sources/*.md"} {
		paths, err := filepath.Glob(target)
		require.NoError(t, err)
		require.NotEmpty(t, paths, target)
		assert.Zero(t, runCLI(t.Context(), append([]string{"lint"}, paths...)...), target)
	}
}
