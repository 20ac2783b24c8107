package wire

import (
	"context"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pipes gives a transport whose n-th connection answers with n, and the ends of those
// connections that the servers have.
func pipes(t *testing.T) (*Transport, *[]net.Conn) {
	t.Helper()
	var theirs []net.Conn
	transport := dialling(func() (net.Conn, error) {
		ours, other := net.Pipe()
		theirs = append(theirs, other)
		name := string(rune('0' + len(theirs)))
		go func() {
			answering(func(int, *http.Request) string { return ok(name) })(0, other)
			_ = other.Close()
		}()
		return ours, nil
	})
	t.Cleanup(transport.CloseIdleConnections)
	return transport, &theirs
}

// ask makes requests at once, and tells over which connections. The answers are read to
// their ends in the order of the requests.
func ask(t *testing.T, transport *Transport, urls ...string) (over string) {
	t.Helper()
	var all []*http.Response
	for _, url := range urls {
		res, err := transport.RoundTrip(get(t, url))
		require.NoError(t, err)
		all = append(all, res)
	}
	for _, res := range all {
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		over += string(body)
	}
	return over
}

func TestKeeping(t *testing.T) {
	t.Parallel()
	a := []string{"http://a", "http://a", "http://a", "http://a", "http://a"}
	for name, test := range map[string]func(*testing.T, *Transport, []net.Conn){
		"the newest goes first": func(t *testing.T, transport *Transport, _ []net.Conn) {
			assert.Equal(t, "432", ask(t, transport, a[:3]...))
			assert.Equal(t, "2", ask(t, transport, a[0]))
		},
		"no more than asked for": func(t *testing.T, transport *Transport, _ []net.Conn) {
			assert.Equal(t, 4, transport.resting())
			assert.Equal(t, "43216", ask(t, transport, a...), "the fifth was closed")
		},
		"of each endpoint": func(t *testing.T, transport *Transport, _ []net.Conn) {
			assert.Equal(t, "6", ask(t, transport, "http://b"))
			assert.Equal(t, 5, transport.resting())
			assert.Equal(t, "7", ask(t, transport, "http://a:81"))
			assert.Equal(t, "4", ask(t, transport, "http://a:80"))
			assert.Equal(t, "6", ask(t, transport, "http://b"))
		},
		"until they are old": func(t *testing.T, transport *Transport, _ []net.Conn) {
			time.Sleep(idleTimeout / 2)
			assert.Equal(t, "43", ask(t, transport, a[:2]...))
			time.Sleep(idleTimeout/2 - time.Second)
			assert.Equal(t, 4, transport.resting())
			time.Sleep(2 * time.Second)
			assert.Equal(t, 2, transport.resting(), "the others are closed, asked for or not")
			time.Sleep(idleTimeout/2 - 2*time.Second)
			assert.Equal(t, 2, transport.resting())
			time.Sleep(2 * time.Second)
			assert.Zero(t, transport.resting())
			assert.Nil(t, transport.idle.pruning)
			assert.Equal(t, "6", ask(t, transport, a[0]))
			time.Sleep(idleTimeout + time.Second)
			assert.Zero(t, transport.resting())
		},
		"until they are old, the timer being late": func(t *testing.T, transport *Transport, _ []net.Conn) {
			transport.idle.pruning.Stop()
			time.Sleep(idleTimeout)
			assert.Equal(t, "6", ask(t, transport, a[0]))
			transport.idle.prune()
		},
		"until they are closed there": func(t *testing.T, transport *Transport, theirs []net.Conn) {
			require.NoError(t, theirs[3].Close())
			require.NoError(t, theirs[2].Close())
			assert.Equal(t, "2", ask(t, transport, a[0]))
		},
		"until something comes": func(t *testing.T, transport *Transport, theirs []net.Conn) {
			go func() { _, _ = io.WriteString(theirs[3], ok("not")) }()
			synctest.Wait()
			assert.Equal(t, "3", ask(t, transport, a[0]))
		},
		"until all are closed": func(t *testing.T, transport *Transport, theirs []net.Conn) {
			res, err := transport.RoundTrip(get(t, a[0]))
			require.NoError(t, err)
			transport.CloseIdleConnections()
			assert.Zero(t, transport.resting())
			for _, c := range theirs[:3] {
				_, err := c.Read(make([]byte, 1))
				require.Error(t, err)
			}
			body, err := io.ReadAll(res.Body)
			require.NoError(t, err, "one in use is not closed")
			assert.Equal(t, "4", string(body))
			assert.Equal(t, "4", ask(t, transport, a[0]))
			time.Sleep(2 * idleTimeout)
			assert.Zero(t, transport.resting())
		},
		"not when half read": func(t *testing.T, transport *Transport, theirs []net.Conn) {
			res, err := transport.RoundTrip(get(t, a[0]))
			require.NoError(t, err)
			require.NoError(t, res.Body.Close())
			_, _ = io.ReadAll(res.Body)
			require.NoError(t, res.Body.Close())
			_, err = theirs[3].Read(make([]byte, 1))
			require.Error(t, err)
			assert.Equal(t, "3", ask(t, transport, a[0]))
		},
		"once only": func(t *testing.T, transport *Transport, _ []net.Conn) {
			res, err := transport.RoundTrip(get(t, a[0]))
			require.NoError(t, err)
			for range 3 {
				_, err = io.ReadAll(res.Body)
				require.NoError(t, err)
				require.NoError(t, res.Body.Close())
			}
			assert.Equal(t, 4, transport.resting())
			assert.Equal(t, "432", ask(t, transport, a[:3]...))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				transport, theirs := pipes(t)
				require.Equal(t, "12345", ask(t, transport, a...))
				test(t, transport, *theirs)
			})
		})
	}
}

