package scale

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// binary is connect-liveperson with Kafka. TestMain builds it, unless BINARY names one.
var binary string

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

func buildAndRun(m *testing.M) int {
	binary = os.Getenv("BINARY")
	if binary == "" {
		folder, err := os.MkdirTemp("", "scale")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(folder)
		binary = filepath.Join(folder, "connect-liveperson")
		build := exec.Command("../../cmd/connect-liveperson/build", "-o", binary)
		build.Stdout, build.Stderr = os.Stderr, os.Stderr
		if err := build.Run(); err != nil {
			fmt.Fprintln(os.Stderr, "building connect-liveperson:", err)
			return 1
		}
	}
	return m.Run()
}

// fleet is instances of one pipeline.
type fleet struct {
	t         *testing.T
	args      []string // of the binary
	env       func(instance int) []string
	instances []*instance
	memory    int64         // the most that an instance that has ended had resident, in KiB
	cpu       time.Duration // of the instances that have ended
}

type instance struct {
	number  int
	address string // of Benthos' own server
	process *exec.Cmd
	log     *bytes.Buffer
	ended   chan struct{}
}

const configs = "../../config/scale-out/"

// newFleet starts instances of a config in config/scale-out.
func newFleet(t *testing.T, config string, count int, env func(instance int) []string, flags ...string) *fleet {
	t.Helper()
	return startFleet(t, append(append([]string{"run"}, flags...), configs+config), count, env)
}

// startFleet starts instances with any command line.
func startFleet(t *testing.T, args []string, count int, env func(instance int) []string) *fleet {
	t.Helper()
	f := &fleet{t: t, args: args, env: env}
	for number := range count {
		f.instances = append(f.instances, f.start(number))
	}
	t.Cleanup(func() {
		for _, running := range f.instances {
			_ = running.process.Process.Kill()
			<-running.ended
			if t.Failed() {
				t.Logf("log of instance %d:\n%s", running.number, lastLines(running.log.String(), 15))
			}
		}
	})
	return f
}

func (f *fleet) start(number int) *instance {
	f.t.Helper()
	address := freeAddress(f.t)
	process := exec.Command(binary, f.args...)
	process.Env = append(os.Environ(), append([]string{
		"LIVEPERSON_ACCOUNT_ID=12345678", "LIVEPERSON_APP_INSTALLATION_ID=a1b2c3d4-1234-5678-90ab-cdef12345678",
		fmt.Sprintf("INSTANCE_ID=instance-%d", number), "HTTP_ADDRESS=" + address,
	}, f.env(number)...)...)
	i := &instance{number: number, address: address, process: process, log: &bytes.Buffer{}, ended: make(chan struct{})}
	process.Stdout, process.Stderr = i.log, i.log
	require.NoError(f.t, process.Start())
	go func() {
		_ = process.Wait()
		close(i.ended)
	}()
	return i
}

// end ends an instance and returns how long that took.
func (f *fleet) end(number int, signal os.Signal) time.Duration {
	f.t.Helper()
	i := f.instances[number]
	begun := time.Now()
	require.NoError(f.t, i.process.Process.Signal(signal), "instance %d has ended by itself:\n%s", number, i.log)
	select {
	case <-i.ended:
	case <-time.After(time.Minute):
		require.Fail(f.t, "an instance does not end", i.log.String())
	}
	state := i.process.ProcessState
	if usage, ok := state.SysUsage().(*syscall.Rusage); ok {
		f.memory = max(f.memory, usage.Maxrss)
	}
	f.cpu += state.UserTime() + state.SystemTime()
	return time.Since(begun)
}

// restart ends an instance with a signal and starts it again.
func (f *fleet) restart(number int, signal os.Signal) time.Duration {
	f.t.Helper()
	took := f.end(number, signal)
	f.instances[number] = f.start(number)
	return took
}

// usedCPU returns the time that the running instances have used of the processors.
func (f *fleet) usedCPU(t *testing.T) (used time.Duration) {
	t.Helper()
	for _, i := range f.instances {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", i.process.Process.Pid))
		require.NoError(t, err)
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		for _, ticks := range fields[11:13] { // utime and stime, in hundredths of a second
			n, err := strconv.Atoi(ticks)
			require.NoError(t, err)
			used += time.Duration(n) * 10 * time.Millisecond
		}
	}
	return used
}

// stop ends all instances with SIGTERM.
func (f *fleet) stop() {
	f.t.Helper()
	for number := range f.instances {
		f.end(number, syscall.SIGTERM)
	}
}

func lastLines(text string, count int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-count):], "\n")
}
