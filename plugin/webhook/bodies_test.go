package webhook

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const longest = defaultMaxBodyBytes

// unsigned returns a request with a well-formed but wrong signature. The length -1 means a body
// in chunks.
func unsigned(body io.Reader, length int64) *http.Request {
	req := httptest.NewRequest(http.MethodPost, defaultPath, body)
	req.ContentLength = length
	req.Header = headersFor("another body")
	return req
}

// allocated returns the bytes that the process allocates while it runs a function. Tests that use
// it are not parallel, so that no other test allocates meanwhile.
func allocated(run func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	run()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestRefusedBodiesLeaveNoGarbage(t *testing.T) {
	const requests, most = 50, 32 << 10 // bytes for each
	long := bytes.Repeat([]byte("x"), longest+1)
	for name, test := range map[string]struct {
		request func() *http.Request
		want    int
	}{
		"with a length":      {func() *http.Request { return unsigned(bytes.NewReader(long[1:]), longest) }, http.StatusUnauthorized},
		"in chunks":          {func() *http.Request { return unsigned(bytes.NewReader(long[1:]), -1) }, http.StatusUnauthorized},
		"a bit of a chunk":   {func() *http.Request { return unsigned(bytes.NewReader(long[:longest/20]), longest/20) }, http.StatusUnauthorized},
		"longer than may be": {func() *http.Request { return unsigned(bytes.NewReader(long), -1) }, http.StatusRequestEntityTooLarge},
		"cut short": {func() *http.Request {
			return unsigned(io.MultiReader(bytes.NewReader(long[2:]), iotest.ErrReader(errors.New("gone"))), longest)
		}, http.StatusBadRequest},
		"for another account": {func() *http.Request {
			req := unsigned(bytes.NewReader(long[1:]), longest)
			req.Header = headersFor(string(long[1:]))
			req.Header.Set(headerAccount, "1")
			return req
		}, http.StatusUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHandler(newBench(t, "").receiver)
			made := make([]*http.Request, requests+1)
			for i := range made {
				made[i] = test.request()
			}
			post := func(req *http.Request) {
				answer := httptest.NewRecorder()
				h.ServeHTTP(answer, req)
				assert.Equal(t, test.want, answer.Code)
			}
			post(made[0]) // allocates the memory that the other requests reuse
			bytes := allocated(func() {
				for _, req := range made[1:] {
					post(req)
				}
			})
			assert.Less(t, bytes/requests, uint64(most), "bytes for each request")
			assert.Zero(t, h.bodies.inUse())
		})
	}
}

// Several rounds of many clients use no more memory than the limit.
func TestManyRefusedBodiesTakeBoundedMemory(t *testing.T) {
	const rounds, clients = 4, 200
	h := newHandler(newBench(t, "").receiver)
	long := bytes.Repeat([]byte("x"), longest)
	bytes := allocated(func() {
		for range rounds {
			var round sync.WaitGroup
			for range clients {
				round.Go(func() {
					answer := httptest.NewRecorder()
					// Small parts let the clients take turns.
					h.ServeHTTP(answer, unsigned(inParts{bytes.NewReader(long)}, longest))
					assert.Contains(t, []int{http.StatusUnauthorized, http.StatusServiceUnavailable}, answer.Code)
				})
			}
			round.Wait()
		}
	})
	assert.Less(t, bytes, uint64(maxBodies*longest+rounds*clients*(32<<10)))
	assert.Zero(t, h.bodies.inUse())
}

// inParts reads at most 64 KiB at a time, and lets other goroutines run in between.
type inParts struct{ io.Reader }

func (p inParts) Read(into []byte) (int, error) {
	runtime.Gosched()
	return p.Reader.Read(into[:min(len(into), 64<<10)])
}

// A message stays unchanged when later bodies reuse the memory.
func TestBodiesOfAnyLength(t *testing.T) {
	t.Parallel()
	const most, chunk = 1600, 1600 / chunksPerBody
	b := newBench(t, fmt.Sprintf("max_body_bytes: %d", most))
	h := newHandler(b.receiver)
	post := func(body string, signedAs string) int {
		req := httptest.NewRequest(http.MethodPost, defaultPath, iotest.HalfReader(strings.NewReader(body)))
		req.Header = headersFor(signedAs)
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, req)
		return answer.Code
	}
	for i, length := range []int{5*chunk - 1, 5 * chunk, 5*chunk + 1, most - 1, most} {
		change := agentSays(i+1, "hello")
		body := notify(messagingNotification, change)
		body += strings.Repeat(" ", length-len(body))
		status := make(chan int, 1)
		go func() { status <- post(body, body) }()
		d := <-b.deliveries
		assert.Equal(t, http.StatusUnauthorized, post(strings.Repeat("x", most), body))
		assert.Equal(t, []string{change}, contents(t, d.batch), "%d bytes", length)
		require.NoError(t, d.ack(t.Context(), nil))
		assert.Equal(t, http.StatusOK, <-status, "%d bytes", length)
	}
	over := notify(messagingNotification, strings.Repeat(" ", most))
	assert.Equal(t, http.StatusRequestEntityTooLarge, post(over, over))
	assert.Equal(t, http.StatusUnauthorized, post("", over))
	assert.Equal(t, http.StatusOK, post("", ""), "signed, but no notification")
}

// Clients that stop after one byte don't keep other clients out, even if they use all connections.
func TestClientsThatStopAfterAByte(t *testing.T) {
	t.Parallel()
	assert.Greater(t, maxBodies*chunksPerBody, maxConnections)
	bothServers(t, "max_body_bytes: 1000", func(t *testing.T, h *handler, address string) {
		const stopped = 2 * maxBodies
		var open []net.Conn
		for range stopped {
			conn, _ := begin(t, address, shaped+"Content-Length: 1000\n", "x")
			open = append(open, conn)
		}
		require.Eventually(t, func() bool { return h.bodies.inUse() == stopped }, 30*time.Second, time.Millisecond)
		assert.Equal(t, http.StatusOK, sendTo(t, address, notify(messagingNotification, strings.Repeat(" ", 500))))
		for _, conn := range open {
			conn.Close()
		}
	})
}
