package browser_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// envProcess makes this program a sandbox.
const envProcess = "BROWSER_TESTS_SANDBOX"

// process is a sandbox in a process of its own, so that its processor time is known. It ends with the test.
type process struct {
	t      *testing.T
	url    string
	stdin  io.Writer
	stdout *bufio.Reader
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
	t.Cleanup(func() { _ = cmd.Wait() }) // the context has ended it
	p := &process{t: t, stdin: stdin, stdout: bufio.NewReader(stdout)}
	p.url = p.read()
	return p
}

// used returns the processor time of the process.
func (p *process) used() time.Duration {
	p.t.Helper()
	_, err := io.WriteString(p.stdin, "\n")
	require.NoError(p.t, err)
	used, err := time.ParseDuration(p.read())
	require.NoError(p.t, err)
	return used
}

func (p *process) read() string {
	p.t.Helper()
	line, err := p.stdout.ReadString('\n')
	require.NoError(p.t, err)
	return strings.TrimSpace(line)
}

// beProcess is a sandbox until stdin ends. It answers each line with its processor time.
func beProcess() {
	s, err := sandbox.Start(sandbox.Options{})
	if err != nil {
		panic(err)
	}
	fmt.Println(s.URL)
	for asked := bufio.NewScanner(os.Stdin); asked.Scan(); {
		var usage syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
			panic(err)
		}
		fmt.Println(time.Duration(usage.Utime.Nano() + usage.Stime.Nano()))
	}
	s.Close()
	os.Exit(0)
}
