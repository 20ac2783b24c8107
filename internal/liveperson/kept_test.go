package liveperson

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rawServer starts a server and returns its URL. The function serves each connection, and gets its
// number, from 1. When the function returns, the connection is closed.
func rawServer(t *testing.T, serve func(n int, c net.Conn)) (url string, opened *atomic.Int32) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	opened = new(atomic.Int32)
	var all sync.WaitGroup
	var mu sync.Mutex
	var conns []net.Conn
	all.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, c)
			mu.Unlock()
			n := int(opened.Add(1))
			all.Go(func() {
				defer c.Close()
				serve(n, c)
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		mu.Lock()
		for _, c := range conns {
			_ = c.Close()
		}
		mu.Unlock()
		all.Wait()
	})
	return "http://" + listener.Addr().String(), opened
}

// rawOK returns a successful answer with this visitor id.
func rawOK(visitor string) string {
	return rawAnswer(`{"sessionId":"abc","visitorId":"` + visitor + `"}`)
}

func rawAnswer(body string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// readRequest reads one request with its body.
func readRequest(in *bufio.Reader) (*http.Request, []byte, error) {
	r, err := http.ReadRequest(in)
	if err != nil {
		return nil, nil, err
	}
	body, err := io.ReadAll(r.Body)
	return r, body, err
}

// sendTwo returns a context for one report, and a function that returns the result of a second one. When
// net/http keeps the connection of the first report, it may have read bytes behind the first answer. It
// would log them while the connection is idle. Here it can't look at them before the second report was
// written to the connection, so it takes them for the second answer.
func sendTwo(t *testing.T, m *Monitoring) (first context.Context, second func() (Session, error)) {
	type result struct {
		Session
		err error
	}
	results := make(chan result, 1)
	first = httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{PutIdleConn: func(error) {
		written := make(chan struct{})
		wrote := sync.OnceFunc(func() { close(written) })
		go func() {
			defer wrote()
			ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { wrote() }})
			got, err := m.Report(ctx, testReport())
			results <- result{got, err}
		}()
		<-written
	}})
	return first, func() (Session, error) {
		r := <-results
		return r.Session, r.err
	}
}

// An answer without a request, on a kept connection, must not acknowledge the next report.
func TestUnaskedAnswerAcknowledgesNothing(t *testing.T) {
	t.Parallel()
	for name, secure := range map[string]bool{"plain": false, "TLS": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options := HTTPOptions{}
			url, opened := rawServer(t, func(n int, c net.Conn) {
				if secure {
					c = tls.Server(c, &tls.Config{Certificates: testCertificate().Certificates})
				}
				in := bufio.NewReader(c)
				if _, _, err := readRequest(in); err != nil {
					return
				}
				if n > 1 {
					_, _ = io.WriteString(c, "HTTP/1.1 503 Down\r\nContent-Length: 0\r\n\r\n")
					return
				}
				_, _ = io.WriteString(c, rawOK("first")+rawOK("stray"))
				_, _ = io.Copy(io.Discard, in) // until the client closes the connection
			})
			if secure {
				url = strings.Replace(url, "http:", "https:", 1)
				options.TLS = &tls.Config{InsecureSkipVerify: true}
			}
			m := newMonitoring(t, Options{HTTP: newHTTP(t, options)}, MonitoringOptions{Domain: url})
			first, second := sendTwo(t, m)
			got, err := m.Report(first, testReport())
			require.NoError(t, err)
			assert.Equal(t, "first", got.VisitorID)
			_, err = second()
			assert.ErrorIs(t, err, errUnasked)
			assert.Equal(t, ClassNetwork, ClassOf(err))
			_, err = m.Report(t.Context(), testReport())
			assert.Equal(t, ClassServer, ClassOf(err), "the connection was closed")
			assert.EqualValues(t, 2, opened.Load())
		})
	}
}

var testCertificate = sync.OnceValue(func() *tls.Config {
	s := httptest.NewUnstartedServer(nil)
	s.StartTLS()
	defer s.Close()
	return s.TLS.Clone()
})

