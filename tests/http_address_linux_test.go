package tests

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// listens is the text in Benthos' log before its own server listens.
const listens = "Listening for HTTP requests at: "

// Only this machine can reach the server of a shipped config, or of a config without an address for Benthos' own server.
func TestNothingListensBeyondLoopback(t *testing.T) {
	t.Parallel()
	plain := plainConfig(t)
	runs := map[string][]string{
		"no http block":                 {"run", plain},
		"no http block, with a sandbox": {"run", "--sandbox", plain},
		"streams":                       {"streams", plain},
		"streams without a config":      {"streams"},
		"streams without the REST API":  {"streams", "--no-api", plain},
	}
	for _, config := range shippedConfigs(t) {
		if httpEnabled(t, config) {
			runs[config] = []string{"run", "--sandbox", config}
		}
	}
	for name, args := range runs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// Each test uses its own port, so that tests on one machine don't conflict. The next test checks the default port.
			own := freeAddress(t)
			for _, address := range listeningOf(t, own, args...) {
				assert.True(t, address.Addr().Unmap().IsLoopback(), "listens at %s", address)
			}
		})
	}
}

// A config that disables Benthos' own server listens nowhere.
func TestConfigsWithoutHTTPDoNotListen(t *testing.T) {
	t.Parallel()
	rows := filepath.Join(t.TempDir(), "rows.csv")
	require.NoError(t, os.WriteFile(rows, []byte("event_time,event_type\n"), 0o600))
	letters := filepath.Join(t.TempDir(), "letters.jsonl")
	require.NoError(t, os.WriteFile(letters, nil, 0o600))
	for _, config := range shippedConfigs(t) {
		if httpEnabled(t, config) {
			continue
		}
		t.Run(config, func(t *testing.T) {
			t.Parallel()
			env := []string{"CLICKSTREAM_CSV=" + rows, "DEAD_LETTER_FILE=" + letters}
			if config == "config/quickstart.yaml" {
				env = nil
			}
			stdout, stderr, err := process(t, env, "run", "--sandbox", config)
			require.NoError(t, err, stderr)
			assert.Contains(t, stdout+stderr, "Launching")
			assert.NotContains(t, stdout+stderr, listens)
		})
	}
}

func TestTheDefaultAddressIsLoopback(t *testing.T) {
	t.Parallel()
	plain := plainConfig(t)
	empty := filepath.Join(t.TempDir(), "empty.yaml")
	require.NoError(t, os.WriteFile(empty, []byte("http: { address: \"${NOT_SET:}\" }\ninput: { generate: { count: 1, mapping: root = 1 } }\noutput: { drop: {} }\n"), 0o600))
	off := filepath.Join(t.TempDir(), "off.yaml")
	require.NoError(t, os.WriteFile(off, []byte("http: { enabled: false, address: \"\" }\ninput: { generate: { count: 1, mapping: root = 1 } }\noutput: { drop: {} }\n"), 0o600))
	envFile := filepath.Join(t.TempDir(), "variables.env")
	require.NoError(t, os.WriteFile(envFile, []byte("HTTP_ADDRESS=127.0.0.1:4297\n"), 0o600))
	tests := map[string]struct {
		env, args []string
		says      string
	}{
		"no variable":              {args: []string{"run", plain}, says: listens + "http://127.0.0.1:4195"},
		"an empty variable":        {env: []string{"HTTP_ADDRESS="}, args: []string{"run", plain}, says: listens + "http://127.0.0.1:4195"},
		"streams":                  {args: []string{"streams", plain}, says: listens + "http://127.0.0.1:4195"},
		"the variable":             {env: []string{"HTTP_ADDRESS=127.0.0.1:4298"}, args: []string{"run", plain}, says: listens + "http://127.0.0.1:4298"},
		"a file of variables":      {args: []string{"run", "--env-file", envFile, plain}, says: listens + "http://127.0.0.1:4297"},
		"a flag":                   {args: []string{"run", "--set", "http.address=127.0.0.1:4299", plain}, says: listens + "http://127.0.0.1:4299"},
		"an address that is empty": {args: []string{"run", empty}, says: "http.address: must not be empty: check that its environment variable is set, write 127.0.0.1:4195"},
		"empty and switched off":   {args: []string{"run", off}, says: "Launching"},
		"echo":                     {args: []string{"echo", plain}, says: "address: 127.0.0.1:4195"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, log := watched(t, test.env, test.args...)
			require.Eventually(t, func() bool { return strings.Contains(log.String(), test.says) }, time.Minute, 10*time.Millisecond, "the process does not say %s", test.says)
		})
	}
}

