package webhook

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// bothServers runs a test on the input's own server, and on a server without limits, such as
// Benthos' own.
func bothServers(t *testing.T, yaml string, test func(t *testing.T, h *handler, address string)) {
	t.Helper()
	t.Run("its own", func(t *testing.T) {
		t.Parallel()
		r := run(t, yaml)
		test(t, r.server.handler, r.server.address)
	})
	t.Run("another", func(t *testing.T) {
		t.Parallel()
		h := newHandler(newBench(t, "address: ''\n"+yaml).receiver)
		server := httptest.NewServer(h)
		t.Cleanup(server.Close)
		test(t, h, server.Listener.Addr().String())
	})
}

// begin sends the head of a request and a body on a new connection.
func begin(t *testing.T, address, head, body string) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\n%s\r\n%s", defaultPath, strings.ReplaceAll(head, "\n", "\r\n"), body)
	require.NoError(t, err)
	return conn, bufio.NewReader(conn)
}

func statusOn(t *testing.T, from *bufio.Reader) int {
	t.Helper()
	res, err := http.ReadResponse(from, nil)
	require.NoError(t, err)
	defer res.Body.Close()
	return res.StatusCode
}

// shaped is a header with a well-formed signature.
const shaped = headerSignature + ": " + demoChatStateSignature + "\n"

// A request with wrong headers is refused before its body arrives.
func TestRefusedBeforeTheBodyIsRead(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		head string
		want int
	}{
		"600 MB, unsigned":     {"Content-Length: 600000000\n", http.StatusRequestEntityTooLarge},
		"600 MB, signed":       {shaped + "Content-Length: 600000000\n", http.StatusRequestEntityTooLarge},
		"one byte too many":    {shaped + "Content-Length: 1001\n", http.StatusRequestEntityTooLarge},
		"unsigned":             {"Content-Length: 1000\n", http.StatusUnauthorized},
		"no digest":            {headerSignature + ": sha1=\nContent-Length: 1000\n", http.StatusUnauthorized},
		"unsigned, in chunks":  {"Transfer-Encoding: chunked\n", http.StatusUnauthorized},
		"an unknown algorithm": {headerSignature + ": md5=AAAA\nContent-Length: 1000\n", http.StatusUnauthorized},
		"longer than an int":   {"Content-Length: 9223372036854775807\n", http.StatusRequestEntityTooLarge},
	}
	bothServers(t, "max_body_bytes: 1000", func(t *testing.T, _ *handler, address string) {
		// net/http keeps a refused connection open for half a second. All of them wait at once.
		answers := map[string]*bufio.Reader{}
		for name, test := range tests {
			_, answers[name] = begin(t, address, test.head, "")
		}
		for name, test := range tests {
			assert.Equal(t, test.want, statusOn(t, answers[name]), name)
		}
	})
}

// A body in chunks does not announce its length.
func TestAnEndlessBody(t *testing.T) {
	t.Parallel()
	bothServers(t, "max_body_bytes: 1000", func(t *testing.T, h *handler, address string) {
		conn, answers := begin(t, address, shaped+"Transfer-Encoding: chunked\n", "")
		sent := make(chan int, 1)
		go func() {
			n := 0
			for chunk := "400\r\n" + strings.Repeat("x", 1024) + "\r\n"; n < 1<<30; n++ {
				if _, err := io.WriteString(conn, chunk); err != nil {
					break
				}
			}
			sent <- n
		}()
		assert.Equal(t, http.StatusRequestEntityTooLarge, statusOn(t, answers))
		conn.Close()
		<-sent
		require.Eventually(t, func() bool { return h.bodies.inUse() == 0 }, 30*time.Second, time.Millisecond, "nothing of it is kept")
	})
}

func TestAClientThatStopsInTheBody(t *testing.T) {
	t.Parallel()
	for name, head := range map[string]string{"with a length": "Content-Length: 10\n", "in chunks": "Transfer-Encoding: chunked\n"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHandler(newBench(t, "address: ''").receiver)
			h.bodyTimeout = time.Millisecond
			server := httptest.NewServer(h)
			t.Cleanup(server.Close)
			for _, signed := range []string{shaped, ""} { // the server does not wait for the body of a refused request either
				conn, answers := begin(t, server.Listener.Addr().String(), signed+head, "")
				statusOn(t, answers)
				_, err := conn.Read(make([]byte, 1))
				require.ErrorIs(t, err, io.EOF)
			}
		})
	}
}

// The limit is for all bodies together. Each body alone has an allowed length.
func TestManyBodiesAtATime(t *testing.T) {
	t.Parallel()
	bothServers(t, "max_body_bytes: 1000", func(t *testing.T, h *handler, address string) {
		var open []net.Conn
		for range maxBodies {
			conn, _ := begin(t, address, shaped+"Content-Length: 1000\n", strings.Repeat("x", 999))
			open = append(open, conn)
		}
		require.Eventually(t, func() bool { return h.bodies.inUse() == maxBodies*chunksPerBody }, 30*time.Second, time.Millisecond)
		body := notify(messagingNotification, strings.Repeat(" ", 500))
		assert.Equal(t, http.StatusServiceUnavailable, sendTo(t, address, body))
		for _, conn := range open {
			conn.Close()
		}
		require.Eventually(t, func() bool { return h.bodies.inUse() == 0 }, 30*time.Second, time.Millisecond)
		assert.Equal(t, http.StatusOK, sendTo(t, address, body))
	})
}