// A connection that is to be closed, or has more in it than its answer, does not rest.
func TestNotKeptWithItsAnswerRead(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		raw    string
		cancel bool
		want   int
	}{
		"whole":     {raw: ok("hello"), want: 1},
		"more":      {raw: ok("hello") + "!"},
		"cancelled": {raw: ok("hello"), cancel: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := listen(t, answering(func(int, *http.Request) string { return test.raw }))
			transport := newTransport(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			res, err := transport.RoundTrip(get(t, s.url).WithContext(ctx))
			require.NoError(t, err)
			if test.cancel {
				cancel()
			}
			body, err := io.ReadAll(res.Body) // has come in with the header
			require.NoError(t, err)
			assert.Equal(t, "hello", string(body))
			assert.Equal(t, test.want, transport.resting())
		})
	}
}

// A context that ends with its answer closes its connection or does not; it is never
// closed under another request.
func TestContextThatEndsWithTheAnswer(t *testing.T) {
	t.Parallel()
	s := listen(t, answering(func(int, *http.Request) string { return ok("hello") }))
	transport := newTransport(t)
	for range 300 {
		ctx, cancel := context.WithCancel(t.Context())
		res, err := transport.RoundTrip(get(t, s.url).WithContext(ctx))
		require.NoError(t, err)
		go cancel()
		_, _ = io.ReadAll(res.Body)
		_, body, err := whole(transport, get(t, s.url))
		require.NoError(t, err)
		require.Equal(t, "hello", body)
	}
}

func TestErrorTexts(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ raw, text string }{
		"closed":        {"", "the connection was closed before the answer: unexpected EOF"},
		"header":        {"HTTP/1.1 200 OK\r\nA: " + strings.Repeat("x", maxHeader), errHeader.Error()},
		"interim alone": {strings.Join(slices.Repeat([]string{"HTTP/1.1 100 Continue\r\n\r\n"}, maxInterim), ""), "interim answers (1xx) alone"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := listen(t, answering(func(int, *http.Request) string { return test.raw }))
			_, _, err := whole(newTransport(t), get(t, s.url))
			require.EqualError(t, err, test.text)
		})
	}
}