// plainConfig returns a config without an http block. It reads the standard input.
func plainConfig(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "plain.yaml")
	require.NoError(t, os.WriteFile(path, []byte("input: { stdin: {} }\noutput: { drop: {} }\n"), 0o600))
	return path
}

func shippedConfigs(t *testing.T) []string {
	t.Helper()
	configs, err := filepath.Glob("config/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, configs)
	return configs
}

// httpEnabled returns whether a config keeps Benthos' own server enabled. Such a config must set an address.
func httpEnabled(t *testing.T, config string) bool {
	t.Helper()
	text, err := os.ReadFile(config)
	require.NoError(t, err)
	var read struct {
		HTTP struct {
			Enabled *bool
			Address string
		}
	}
	require.NoError(t, yaml.Unmarshal(text, &read))
	if read.HTTP.Enabled != nil && !*read.HTTP.Enabled {
		return false
	}
	assert.Equal(t, "${HTTP_ADDRESS:127.0.0.1:4195}", read.HTTP.Address, config)
	return true
}

// listeningOf runs a process, waits for Benthos' own server, and returns the addresses where the process listens.
func listeningOf(t *testing.T, own string, args ...string) (found []netip.AddrPort) {
	t.Helper()
	pid, _ := watched(t, []string{"HTTP_ADDRESS=" + own}, args...)
	wanted := netip.MustParseAddrPort(own)
	require.Eventually(t, func() bool {
		found = sockets(t, pid)
		return slices.Contains(found, wanted)
	}, time.Minute, 10*time.Millisecond, "Benthos' own server does not listen at %s", own)
	return found
}

// sockets returns the TCP addresses where a process listens, from /proc (proc_pid_net(5)).
func sockets(t *testing.T, pid int) (found []netip.AddrPort) {
	t.Helper()
	own := map[string]bool{}
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	require.NoError(t, err)
	for _, file := range files {
		if link, err := os.Readlink(file); err == nil {
			own[strings.TrimSuffix(strings.TrimPrefix(link, "socket:["), "]")] = true
		}
	}
	const listen = "0A"
	for _, table := range []string{"tcp", "tcp6"} {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", pid, table))
		require.NoError(t, err)
		for line := range strings.Lines(string(text)) {
			if f := strings.Fields(line); len(f) > 9 && f[3] == listen && own[f[9]] {
				found = append(found, kernelAddress(t, f[1]))
			}
		}
	}
	return found
}

// kernelAddress reads an address such as 0100007F:1063. Its words are little-endian, as on the machine.
func kernelAddress(t *testing.T, text string) netip.AddrPort {
	t.Helper()
	host, port, _ := strings.Cut(text, ":")
	words, err := hex.DecodeString(host)
	require.NoError(t, err)
	for i := 0; i < len(words); i += 4 {
		binary.BigEndian.PutUint32(words[i:], binary.LittleEndian.Uint32(words[i:]))
	}
	number, err := strconv.ParseUint(port, 16, 16)
	require.NoError(t, err)
	address, ok := netip.AddrFromSlice(words)
	require.True(t, ok)
	return netip.AddrPortFrom(address, uint16(number))
}
