package browser_test

import (
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// proxy is an address at which one handler follows another, as when a sandbox is started again. Its end breaks open streams.
type proxy struct {
	url, address string
	server       *http.Server
}

func newProxy(t *testing.T, handler http.Handler) *proxy {
	t.Helper()
	p := &proxy{address: "127.0.0.1:0"}
	p.serve(t, handler)
	p.url = "http://" + p.address
	t.Cleanup(p.stop)
	return p
}

func (p *proxy) serve(t *testing.T, handler http.Handler) {
	t.Helper()
	listener, err := net.Listen("tcp", p.address)
	require.NoError(t, err)
	p.address = listener.Addr().String()
	p.server = &http.Server{Handler: handler}
	go func(server *http.Server) { _ = server.Serve(listener) }(p.server)
}

func (p *proxy) stop() { _ = p.server.Close() }
