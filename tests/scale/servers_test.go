package scale

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// server is a process of redis-server or nats-server with a folder and a port of its own.
type server struct {
	t       *testing.T
	address string
	command []string
	process *exec.Cmd
}

// newServer starts a server of Debian's package of that name. The arguments get the port and the folder.
func newServer(t *testing.T, program string, arguments func(port, folder string) []string) *server {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		path, err = exec.LookPath(filepath.Join("/usr/sbin", program))
	}
	if err != nil && os.Getenv("CI") == "" {
		t.Skipf("%s is not installed: apt-get install %s", program, program)
	}
	require.NoError(t, err)
	address := freeAddress(t)
	_, port, _ := net.SplitHostPort(address)
	s := &server{t: t, address: address, command: append([]string{path}, arguments(port, t.TempDir())...)}
	s.start()
	t.Cleanup(s.stop)
	return s
}

func (s *server) start() {
	s.t.Helper()
	s.process = exec.Command(s.command[0], s.command[1:]...)
	require.NoError(s.t, s.process.Start())
	require.NoError(s.t, waitFor(20*time.Second, func() error {
		connection, err := net.Dial("tcp", s.address)
		if err == nil {
			err = connection.Close()
		}
		return err
	}))
}

// stop lets the server write what it has.
func (s *server) stop() {
	_ = s.process.Process.Signal(syscall.SIGTERM)
	_ = s.process.Wait()
}

func (s *server) restart() {
	s.t.Helper()
	s.stop()
	s.start()
}

func newRedis(t *testing.T, settings ...string) *server {
	t.Helper()
	return newServer(t, "redis-server", func(port, folder string) []string {
		return append([]string{"--port", port, "--bind", "127.0.0.1", "--dir", folder, "--appendonly", "yes", "--save", ""}, settings...)
	})
}

// info returns a number of Redis' INFO.
func (s *server) info(t *testing.T, section, name string) int {
	t.Helper()
	connection, err := net.Dial("tcp", s.address)
	require.NoError(t, err)
	defer connection.Close()
	_, err = fmt.Fprintf(connection, "INFO %s\r\nQUIT\r\n", section)
	require.NoError(t, err)
	var text strings.Builder
	buffer := make([]byte, 4096)
	for {
		n, err := connection.Read(buffer)
		text.Write(buffer[:n])
		if err != nil {
			break
		}
	}
	for line := range strings.Lines(text.String()) {
		if value, found := strings.CutPrefix(line, name+":"); found {
			var number int
			_, err := fmt.Sscan(value, &number)
			require.NoError(t, err)
			return number
		}
	}
	require.Fail(t, "redis-server has no "+name)
	return 0
}

// do makes Redis execute commands.
func (s *server) do(t *testing.T, commands ...[]string) {
	t.Helper()
	connection, err := net.Dial("tcp", s.address)
	require.NoError(t, err)
	defer connection.Close()
	var text strings.Builder
	for _, command := range append(commands, []string{"QUIT"}) {
		fmt.Fprintf(&text, "*%d\r\n", len(command))
		for _, word := range command {
			fmt.Fprintf(&text, "$%d\r\n%s\r\n", len(word), word)
		}
	}
	_, err = connection.Write([]byte(text.String()))
	require.NoError(t, err)
	answers, err := io.ReadAll(connection)
	require.NoError(t, err)
	assert.NotContains(t, "\n"+string(answers), "\n-", "Redis refuses a command")
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	return listener.Addr().String()
}

// waitFor asks again and again until there is no error. A server of another program has no other way to tell that it is
// ready.
func waitFor(limit time.Duration, ask func() error) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := ask()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-ticker.C:
		}
	}
}
