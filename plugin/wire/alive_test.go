package wire

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pair gives a kept connection whose other side the test has.
func pair(t *testing.T, secure bool) (ours *conn, theirs net.Conn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	raw, err := net.Dial("tcp", listener.Addr().String())
	require.NoError(t, err)
	theirs, err = listener.Accept()
	require.NoError(t, err)
	if secure {
		server, client := certificate(t)
		theirs = tls.Server(theirs, server)
		shaken := make(chan error, 1)
		go func() { shaken <- theirs.(*tls.Conn).HandshakeContext(t.Context()) }()
		secured := tls.Client(raw, client)
		require.NoError(t, secured.HandshakeContext(t.Context()))
		require.NoError(t, <-shaken)
		raw = secured
	}
	t.Cleanup(func() { raw.Close(); theirs.Close() })
	return newConn(raw, endpoint{}, newIdle(1)), theirs
}

// certificate gives the TLS settings of both sides, for example.com and 127.0.0.1.
func certificate(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	leaf, err := x509.ParseCertificate(testTLS().Certificates[0].Certificate[0])
	require.NoError(t, err)
	client = &tls.Config{RootCAs: x509.NewCertPool(), ServerName: "example.com"}
	client.RootCAs.AddCert(leaf)
	return testTLS(), client
}

// testTLS are a server's settings.
var testTLS = sync.OnceValue(func() *tls.Config {
	s := httptest.NewUnstartedServer(nil)
	s.StartTLS()
	defer s.Close()
	return &tls.Config{Certificates: s.TLS.Certificates}
})

// arrived waits until something can be read from a connection.
func arrived(t *testing.T, c *conn) {
	t.Helper()
	for c.socket != nil && quiet(c.socket) {
		if t.Context().Err() != nil {
			return
		}
	}
}

func TestRestsAlive(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{false, true} {
		name := map[bool]string{false: "plain: ", true: "TLS: "}[secure]
		t.Run(name+"nothing", func(t *testing.T) {
			t.Parallel()
			c, _ := pair(t, secure)
			for range 3 { // TLS has sent tickets behind the handshake
				assert.True(t, c.restsAlive())
			}
		})
		t.Run(name+"closed", func(t *testing.T) {
			t.Parallel()
			c, theirs := pair(t, secure)
			require.True(t, c.restsAlive())
			require.NoError(t, theirs.Close())
			arrived(t, c)
			assert.False(t, c.restsAlive())
		})
		t.Run(name+"a byte", func(t *testing.T) {
			t.Parallel()
			c, theirs := pair(t, secure)
			require.True(t, c.restsAlive())
			_, err := io.WriteString(theirs, "!")
			require.NoError(t, err)
			arrived(t, c)
			assert.False(t, c.restsAlive())
		})
		t.Run(name+"closed here", func(t *testing.T) {
			t.Parallel()
			c, _ := pair(t, secure)
			require.NoError(t, c.Close())
			assert.False(t, c.restsAlive())
		})
	}
	t.Run("no socket", func(t *testing.T) {
		t.Parallel()
		raw, theirs := net.Pipe()
		c := newConn(raw, endpoint{}, newIdle(1))
		assert.True(t, c.restsAlive())
		require.NoError(t, theirs.Close())
		assert.False(t, c.restsAlive())
	})
}

// TLS takes whole records from the socket: what is left of one is not seen there.
func TestSecondAnswerInTheSameRecord(t *testing.T) {
	t.Parallel()
	server, client := certificate(t)
	long := strings.Repeat("x", 8192)
	s := listen(t, func(n int, c net.Conn) {
		answering(func(int, *http.Request) string {
			if n == 1 {
				return ok(long) + ok("not")
			}
			return ok("next")
		})(n, tls.Server(c, server))
	})
	transport := NewTransport(client, 4)
	t.Cleanup(transport.CloseIdleConnections)
	url := strings.Replace(s.url, "http:", "https:", 1)
	for _, want := range []string{long, "next"} {
		res, err := transport.RoundTrip(get(t, url))
		require.NoError(t, err)
		body := make([]byte, len(want)) // nothing behind the body is read by chance
		_, err = io.ReadFull(res.Body, body)
		require.NoError(t, err)
		assert.Equal(t, want, string(body))
		require.NoError(t, res.Body.Close())
	}
	assert.EqualValues(t, 2, s.opened.Load())
}
