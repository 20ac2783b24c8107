package browser_test

import (
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// proxy is an address at which one sandbox follows another, as when a sandbox is started again.
type proxy struct {
	url, address string
	server       *http.Server
}

func newProxy(t *testing.T, s *sandbox.Server) *proxy {
	t.Helper()
	p := &proxy{address: "127.0.0.1:0"}
	p.serve(t, s)
	p.url = "http://" + p.address
	t.Cleanup(p.stop)
	return p
}

func (p *proxy) serve(t *testing.T, s *sandbox.Server) {
	t.Helper()
	listener, err := net.Listen("tcp", p.address)
	require.NoError(t, err)
	p.address = listener.Addr().String()
	p.server = &http.Server{Handler: s.Sandbox}
	go func(server *http.Server) { _ = server.Serve(listener) }(p.server)
}

func (p *proxy) stop() { _ = p.server.Close() }