// inUse counts the chunks that requests hold.
func (b *bodies) inUse() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lent
}

// sendTo posts a genuine notification on a new connection.
func sendTo(t *testing.T, address, body string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+defaultPath, strings.NewReader(body))
	require.NoError(t, err)
	req.Header = headersFor(body)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	return res.StatusCode
}

// The number of silent connections is limited, and they don't keep other clients out.
func TestSilentConnections(t *testing.T) {
	t.Parallel()
	const most, silent = 20, 200
	s := newServer(newBench(t, "address: 127.0.0.1:0").receiver)
	s.connections = newConnections(most)
	s.headerTimeout = time.Hour
	require.NoError(t, s.open(t.Context()))
	t.Cleanup(func() { require.NoError(t, s.close(context.Background())) })
	body := notify(messagingNotification, "")
	var closed sync.WaitGroup
	gone := make(chan struct{}, silent)
	for i := range silent {
		conn, err := net.Dial("tcp", s.address)
		require.NoError(t, err)
		t.Cleanup(func() { conn.Close() })
		if i%2 == 0 { // half a request counts as silent too
			_, _ = io.WriteString(conn, "POST / HTTP/1.1\r\nHost")
		}
		closed.Go(func() {
			_, _ = io.Copy(io.Discard, conn)
			gone <- struct{}{}
		})
		if i%50 == 49 {
			assert.Equal(t, http.StatusOK, sendTo(t, s.address, body), "after %d silent ones", i+1)
		}
	}
	for range silent - most {
		select {
		case <-gone:
		case <-time.After(time.Minute):
			require.Fail(t, "too many silent connections stay open")
		}
	}
	s.connections.mu.Lock()
	assert.LessOrEqual(t, len(s.connections.open), most)
	s.connections.mu.Unlock()
}

func TestASilentConnectionIsClosed(t *testing.T) {
	t.Parallel()
	s := newServer(newBench(t, "address: 127.0.0.1:0").receiver)
	s.headerTimeout = time.Millisecond
	require.NoError(t, s.open(t.Context()))
	t.Cleanup(func() { require.NoError(t, s.close(context.Background())) })
	for _, said := range []string{"", "POST / HTT", "POST / HTTP/1.1\r\nHost: x\r\nX-Slow: "} {
		conn, err := net.Dial("tcp", s.address)
		require.NoError(t, err)
		_, err = io.WriteString(conn, said)
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, conn) // until the server closes it
		if err != nil {
			assert.ErrorContains(t, err, "reset")
		}
		require.NoError(t, conn.Close())
	}
}

// With require_sha256, only SHA-256 signatures are accepted.
func TestOnlySHA256(t *testing.T) {
	t.Parallel()
	body := notify(messagingNotification, "")
	strong := headersFor(body)
	strong.Set(headerSignature, strongly(body))
	inHex := headersFor(body)
	inHex.Set(headerSignature, stronglyInHex(body))
	mislabelled := headersFor(body)
	mislabelled.Set(headerSignature, strings.Replace(sign(body, testSecret), "sha1", "sha256", 1))
	for yaml, want := range map[string][4]int{
		"require_sha256: true":  {401, 200, 200, 401},
		"require_sha256: false": {200, 200, 200, 401},
		"":                      {200, 200, 200, 401},
	} {
		b := newBench(t, yaml)
		var got [4]int
		for i, header := range []http.Header{headersFor(body), strong, inHex, mislabelled} {
			got[i] = serve(t.Context(), b.receiver, request{method: http.MethodPost, header: header, body: []byte(body)})
		}
		assert.Equal(t, want, got, yaml)
	}
}

// FuzzRequests posts any body with any headers. Each request must get an answer that LivePerson
// understands, and a request without a valid signature must get 401.
func FuzzRequests(f *testing.F) {
	for _, body := range []string{demoChatState, demoClosed, agentSaid(1, "hello"), notify(messagingNotification, `7`), notify(conversationNotification, `{"result":{"conversationDetails":[]}}`), `{"type":"` + messagingNotification + `","body":{"changes":[{"event":{"type":"ContentEvent"},"sequence":1e9,"serverTimestamp":-1}]}}`, "\xff"} {
		f.Add([]byte(body), "", testAccount, testClient, true)
		f.Add([]byte(body), sign(body, testSecret), testAccount, "another", false)
		f.Add([]byte(body), strongly(body), testAccount, testClient, false)
	}
	c, err := testConfigWith(f, "own_messages: true\nall_conversations: true\nmax_body_bytes: 10000\nack_timeout: 4s")
	require.NoError(f, err)
	r, err := newReceiver(c, service.MockResources())
	require.NoError(f, err)
	go func() {
		for d := range r.deliveries {
			_ = d.ack(context.Background(), nil)
		}
	}()
	f.Cleanup(func() { close(r.deliveries) })
	f.Fuzz(func(t *testing.T, body []byte, signature, account, client string, signed bool) {
		if signed {
			signature = sign(string(body), testSecret)
		}
		header := http.Header{headerSignature: {signature}, headerAccount: {account}, headerClient: {client}}
		status := serve(t.Context(), r, request{method: http.MethodPost, header: header, body: body})
		genuine := signatureValid(body, signature, testSecret) && account == testAccount && client == testClient
		switch {
		case len(body) > 10000:
			assert.Equal(t, http.StatusRequestEntityTooLarge, status)
		case genuine:
			assert.Equal(t, http.StatusOK, status)
		default:
			assert.Equal(t, http.StatusUnauthorized, status)
		}
	})
}
