package browser_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// envProcess makes this program a sandbox.
const envProcess = "BROWSER_TESTS_SANDBOX"

// process is a sandbox in a process of its own, so that its processor time is known.
type process struct {
	t     *testing.T
	url   string
	cmd   *exec.Cmd
	stdin io.Closer
}

func newProcess(t *testing.T) *process {
	t.Helper()
	program, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), program)
	cmd.Env, cmd.Stderr = append(os.Environ(), envProcess+"=1"), os.Stderr
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	url, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	return &process{t: t, url: strings.TrimSpace(url), cmd: cmd, stdin: stdin}
}

// stop ends the process and returns its processor time.
func (p *process) stop() time.Duration {
	p.t.Helper()
	require.NoError(p.t, p.stdin.Close())
	require.NoError(p.t, p.cmd.Wait())
	return p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()
}

// beProcess is a sandbox until stdin ends.
func beProcess() {
	s, err := sandbox.Start(sandbox.Options{})
	if err != nil {
		panic(err)
	}
	fmt.Println(s.URL)
	_, _ = io.Copy(io.Discard, os.Stdin)
	s.Close()
	os.Exit(0)
}
