package wire

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// closer counts how often a body is closed.
type closer struct {
	io.Reader
	closed int
}

func (c *closer) Close() error { c.closed++; return nil }

var errBody = errors.New("the body can't be read")

// A request that can't be written is not waited for, as it has no answer.
func TestRequestThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*http.Request)
		body   io.Reader
		length int64
		text   string
	}{
		"body fails":         {body: iotest.ErrReader(errBody), length: 5, text: errBody.Error()},
		"body fails, stream": {body: io.MultiReader(strings.NewReader("half"), iotest.ErrReader(errBody)), length: -1, text: errBody.Error()},
		"body too short":     {body: strings.NewReader("1234"), length: 5, text: "ContentLength=5 with Body length 4"},
		"body too long":      {body: strings.NewReader("123456"), length: 5, text: "ContentLength=5 with Body length 6"},
		"large, too short":   {body: strings.NewReader(strings.Repeat("x", 100_000)), length: 100_001, text: "with Body length 100000"},
		"control character":  {body: strings.NewReader("1"), length: 1, change: func(r *http.Request) { r.URL.RawQuery = "a\nb" }, text: "control character"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := listen(t, answering(func(int, *http.Request) string { return ok("hello") }))
			transport := newTransport(t)
			body := &closer{Reader: test.body}
			req := get(t, s.url)
			req.Method, req.Body, req.ContentLength = http.MethodPost, body, test.length
			if test.change != nil {
				test.change(req)
			}
			_, err := transport.RoundTrip(req)
			require.ErrorContains(t, err, test.text)
			assert.Equal(t, 1, body.closed)
			assert.Zero(t, transport.resting())

			_, answer, err := whole(transport, get(t, s.url))
			require.NoError(t, err)
			assert.Equal(t, "hello", answer)
		})
	}
}

// A panic is the caller's, the connection is not kept open for it.
func TestBodyThatPanics(t *testing.T) {
	t.Parallel()
	closed := make(chan struct{})
	s := listen(t, func(_ int, c net.Conn) {
		_, _ = io.Copy(io.Discard, c)
		close(closed)
	})
	transport := newTransport(t)
	req := get(t, s.url)
	req.Body, req.ContentLength = io.NopCloser(panics{}), 5
	assert.Panics(t, func() { _, _ = transport.RoundTrip(req) })
	<-closed
	assert.Zero(t, transport.resting())
}

type panics struct{}

func (panics) Read([]byte) (int, error) { panic("no body") }

// Whatever ends a request, its body is closed.
func TestBodyIsClosed(t *testing.T) {
	t.Parallel()
	raw, theirs := net.Pipe()
	require.NoError(t, theirs.Close())
	require.NoError(t, raw.Close())
	for name, dial := range map[string]func() (net.Conn, error){
		"no connection":     func() (net.Conn, error) { return nil, os.ErrPermission },
		"closed connection": func() (net.Conn, error) { return raw, nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			transport := dialling(dial)
			body := &closer{Reader: strings.NewReader("x")}
			req := get(t, "http://127.0.0.1")
			req.Body, req.ContentLength = body, 1
			_, err := transport.RoundTrip(req)
			require.Error(t, err)
			assert.Equal(t, 1, body.closed)
		})
	}
}

// What is not http is not sent in the clear, but refused.
func TestURLs(t *testing.T) {
	t.Parallel()
	for _, refused := range []*url.URL{
		nil, {}, {Scheme: "http"}, {Host: "a"}, {Scheme: "HTTPS", Host: "a"}, {Scheme: "ftp", Host: "a"},
		{Scheme: "https", Host: ":443"}, {Scheme: "https", Opaque: "a"},
	} {
		transport := dialling(func() (net.Conn, error) { t.Error("dialled"); return nil, errBody })
		body := &closer{Reader: strings.NewReader("x")}
		_, err := transport.RoundTrip((&http.Request{URL: refused, Body: body, ContentLength: 1}).WithContext(t.Context()))
		require.ErrorContains(t, err, "not a URL of http or https")
		assert.Equal(t, 1, body.closed)
	}
}

