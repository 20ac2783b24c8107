// Package tests holds what can only be tested with the whole house: the configs,
// the command line, and whole paths through the engine.
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

// TestMain moves to the root of the project: configs name their files from there.
// A process that a test has started is there already.
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

// TestMappings runs the YAML tests of the mappings. Most of its time is the parsing of Bloblang, once for each case:
// several processes share the files, with a garbage collector that runs seldom.
func TestMappings(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("tests/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
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
	for _, target := range []string{"./config/...", "./README.md", "./docs/*.md"} {
		paths := []string{target}
		if filepath.Ext(target) == ".md" {
			var err error
			paths, err = filepath.Glob(target)
			require.NoError(t, err)
			require.NotEmpty(t, paths, target)
		}
		assert.Zero(t, runCLI(t.Context(), append([]string{"lint"}, paths...)...), target)
	}
}
