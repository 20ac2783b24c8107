package liveperson

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A scripted server can do these instead of an answer.
const (
	closes = "close"
	resets = "reset"
)

// scriptedServer answers the n-th request with the n-th text, and later requests with the last
// text. After a text that ends with closes or resets, it also does that. It counts requests.
func scriptedServer(t *testing.T, script ...string) (url string, requests, opened *atomic.Int32) {
	t.Helper()
	requests = new(atomic.Int32)
	url, opened = rawServer(t, func(_ int, c net.Conn) {
		in := bufio.NewReader(c)
		for {
			if _, _, err := readRequest(in); err != nil {
				return
			}
			answer := script[min(int(requests.Add(1)), len(script))-1]
			text, ends := strings.CutSuffix(answer, closes)
			if !ends {
				text, ends = strings.CutSuffix(answer, resets)
				if ends {
					_ = c.(*net.TCPConn).SetLinger(0)
				}
			}
			if _, err := io.WriteString(c, text); err != nil || ends {
				return
			}
		}
	})
	return url, requests, opened
}

func rawStatus(status string) string { return "HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n\r\n" }

// The server may close a kept connection at any time. A request that fails only because of that is
// repeated once, immediately, over a new connection.
func TestRequestFailsOnAKeptConnection(t *testing.T) {
	t.Parallel()
	first, good := rawOK("first"), rawOK("second")
	tests := map[string]struct {
		script   []string
		requests int32
		class    Class // of the second report; empty: accepted
		status   int
	}{
		"408":                            {[]string{first, rawStatus("408 Request Timeout"), good}, 3, "", 0},
		"408, closed":                    {[]string{first, rawStatus("408 Request Timeout") + closes, good}, 3, "", 0},
		"408 with a page":                {[]string{first, "HTTP/1.0 408 Request Time-out\r\nConnection: close\r\n\r\n<html><body>408</body></html>" + closes, good}, 3, "", 0},
		"421":                            {[]string{first, rawStatus("421 Misdirected Request"), good}, 3, "", 0},
		"425":                            {[]string{first, rawStatus("425 Too Early"), good}, 3, "", 0},
		"closed":                         {[]string{first, closes, good}, 3, "", 0},
		"reset":                          {[]string{first, resets, good}, 3, "", 0},
		"408, then 503":                  {[]string{first, rawStatus("408 Request Timeout"), rawStatus("503 Down")}, 3, ClassServer, 503},
		"408, then refused":              {[]string{first, rawStatus("408 Request Timeout"), rawStatus("400 Bad")}, 3, ClassInvalid, 400},
		"408 each time":                  {[]string{first, rawStatus("408 Request Timeout")}, 3, ClassServer, 408},
		"421 each time":                  {[]string{first, rawStatus("421 Misdirected Request")}, 3, ClassServer, 421},
		"closed each time":               {[]string{first, closes}, 3, ClassNetwork, 0},
		"reset each time":                {[]string{first, resets}, 3, ClassNetwork, 0},
		"closed within the status":       {[]string{first, "HTTP/1.1 20" + closes, good}, 2, ClassNetwork, 0},
		"closed within the header":       {[]string{first, "HTTP/1.1 200 OK\r\nContent-Le" + closes, good}, 2, ClassNetwork, 0},
		"closed after an interim answer": {[]string{first, "HTTP/1.1 103 Early Hints\r\n\r\n" + closes, good}, 2, ClassNetwork, 0},
		"no HTTP":                        {[]string{first, "220 smtp.example.com ESMTP\r\n" + closes, good}, 2, ClassNetwork, 0},
		"503":                            {[]string{first, rawStatus("503 Down"), good}, 2, ClassServer, 503},
		"429":                            {[]string{first, rawStatus("429 Slow"), good}, 2, ClassThrottled, 429},
		"400":                            {[]string{first, rawStatus("400 Bad"), good}, 2, ClassInvalid, 400},
		"200 whose body breaks off":      {[]string{first, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"sessionId\":\"" + closes, good}, 2, "", 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, requests, _ := scriptedServer(t, test.script...)
			m := newMonitoring(t, Options{HTTP: newHTTP(t, HTTPOptions{})}, MonitoringOptions{Domain: url})
			got, err := m.Report(t.Context(), testReport())
			require.NoError(t, err)
			require.Equal(t, "first", got.VisitorID)
			_, err = m.Report(t.Context(), testReport())
			assert.Equal(t, test.class, ClassOf(err), "%v", err)
			if err != nil {
				assert.Equal(t, test.status, asError(t, err).Status)
			}
			assert.Equal(t, test.requests, requests.Load())
		})
	}
}

