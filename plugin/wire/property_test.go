package wire

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// misbehaving answers each request with its path, as often as its query says, in the
// manner that it asks for.
func misbehaving(c net.Conn) {
	in := bufio.NewReader(c)
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return
		}
		q := r.URL.Query()
		times, _ := strconv.Atoi(q.Get("times"))
		delay, _ := strconv.Atoi(q.Get("delay"))
		if delay > 0 {
			time.Sleep(time.Duration(delay) * time.Millisecond)
		}
		body := strings.Repeat(r.URL.Path, times)
		raw, last := ok(body), false
		switch q.Get("manner") {
		case "chunked":
			half := len(body) / 2
			raw = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
			for _, chunk := range []string{body[:half], body[half:]} {
				if chunk != "" {
					raw += fmt.Sprintf("%x\r\n%s\r\n", len(chunk), chunk)
				}
			}
			raw += "0\r\n\r\n"
		case "interim":
			raw = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + raw
		case "close":
			raw, last = strings.Replace(raw, "\r\n", "\r\nConnection: close\r\n", 1), true
		case "close unsaid":
			last = true
		case "cut off":
			raw, last = raw[:len(raw)*2/3], true
		case "no answer":
			return
		case "twice":
			raw += ok("/stray")
		}
		if _, err := io.WriteString(c, raw); err != nil || last {
			return
		}
	}
}

var manners = []string{"", "", "", "chunked", "chunked", "interim", "close", "close unsaid", "cut off", "no answer", "twice"}

// badger makes requests of all kinds at once, some of which end early, and checks that
// each answer that is read whole is the request's own. It tells how many were.
func badger(t *testing.T, transport *Transport, url string, seed uint64, delays int) (good int64) {
	var count atomic.Int64
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			random := rand.New(rand.NewPCG(seed, uint64(worker)))
			for n := range 12 {
				times := random.IntN(1000)
				path := fmt.Sprintf("/%d-%d", worker, n)
				query := fmt.Sprintf("?times=%d&manner=%s", times, strings.ReplaceAll(manners[random.IntN(len(manners))], " ", "%20"))
				ctx, cancel := context.WithCancel(t.Context())
				if delays > 0 {
					query += fmt.Sprintf("&delay=%d", random.IntN(delays))
				}
				switch random.IntN(6) {
				case 0:
					cancelSoon(cancel, random, delays)
				case 1:
					if delays > 0 {
						ctx, cancel = context.WithTimeout(ctx, time.Duration(random.IntN(delays))*time.Millisecond)
					}
				}
				res, err := transport.RoundTrip(post(t, url+path+query, path).WithContext(ctx))
				if err == nil {
					if random.IntN(6) == 0 {
						_, _ = io.CopyN(io.Discard, res.Body, random.Int64N(2000))
					} else if body, err := io.ReadAll(res.Body); err == nil {
						count.Add(1)
						assert.Equal(t, strings.Repeat(path, times), string(body), "seed %d", seed)
					}
					_ = res.Body.Close()
				}
				cancel()
			}
		})
	}
	all.Wait()
	return count.Load()
}

func cancelSoon(cancel func(), random *rand.Rand, delays int) {
	if delays > 0 {
		time.AfterFunc(time.Duration(random.IntN(delays))*time.Millisecond, cancel)
		return
	}
	yields := random.IntN(50)
	go func() {
		for range yields {
			runtime.Gosched()
		}
		cancel()
	}()
}

const seeds = 60

// Every answer is its own request's, whatever goes on, and nothing is left open.
func TestAnswersAreTheirRequestsOwn(t *testing.T) {
	t.Parallel()
	for seed := range uint64(seeds) {
		s := listen(t, func(_ int, c net.Conn) { misbehaving(c) })
		transport := NewTransport(nil, 4)
		transport.Timeout = time.Minute
		good := badger(t, transport, s.url, seed, 0)
		assert.Greater(t, good, int64(20))
		transport.CloseIdleConnections()
		s.mu.Lock()
		for _, c := range s.conns { // ends when our side has closed it
			_, _ = io.Copy(io.Discard, c)
		}
		s.mu.Unlock()
	}
}

// The same with time, which passes as it is told to. The bubble does not end before all
// that runs in it, the servers of open connections among it, has.
func TestAnswersAreTheirRequestsOwnInTime(t *testing.T) {
	t.Parallel()
	for seed := range uint64(seeds) {
		synctest.Test(t, func(t *testing.T) {
			transport := dialling(func() (net.Conn, error) {
				ours, theirs := net.Pipe()
				go func() {
					misbehaving(theirs)
					_ = theirs.Close()
				}()
				return ours, nil
			})
			transport.Timeout = 150 * time.Millisecond
			good := badger(t, transport, "http://a", seed, 200)
			assert.Greater(t, good, int64(10))
			transport.CloseIdleConnections()
			time.Sleep(time.Minute)
			require.Zero(t, transport.resting())
		})
	}
}
