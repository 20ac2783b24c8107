package wire

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// rawServer answers with bytes. Each connection is handled by what it was made with.
type rawServer struct {
	net.Listener
	url    string
	opened atomic.Int32

	mu    sync.Mutex
	conns []net.Conn
}

// listen makes a server whose n-th connection, from 1, is handled so, and then closed.
func listen(t *testing.T, handle func(n int, c net.Conn)) *rawServer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &rawServer{Listener: listener, url: "http://" + listener.Addr().String()}
	var handlers sync.WaitGroup
	handlers.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns = append(s.conns, c)
			s.mu.Unlock()
			n := int(s.opened.Add(1))
			handlers.Go(func() {
				defer c.Close()
				handle(n, c)
			})
		}
	})
	t.Cleanup(func() {
		listener.Close()
		s.mu.Lock()
		for _, c := range s.conns {
			c.Close()
		}
		s.mu.Unlock()
		handlers.Wait()
	})
	return s
}

// answering handles a connection: the n-th request on it is answered so. An empty answer
// ends it.
func answering(answer func(n int, r *http.Request) string) func(int, net.Conn) {
	return func(_ int, c net.Conn) {
		in := bufio.NewReader(c)
		for n := 1; ; n++ {
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				return
			}
			raw := answer(n, r)
			if _, err := io.WriteString(c, raw); err != nil || raw == "" {
				return
			}
		}
	}
}

func ok(body string) string {
	return "HTTP/1.1 200 OK\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
}

func newTransport(t *testing.T) *Transport {
	t.Helper()
	transport := NewTransport(nil, 4)
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

func get(t *testing.T, url string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	return req
}

func post(t *testing.T, url, body string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	require.NoError(t, err)
	return req
}

// whole makes a request and reads all of its answer.
func whole(transport http.RoundTripper, req *http.Request) (status int, body string, err error) {
	res, err := transport.RoundTrip(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	read, err := io.ReadAll(res.Body)
	return res.StatusCode, string(read), err
}

// resting counts the connections that rest.
func (t *Transport) resting() (n int) {
	t.idle.mu.Lock()
	defer t.idle.mu.Unlock()
	for _, list := range t.idle.resting {
		n += len(list)
	}
	return n
}

// dial makes a connection to an address.
type dial func(address string) (net.Conn, error)

func (d dial) context(_ context.Context, _, address string) (net.Conn, error) { return d(address) }

// dialling is a transport with connections of the test's own.
func dialling(connect func() (net.Conn, error)) *Transport {
	transport := NewTransport(nil, 4)
	transport.Dial = dial(func(string) (net.Conn, error) { return connect() }).context
	return transport
}
