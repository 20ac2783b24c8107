// Package tests holds what can only be tested with the whole house: the configs,
// the command line, and whole paths through the engine.
package tests

import (
	"context"
	"os"
	"path/filepath"
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

// The tests of mappings are written in YAML, as users write theirs.
func TestMappings(t *testing.T) {
	files, err := filepath.Glob("tests/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			assert.Zero(t, runCLI(t.Context(), "test", file), "see above for the cases that failed")
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