// A server may refuse a request, and close, while it is being sent. It can't have
// accepted what it has not got.
func TestEarlyAnswer(t *testing.T) {
	t.Parallel()
	for early, want := range map[string]int{
		"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno": 413,
		"HTTP/1.1 302 Elsewhere\r\nContent-Length: 2\r\n\r\nno": 302,
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno":        0,
		"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nno":   0,
		"HTTP/1.1 101 Switching Protocols\r\n\r\n":              0,
	} {
		raw, theirs := net.Pipe()
		go func() {
			_, _ = io.ReadFull(theirs, make([]byte, 1000))
			_ = theirs.Close()
		}()
		// The answer has come in before the connection was closed.
		transport := dialling(func() (net.Conn, error) { return answered{raw, strings.NewReader(early)}, nil })
		status, body, err := whole(transport, post(t, "http://127.0.0.1", strings.Repeat("x", 1<<20)))
		assert.Equal(t, want, status)
		if want == 0 {
			require.ErrorIs(t, err, io.ErrClosedPipe)
		} else {
			require.NoError(t, err)
			assert.Equal(t, "no", body)
		}
		assert.Zero(t, transport.resting())
	}
}

// answered is a connection with its answer in it.
type answered struct {
	net.Conn
	answer io.Reader
}

func (a answered) Read(p []byte) (int, error) { return a.answer.Read(p) }

// Requests are sent as net/http's Transport sends them.
func TestRequestsOnTheWire(t *testing.T) {
	t.Parallel()
	header := http.Header{"Content-Type": {"application/json"}, "X-Two": {"1", "2"}, "User-Agent": {"me"}, "X-Line": {"a"}}
	for name, test := range map[string]struct {
		method, url, host string
		header            http.Header
		body              func() io.Reader
		length            int64
	}{
		"POST":             {method: "POST", url: "http://example.com/a?b=c", header: header, body: text("{}"), length: 2},
		"PUT":              {method: "PUT", url: "http://example.com/a%2Fb", header: header, body: text("hello"), length: 5},
		"PUT, large":       {method: "PUT", url: "http://example.com/", body: text(strings.Repeat("0123456789", 50_000)), length: 500_000},
		"POST, streamed":   {method: "POST", url: "http://example.com/", body: text("hello"), length: -1},
		"POST, own reader": {method: "POST", url: "http://example.com/", body: func() io.Reader { return io.MultiReader(text("hello")()) }, length: 5},
		"POST, empty":      {method: "POST", url: "http://example.com/"},
		"GET":              {method: "GET", url: "http://example.com/?a=b&c=d%20e"},
		"GET, no path":     {method: "GET", url: "http://example.com"},
		"no method":        {url: "http://example.com"},
		"HEAD":             {method: "HEAD", url: "http://example.com"},
		"DELETE":           {method: "DELETE", url: "http://example.com", header: header},
		"port":             {method: "GET", url: "http://example.com:8080/"},
		"empty port":       {method: "GET", url: "http://example.com:/"},
		"own host":         {method: "GET", url: "http://127.0.0.1:8080/", host: "example.com"},
		"IPv6":             {method: "GET", url: "http://[::1]/"},
		"IPv6, port":       {method: "GET", url: "http://[::1]:8080/"},
		"IPv6, zone":       {method: "GET", url: "http://[fe80::1%25en0]:8080/"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			send := func(transport func(dial) http.RoundTripper) (address, sent string) {
				raw, theirs := net.Pipe()
				var read bytes.Buffer
				done := make(chan error, 1)
				go func() {
					r, err := http.ReadRequest(bufio.NewReader(io.TeeReader(theirs, &read)))
					if err == nil {
						_, err = io.Copy(io.Discard, r.Body)
					}
					_, _ = io.WriteString(theirs, ok(""))
					done <- err
				}()
				u, err := url.Parse(test.url)
				require.NoError(t, err)
				req := (&http.Request{Method: test.method, URL: u, Host: test.host, Header: test.header.Clone(), ContentLength: test.length}).WithContext(t.Context())
				if req.Header == nil {
					req.Header = http.Header{}
				}
				if test.body != nil {
					req.Body = io.NopCloser(test.body())
				}
				status, _, err := whole(transport(func(to string) (net.Conn, error) { address = to; return raw, nil }), req)
				require.NoError(t, err)
				require.NoError(t, <-done)
				assert.Equal(t, 200, status)
				return address, read.String()
			}
			address, sent := send(func(d dial) http.RoundTripper { return &Transport{Dial: d.context, idle: newIdle(0)} })
			wantAddress, want := send(func(d dial) http.RoundTripper {
				return &http.Transport{DialContext: d.context, DisableCompression: true}
			})
			assert.Equal(t, wantAddress, address)
			assert.Equal(t, want, sent)
		})
	}
}

func text(s string) func() io.Reader {
	return func() io.Reader { return strings.NewReader(s) }
}
