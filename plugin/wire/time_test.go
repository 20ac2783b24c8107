package wire

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// hang makes a server that takes all that is sent and answers with this much.
func hang(parts ...string) func(net.Conn) {
	return func(c net.Conn) {
		go func() { _, _ = io.Copy(io.Discard, c) }()
		for _, part := range parts {
			if _, err := io.WriteString(c, part); err != nil {
				return
			}
			time.Sleep(pause)
		}
	}
}

const pause = 4 * time.Second // of a slow server

const cutOff = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhel"

// stages are where a request can be when its time is up.
var stages = map[string]struct {
	url    string
	dial   func(context.Context, string, string) (net.Conn, error) // nil: to serve
	serve  func(net.Conn)
	inBody bool
}{
	"connecting":    {url: "http://a", dial: hangingDial},
	"TLS":           {url: "https://a", serve: hang()},
	"TLS, unread":   {url: "https://a", serve: func(net.Conn) {}},
	"sending":       {url: "http://a", serve: func(net.Conn) {}},
	"TLS, waiting":  {url: "https://a", serve: func(c net.Conn) { _, _ = shake(c).Read(make([]byte, 1<<10)) }},
	"TLS, sending":  {url: "https://a", serve: func(c net.Conn) { shake(c) }},
	"waiting":       {url: "http://a", serve: hang()},
	"in the status": {url: "http://a", serve: hang("HTTP/1.1 2")},
	"interim":       {url: "http://a", serve: hang("HTTP/1.1 100 Continue\r\n\r\n")},
	"in the body":   {url: "http://a", serve: hang(cutOff), inBody: true},
	"slow body":     {url: "http://a", serve: hang(cutOff, "l", "o", "w", "o", "r", "l"), inBody: true},
}

// shake makes the server's side of TLS.
func shake(c net.Conn) *tls.Conn {
	secured := tls.Server(c, testTLS())
	_ = secured.HandshakeContext(context.Background())
	return secured
}

func hangingDial(ctx context.Context, _, _ string) (net.Conn, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestTime(t *testing.T) {
	t.Parallel()
	testTLS() // outside of the bubbles
	const end = 10 * time.Second
	for how, test := range map[string]struct {
		timeout time.Duration
		context func(context.Context) (context.Context, context.CancelFunc)
		err     error
	}{
		"timeout": {timeout: end, context: context.WithCancel, err: context.DeadlineExceeded},
		"timeout before the deadline": {timeout: end, err: context.DeadlineExceeded, context: func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 2*end)
		}},
		"deadline": {err: context.DeadlineExceeded, context: func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, end)
		}},
		"deadline before the timeout": {timeout: 2 * end, err: context.DeadlineExceeded, context: func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, end)
		}},
		"cancelled": {timeout: 2 * end, err: context.Canceled, context: func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(end, cancel)
			return ctx, cancel
		}},
	} {
		for where, stage := range stages {
			t.Run(how+" "+where, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					transport := NewTransport(&tls.Config{InsecureSkipVerify: true}, 4)
					transport.Timeout, transport.Dial = test.timeout, stage.dial
					if stage.dial == nil {
						transport.Dial = func(context.Context, string, string) (net.Conn, error) {
							ours, theirs := net.Pipe()
							go stage.serve(theirs)
							return ours, nil
						}
					}
					ctx, cancel := test.context(t.Context())
					defer cancel()
					start := time.Now()
					res, err := transport.RoundTrip(post(t, stage.url, "hello").WithContext(ctx))
					if stage.inBody {
						require.NoError(t, err)
						_, err = io.ReadAll(res.Body)
						require.Error(t, err)
						require.NoError(t, res.Body.Close())
					} else {
						require.ErrorIs(t, err, test.err)
					}
					assert.Equal(t, end, time.Since(start))
					if !strings.HasPrefix(how, "timeout") {
						assert.Equal(t, test.err, ctx.Err(), "whoever is told so finds it ended")
					}
					assert.Zero(t, transport.resting())
					time.Sleep(pause) // the server sees it
				})
			})
		}
	}
}

// Nothing bounds a request but connecting to the server.
func TestTimeUnbounded(t *testing.T) {
	t.Parallel()
	testTLS()
	for where, stage := range stages {
		if where != "connecting" && where != "TLS" {
			continue
		}
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				transport := NewTransport(nil, 4)
				transport.Dial = stage.dial
				if stage.dial == nil {
					transport.Dial = dial(func(string) (net.Conn, error) {
						ours, theirs := net.Pipe()
						go stage.serve(theirs)
						return ours, nil
					}).context
				}
				start := time.Now()
				_, err := transport.RoundTrip(post(t, stage.url, "hello"))
				require.ErrorIs(t, err, context.DeadlineExceeded)
				assert.Equal(t, connectTimeout, time.Since(start))
			})
		})
	}
}

// The time of one request is none of the next one's on its connection.
func TestTimeOfTheNextRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		opened := 0
		transport := dialling(func() (net.Conn, error) {
			opened++
			ours, theirs := net.Pipe()
			go answering(func(n int, _ *http.Request) string {
				time.Sleep(time.Duration(n) * time.Second)
				return ok("hello")
			})(1, theirs)
			return ours, nil
		})
		transport.Timeout = 2 * time.Second
		ctx, cancel := context.WithCancel(t.Context())
		_, _, err := whole(transport, get(t, "http://a").WithContext(ctx))
		require.NoError(t, err)
		cancel() // too late for the connection
		time.Sleep(3 * time.Second)

		transport.Timeout = 0
		_, body, err := whole(transport, get(t, "http://a"))
		require.NoError(t, err)
		assert.Equal(t, "hello", body)
		_, body, err = whole(transport, get(t, "http://a"))
		require.NoError(t, err)
		assert.Equal(t, "hello", body)
		assert.Equal(t, 1, opened)
		transport.CloseIdleConnections()
	})
}
