package webhook

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// running is an input with its own server. The test acts as the pipeline.
type running struct {
	*bench
	input  *input
	server *server
	client *http.Client
	url    string
}

func run(t *testing.T, yaml string) *running {
	t.Helper()
	b := newBench(t, "address: 127.0.0.1:0\n"+yaml)
	s := newServer(b.receiver)
	in := &input{receiver: b.receiver, endpoint: s}
	require.NoError(t, in.Connect(t.Context()))
	t.Cleanup(func() { require.NoError(t, in.Close(context.Background())) })
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	return &running{b, in, s, client, "http://" + s.address + defaultPath}
}

// send posts a body with these headers, and returns the status.
func (r *running) send(body string, header http.Header) int {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.url, strings.NewReader(body))
	require.NoError(r.t, err)
	req.Header = header
	res, err := r.client.Do(req)
	require.NoError(r.t, err)
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	require.NoError(r.t, err)
	return res.StatusCode
}

// acknowledge acknowledges one batch for the pipeline.
func (r *running) acknowledge(err error) {
	go func() {
		_, ack, readErr := r.input.ReadBatch(r.t.Context())
		if assert.NoError(r.t, readErr) {
			assert.NoError(r.t, ack(r.t.Context(), err))
		}
	}()
}

func TestAServerOfItsOwn(t *testing.T) {
	t.Parallel()
	r := run(t, "max_body_bytes: 100000")
	body := agentSaid(1, "hello")

	r.acknowledge(errRefused)
	assert.Equal(t, http.StatusServiceUnavailable, r.send(body, headersFor(body)))
	r.acknowledge(nil)
	assert.Equal(t, http.StatusOK, r.send(body, headersFor(body)))
	assert.Equal(t, http.StatusOK, r.send(body, headersFor(body)), "again")
	assert.Equal(t, http.StatusUnauthorized, r.send(body, http.Header{}))

	long := agentSaid(2, strings.Repeat("x", 2<<20))
	assert.Equal(t, http.StatusRequestEntityTooLarge, r.send(long, headersFor(long)))
	short := notify(messagingNotification, "") + strings.Repeat(" ", 100_000)
	assert.Equal(t, http.StatusRequestEntityTooLarge, r.send(short, headersFor(short)))
	assert.Equal(t, http.StatusOK, r.send(short[:100_000], headersFor(short[:100_000])), "as much as is taken")

	res, err := r.client.Get(r.url)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	assert.Equal(t, http.StatusMethodNotAllowed, res.StatusCode)
	assert.Equal(t, http.MethodPost, res.Header.Get("Allow"))

	res, err = r.client.Get(r.url + "/other")
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	assert.Equal(t, http.StatusNotFound, res.StatusCode)
}

func TestSlowClients(t *testing.T) {
	t.Parallel()
	s := newServer(newBench(t, "address: 127.0.0.1:0").receiver)
	s.bodyTimeout = time.Millisecond
	require.NoError(t, s.open(t.Context()))
	defer func() { require.NoError(t, s.close(context.Background())) }()
	conn, err := net.Dial("tcp", s.address)
	require.NoError(t, err)
	defer conn.Close()
	_, err = conn.Write([]byte("POST " + defaultPath + " HTTP/1.1\r\nHost: x\r\n" + headerSignature + ": " + demoChatStateSignature + "\r\nContent-Length: 10\r\n\r\nhalf"))
	require.NoError(t, err)
	answer, err := io.ReadAll(conn)
	require.NoError(t, err)
	assert.True(t, len(answer) == 0 || bytes.HasPrefix(answer, []byte("HTTP/1.1 400 ")), "%s", answer)
}

func TestLongHeaders(t *testing.T) {
	t.Parallel()
	r := run(t, "")
	body := notify(messagingNotification, "")
	header := headersFor(body)
	header.Set("X-Long", strings.Repeat("x", 64<<10))
	assert.Equal(t, http.StatusRequestHeaderFieldsTooLarge, r.send(body, header))
}

func TestClosingAServer(t *testing.T) {
	t.Parallel()
	r := run(t, "")
	status := make(chan int, 1)
	body := agentSaid(1, "hello")
	go func() { status <- r.send(body, headersFor(body)) }()
	_, ack, err := r.input.ReadBatch(t.Context())
	require.NoError(t, err)
	require.NoError(t, r.input.Close(t.Context()))
	assert.Equal(t, http.StatusServiceUnavailable, <-status)
	require.NoError(t, ack(t.Context(), nil))
	_, err = net.Dial("tcp", r.server.address)
	require.Error(t, err, "nobody listens")
	require.NoError(t, r.input.Close(t.Context()), "twice")
}

func TestClosingDoesNotWaitForSlowClients(t *testing.T) {
	t.Parallel()
	r := run(t, "")
	conn, err := net.Dial("tcp", r.server.address)
	require.NoError(t, err)
	defer conn.Close()
	_, err = conn.Write([]byte("POST " + defaultPath + " HTTP/1.1\r\nHost: x\r\n" + headerSignature + ": " + demoChatStateSignature + "\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n"))
	require.NoError(t, err)
	_, err = conn.Read(make([]byte, 8)) // the body is being read
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, r.input.Close(ctx))
}

func TestAnInputThatWasNeverConnectedCloses(t *testing.T) {
	t.Parallel()
	b := newBench(t, "address: 127.0.0.1:0")
	require.NoError(t, (&input{receiver: b.receiver, endpoint: newServer(b.receiver)}).Close(t.Context()))
}

func TestAServerThatStopsIsStartedAgain(t *testing.T) {
	t.Parallel()
	r := run(t, "")
	require.NoError(t, r.server.http.Close())
	_, _, err := r.input.ReadBatch(t.Context())
	require.ErrorIs(t, err, service.ErrNotConnected)
	require.NoError(t, r.input.Connect(t.Context()))
	r.url = "http://" + r.server.address + defaultPath
	body := notify(messagingNotification, "")
	assert.Equal(t, http.StatusOK, r.send(body, headersFor(body)))
}

func TestAnAddressThatIsTaken(t *testing.T) {
	t.Parallel()
	r := run(t, "")
	second := newBench(t, "address: "+r.server.address)
	err := newServer(second.receiver).open(t.Context())
	require.ErrorContains(t, err, "listening on the address")
}

func TestTLS(t *testing.T) {
	t.Parallel()
	certFile, keyFile, roots := certificate(t)
	r := run(t, "cert_file: "+certFile+"\nkey_file: "+keyFile)
	r.url = "https://" + r.server.address + defaultPath
	body := notify(messagingNotification, "")
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		r.client.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MaxVersion: version}}
		assert.Equal(t, http.StatusOK, r.send(body, headersFor(body)))
	}
	_, err := tls.Dial("tcp", r.server.address, &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11})
	require.ErrorContains(t, err, "remote error: tls: protocol version not supported")

	bad := newBench(t, "address: 127.0.0.1:0\ncert_file: "+keyFile+"\nkey_file: "+keyFile)
	require.ErrorContains(t, newServer(bad.receiver).open(t.Context()), "reading cert_file and key_file")
}

// certificate makes a certificate for this machine. It returns its files, and a pool that trusts it.
func certificate(t *testing.T) (certFile, keyFile string, roots *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "webhook"},
		NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
		return path
	}
	parsed, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	roots = x509.NewCertPool()
	roots.AddCert(parsed)
	return write("cert.pem", "CERTIFICATE", der), write("key.pem", "PRIVATE KEY", keyDER), roots
}
