package tests

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// startSandbox runs `sandbox` in its own process, on a free port, and returns its address.
func startSandbox(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], append([]string{"sandbox", "--address", "127.0.0.1:0"}, args...)...)
	cmd.Env = append(os.Environ(), asCLI)
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Wait() }) // the context has ended it
	welcome, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	return regexp.MustCompile(`http://[^;]+`).FindString(welcome)
}

func TestHowMuchTheSandboxKeepsIsSet(t *testing.T) {
	t.Parallel()
	const megabyte = 1 << 20
	for name, test := range map[string]struct {
		args []string
		size int // of each of three reports
		kept int
	}{
		"all":      {size: 100, kept: 3},
		"calls":    {args: []string{"--keep", "2"}, size: 100, kept: 2},
		"bytes":    {args: []string{"--keep-mib", "1"}, size: megabyte * 3 / 5, kept: 1},
		"how long": {args: []string{"--keep-for", "1ns"}, size: 100, kept: 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := startSandbox(t, test.args...)
			target := address + "/api/account/" + sandbox.DefaultAccountID + "/app/" + sandbox.DefaultAppInstallationID + "/report?v=1.0"
			for range 3 {
				body := `{"consumerId":"jane","engagementAttributes":[]}` + strings.Repeat(" ", test.size)
				res, err := http.Post(target, "application/json", strings.NewReader(body))
				require.NoError(t, err)
				_, _ = io.Copy(io.Discard, res.Body)
				require.NoError(t, res.Body.Close())
				require.Equal(t, http.StatusCreated, res.StatusCode)
			}
			res, err := http.Get(address + "/sandbox/all")
			require.NoError(t, err)
			defer res.Body.Close()
			var listed struct {
				Calls            []json.RawMessage
				Total, Forgotten int
			}
			require.NoError(t, json.NewDecoder(res.Body).Decode(&listed))
			assert.Len(t, listed.Calls, test.kept)
			assert.Equal(t, []int{3, 3 - test.kept}, []int{listed.Total, listed.Forgotten})
		})
	}
}

// If the port is taken, the error says so and does not mention passwords.
func TestTwoSandboxesWantTwoPorts(t *testing.T) {
	t.Parallel()
	taken := strings.TrimPrefix(startSandbox(t), "http://")
	stdout, stderr, err := process(t, nil, "sandbox", "--address", taken)
	require.Error(t, err)
	assert.Contains(t, stdout+stderr, "--address: listening on "+taken)
	assert.NotContains(t, stdout+stderr, "password")
	assert.NotEqual(t, taken, strings.TrimPrefix(startSandbox(t), "http://"))
}

func TestHowMuchTheSandboxKeepsIsChecked(t *testing.T) {
	t.Parallel()
	for args, says := range map[string]string{
		"--keep 0":           "--keep: must be at least 1",
		"--keep -5":          "--keep: must be at least 1",
		"--keep-mib 0":       "--keep-mib: must be from 1 to 1048576",
		"--keep-mib 1048577": "--keep-mib: must be from 1 to 1048576",
		"--keep-for 0":       "--keep-for: must be a time such as 30m, more than 0",
		"--keep-for -1h":     "--keep-for: must be a time such as 30m, more than 0",

		"--session-lifetime -1h": "--session-lifetime: must be a time such as 30m, more than 0",
		"--loading-calls -1":     "--loading-calls: must not be negative",
		"--account-id=":          "--account-id: must not be empty",
		"--app-installation-id=": "--app-installation-id: must not be empty",
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			stdout, stderr, err := process(t, nil, append([]string{"sandbox"}, strings.Fields(args)...)...)
			require.Error(t, err)
			assert.Contains(t, stdout+stderr, says)
		})
	}
	stdout, _, err := process(t, nil, "help", "sandbox")
	require.NoError(t, err)
	for _, flag := range []string{"--keep N", "--keep-mib N", "--keep-for VALUE", "(default: 50000)", "(default: 256)", "(default: 24h0m0s)"} {
		assert.Contains(t, stdout, flag)
	}
}
