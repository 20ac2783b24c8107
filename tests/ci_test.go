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

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// The test runs the example for CI systems.
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

// If an expectation is not met, the command ends with an error and names the expectation.
func TestVerifyEndsWithAnErrorWhenAnExpectationIsNotMet(t *testing.T) {
	t.Parallel()
	_, address := newSandbox(t, sandbox.Options{})
	expectations := filepath.Join(t.TempDir(), "expectations.yaml")
	require.NoError(t, os.WriteFile(expectations, []byte("expect: [{name: one order, types: [purchase], count: 1}]"), 0o600))
	stdout, stderr, err := process(t, nil, "sandbox", "verify", "--at", address, expectations)
	require.Error(t, err)
	assert.Contains(t, stdout, `{"name":"one order","passed":false,"message":"expected 1 calls, got 0"}`)
	assert.Contains(t, stderr, "has not received what was expected")
}