// A success that comes before the end of the report does not count: LivePerson can't accept a report
// that it has not read. A refusal counts.
func TestEarlyAnswer(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer string
		class  Class
		status int
	}{
		"413":             {"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno", ClassInvalid, 413},
		"302":             {"HTTP/1.1 302 Elsewhere\r\nContent-Length: 2\r\n\r\nno", ClassNotFound, 302},
		"503":             {"HTTP/1.1 503 Down\r\nContent-Length: 0\r\n\r\n", ClassServer, 503},
		"200":             {rawOK("xyz"), ClassNetwork, 0},
		"200, empty body": {rawAnswer(""), ClassNetwork, 0},
		"201":             {strings.Replace(rawOK("xyz"), "200 OK", "201 Created", 1), ClassNetwork, 0},
	} {
		for how, closes := range map[string]bool{"kept open": false, "closed": true} {
			t.Run(name+", "+how, func(t *testing.T) {
				t.Parallel()
				url, _ := rawServer(t, func(_ int, c net.Conn) {
					_, _ = io.ReadFull(c, make([]byte, 1000))
					_, _ = io.WriteString(c, test.answer)
					if closes {
						_ = c.(*net.TCPConn).CloseWrite()
					}
					<-t.Context().Done()
				})
				m := newMonitoring(t, Options{HTTP: newHTTP(t, HTTPOptions{})}, MonitoringOptions{Domain: url})
				report := testReport()
				report.Body = []byte(`{"consumerId":"` + strings.Repeat("x", 16<<20) + `"}`) // more than sockets hold
				_, err := m.Report(t.Context(), report)
				var e *Error
				require.ErrorAs(t, err, &e)
				assert.Equal(t, test.class, e.Class)
				assert.Equal(t, test.status, e.Status)
				if test.class == ClassNetwork {
					assert.ErrorContains(t, err, "it answered before it had the whole request")
				}
			})
		}
	}
}

// misbehaving answers each report with its visitor id, in the way that the report names.
func misbehaving(c net.Conn) {
	in := bufio.NewReader(c)
	for {
		r, _, err := readRequest(in)
		if err != nil {
			return
		}
		id := r.URL.Query().Get("vid")
		manner, _, _ := strings.Cut(id, "-")
		raw, last := rawOK(id), false
		switch manner {
		case "chunked":
			body := `{"visitorId":"` + id + `","sessionId":"s"}`
			raw = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n" + body[:5] + "\r\n" + strconv.FormatInt(int64(len(body)-5), 16) + "\r\n" + body[5:] + "\r\n0\r\n\r\n"
		case "interim":
			raw = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + raw
		case "closing":
			raw, last = strings.Replace(raw, "\r\n", "\r\nConnection: close\r\n", 1), true
		case "closingUnsaid":
			last = true
		case "cutOff":
			raw, last = raw[:len(raw)*4/5], true
		case "noAnswer":
			return
		}
		if _, err := io.WriteString(c, raw); err != nil || last {
			return
		}
	}
}

var manners = []string{"plain", "plain", "plain", "chunked", "interim", "closing", "closingUnsaid", "cutOff", "noAnswer"}

// In all these cases, a report gets its own answer.
func TestAnswersAreTheirReportsOwn(t *testing.T) {
	t.Parallel()
	url, _ := rawServer(t, func(_ int, c net.Conn) { misbehaving(c) })
	m := newMonitoring(t, Options{HTTP: newHTTP(t, HTTPOptions{Connections: 8})}, MonitoringOptions{Domain: url})
	var good atomic.Int32
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(worker)))
			for n := range 100 {
				id := fmt.Sprintf("%s-%d-%d", manners[random.IntN(len(manners))], worker, n)
				ctx, cancel := context.WithCancel(t.Context())
				if random.IntN(8) == 0 {
					time.AfterFunc(time.Duration(random.IntN(500))*time.Microsecond, cancel)
				}
				got, err := m.Report(ctx, Report{Body: []byte(testBody), VisitorID: id, SessionID: "s"})
				cancel()
				if err == nil && got.VisitorID != "" {
					good.Add(1)
					assert.Equal(t, id, got.VisitorID)
				}
			}
		})
	}
	all.Wait()
	assert.Greater(t, good.Load(), int32(200))
}

// The client uses HTTP/2 over one connection if the server supports it.
func TestHTTP2(t *testing.T) {
	t.Parallel()
	var opened atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if r.ProtoMajor != 2 {
			w.WriteHeader(http.StatusHTTPVersionNotSupported)
			return
		}
		_, _ = io.WriteString(w, sampleSession)
	}))
	server.EnableHTTP2 = true
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	settings := server.Client().Transport.(*http.Transport).TLSClientConfig
	m := newMonitoring(t, Options{HTTP: newHTTP(t, HTTPOptions{TLS: settings})}, MonitoringOptions{Domain: server.URL})
	for range 5 {
		_, err := m.Report(t.Context(), testReport())
		require.NoError(t, err)
	}
	assert.EqualValues(t, 1, opened.Load())
}
