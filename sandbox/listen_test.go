package sandbox_test

import (
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

func TestListenServesLoopback(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"127.0.0.1:0", "127.8.8.8:0", "localhost:0"} {
		t.Run(address, func(t *testing.T) {
			t.Parallel()
			listener, err := sandbox.Listen(address, "")
			require.NoError(t, err)
			server := &http.Server{Handler: sandbox.New(sandbox.Options{})}
			go func() { _ = server.Serve(listener) }()
			t.Cleanup(func() { _ = server.Close() })

			assert.True(t, listener.Addr().(*net.TCPAddr).IP.IsLoopback())
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+listener.Addr().String()+"/sandbox/health", nil)
			require.NoError(t, err)
			response, err := http.DefaultClient.Do(request)
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
			assert.Equal(t, http.StatusOK, response.StatusCode)
		})
	}
}

func TestListenRefusesTheRest(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ address, errContains string }{
		"every IPv4 address":   {"0.0.0.0:8900", "write 127.0.0.1:8900, [::1]:8900 or localhost:8900"},
		"every IPv6 address":   {"[::]:8900", "give it a password"},
		"no host":              {":8900", "loopback addresses only"},
		"a public address":     {"203.0.113.7:8900", "loopback addresses only"},
		"a private address":    {"192.168.0.1:0", "write 127.0.0.1:0"},
		"a public name":        {"sandbox.example:8900", "loopback addresses only"},
		"a name that pretends": {"localhost.example:8900", "loopback addresses only"},
		"no port":              {"127.0.0.1", "write it as 127.0.0.1:8900"},
		"a port out of range":  {"127.0.0.1:70000", "resolving the listen address"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			listener, err := sandbox.Listen(test.address, "")
			assert.Nil(t, listener)
			assert.ErrorContains(t, err, test.errContains)
		})
	}
}

func TestListenRefusesATakenPort(t *testing.T) {
	t.Parallel()
	first, err := sandbox.Listen("127.0.0.1:0", "")
	require.NoError(t, err)
	t.Cleanup(func() { _ = first.Close() })
	_, err = sandbox.Listen(first.Addr().String(), "")
	assert.ErrorContains(t, err, "listening on "+first.Addr().String())
}
