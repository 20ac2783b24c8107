package wire

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTLS(t *testing.T) {
	t.Parallel()
	server, client := certificate(t)
	for name, test := range map[string]struct {
		host       string
		change     func(*tls.Config)
		sni        string
		unverified bool
	}{
		"name":            {host: "example.com", sni: "example.com"},
		"name, port":      {host: "example.com:8443", sni: "example.com"},
		"name by setting": {host: "127.0.0.2", change: func(c *tls.Config) { c.ServerName = "example.com" }, sni: "example.com"},
		"address":         {host: "127.0.0.1"},
		"IPv6":            {host: "[::1]:8443"},
		"HTTP/2 wanted":   {host: "example.com", change: func(c *tls.Config) { c.NextProtos = []string{"h2"} }, sni: "example.com"},
		"another name":    {host: "liveperson.net", sni: "liveperson.net", unverified: true},
		"another address": {host: "127.0.0.2", unverified: true},
		"not trusted":     {host: "example.com", sni: "example.com", change: func(c *tls.Config) { c.RootCAs = nil }, unverified: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := client.Clone()
			settings.ServerName = ""
			if test.change != nil {
				test.change(settings)
			}
			var hello *tls.ClientHelloInfo
			theirs := server.Clone()
			theirs.NextProtos = []string{"h2", "http/1.1"}
			theirs.GetConfigForClient = func(got *tls.ClientHelloInfo) (*tls.Config, error) {
				hello = got
				return nil, nil
			}
			transport := NewTransport(settings, 4)
			var ours net.Conn
			closed := make(chan struct{})
			transport.Dial = dial(func(string) (net.Conn, error) {
				var other net.Conn
				ours, other = net.Pipe()
				go func() {
					defer close(closed)
					defer other.Close()
					answering(func(int, *http.Request) string { return ok("hello") })(1, tls.Server(other, theirs))
				}()
				return ours, nil
			}).context
			res, err := transport.RoundTrip(get(t, "https://"+test.host+"/"))
			if test.unverified {
				var unverified *tls.CertificateVerificationError
				require.ErrorAs(t, err, &unverified)
				require.ErrorContains(t, err, "TLS handshake: ")
				<-closed
				_, err = ours.Read(make([]byte, 1))
				require.ErrorIs(t, err, io.ErrClosedPipe, "closed here")
			} else {
				require.NoError(t, err)
				require.NotNil(t, res.TLS)
				assert.Equal(t, "http/1.1", res.TLS.NegotiatedProtocol)
				assert.NotEmpty(t, res.TLS.PeerCertificates)
				require.NoError(t, res.Body.Close())
				<-closed
			}
			assert.Equal(t, test.sni, hello.ServerName)
		})
	}
	t.Run("plain HTTP", func(t *testing.T) {
		t.Parallel()
		s := listen(t, func(_ int, c net.Conn) {
			_, _ = c.Write([]byte("HTTP/1.0 400 Bad Request\r\n\r\n"))
			_, _ = c.Read(make([]byte, 1<<10))
		})
		_, _, err := whole(newTransport(t), get(t, strings.Replace(s.url, "http:", "https:", 1)))
		require.EqualError(t, err, "the server speaks plain HTTP where HTTPS is expected")
	})
	t.Run("no TLS", func(t *testing.T) {
		t.Parallel()
		s := listen(t, answering(func(int, *http.Request) string { return ok("hello") }))
		res, err := newTransport(t).RoundTrip(get(t, s.url))
		require.NoError(t, err)
		assert.Nil(t, res.TLS)
		require.NoError(t, res.Body.Close())
	})
}