// On a new connection, such a failure is not repeated. The ordinary retries follow.
func TestFrontEndsAnswerOnANewConnection(t *testing.T) {
	t.Parallel()
	for _, status := range []string{"408 Request Timeout", "421 Misdirected Request", "425 Too Early", "closed", "reset"} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			answer := rawStatus(status)
			switch status {
			case "closed":
				answer = closes
			case "reset":
				answer = resets
			}
			url, requests, _ := scriptedServer(t, answer)
			m := newMonitoring(t, Options{HTTP: newHTTP(t, HTTPOptions{})}, MonitoringOptions{Domain: url})
			_, err := m.Report(t.Context(), testReport())
			e := asError(t, err)
			assert.True(t, e.Retryable())
			assert.Equal(t, e.Status == 0, e.MayHaveArrived())
			assert.EqualValues(t, 1, requests.Load())
		})
	}
}

// The repeated request has the same body and ids, and uses its own connection.
func TestRepetitionIsTheSameRequest(t *testing.T) {
	t.Parallel()
	var lines, bodies []string // the requests come one after another
	url, opened := rawServer(t, func(n int, c net.Conn) {
		in := bufio.NewReader(c)
		for k := 1; ; k++ {
			r, body, err := readRequest(in)
			if err != nil {
				return
			}
			lines, bodies = append(lines, r.Method+" "+r.RequestURI+" "+r.Header.Get("X-HTTP-Method-Override")), append(bodies, string(body))
			if n == 1 && k == 2 {
				_, _ = io.WriteString(c, rawStatus("408 Request Timeout"))
				return
			}
			_, _ = io.WriteString(c, rawOK("xyz"))
		}
	})
	m := newMonitoring(t, Options{HTTP: newHTTP(t, HTTPOptions{})}, MonitoringOptions{Domain: url})
	_, err := m.Report(t.Context(), Report{Body: []byte(`{}`)})
	require.NoError(t, err)
	_, err = m.Report(t.Context(), testReport())
	require.NoError(t, err)
	require.Len(t, lines, 3)
	assert.Equal(t, lines[1], lines[2])
	assert.Equal(t, testBody, bodies[1])
	assert.Equal(t, testBody, bodies[2])
	assert.EqualValues(t, 2, opened.Load())
}

// A repeated text could reach the consumer twice. It is repeated only if a front end says that it
// did not pass the request on.
func TestTextFailsOnAKeptConnection(t *testing.T) {
	t.Parallel()
	sent := rawAnswer(`{"code":"OK","body":{"sequence":1},"reqId":"1"}`)
	for name, test := range map[string]struct {
		script     []string
		requests   int32
		class      Class
		mayArrived bool
	}{
		"408":           {[]string{sent, rawStatus("408 Request Timeout"), sent}, 3, "", false},
		"408 each time": {[]string{sent, rawStatus("408 Request Timeout")}, 3, ClassServer, false},
		"closed":        {[]string{sent, closes, sent}, 2, ClassNetwork, true},
		"reset":         {[]string{sent, resets, sent}, 2, ClassNetwork, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, requests, _ := scriptedServer(t, test.script...)
			direct, service := newHTTP(t, HTTPOptions{}), newConnectorService()
			both := doerFunc(func(r *http.Request) (*http.Response, error) {
				if strings.Contains(r.URL.Path, "/messaging/") {
					return direct.Do(r)
				}
				return service.Do(r)
			})
			c := newConnector(t, Options{HTTP: both}, ConnectorOptions{MessagingDomain: url})
			_, err := sendText(t, c)
			require.NoError(t, err)
			_, err = sendText(t, c)
			assert.Equal(t, test.class, ClassOf(err), "%v", err)
			if err != nil {
				assert.Equal(t, test.mayArrived, asError(t, err).MayHaveArrived())
			}
			assert.Equal(t, test.requests, requests.Load())
		})
	}
}
