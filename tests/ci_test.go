package tests

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The example for CI systems, run as one would run it.
func TestTheExampleForCI(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	port := listener.Addr().(*net.TCPAddr).Port
	require.NoError(t, listener.Close())

	report := filepath.Join(t.TempDir(), "report.xml")
	example := exec.CommandContext(t.Context(), "tests/ci/run")
	example.Env = append(os.Environ(), asCLI, "BENTHOS_LIVEPERSON="+os.Args[0], "PORT="+strconv.Itoa(port), "REPORT="+report,
		"DEAD_LETTER_FILE="+filepath.Join(t.TempDir(), "letters.jsonl"))
	out, err := example.CombinedOutput()
	require.NoError(t, err, "%s", out)
	text, err := os.ReadFile(report)
	require.NoError(t, err)
	assert.Contains(t, string(text), `tests="4" failures="0"`)
}
