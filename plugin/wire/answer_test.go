package wire

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// answers are what a server may send, and whether the connection serves another request.
var answers = map[string]struct {
	method string // GET unless it is given
	raw    string
	closes bool // the server closes the connection then
	kept   bool
	ours   bool // net/http's Transport judges otherwise
}{
	"with a length":            {raw: ok("hello"), kept: true},
	"empty":                    {raw: ok(""), kept: true},
	"HEAD":                     {method: "HEAD", raw: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", kept: true},
	"HEAD, chunked":            {method: "HEAD", raw: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", kept: true},
	"HEAD with a body":         {method: "HEAD", raw: ok("hello")},
	"204":                      {raw: "HTTP/1.1 204 No Content\r\n\r\n", kept: true},
	"204 with a body":          {raw: "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello"},
	"304 with a length":        {raw: "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", kept: true},
	"500":                      {raw: "HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\nno", kept: true},
	"no reason":                {raw: "HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello", kept: true},
	"no reason but a space":    {raw: "HTTP/1.1 200 \r\nContent-Length: 5\r\n\r\nhello", kept: true},
	"lower case":               {raw: "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: KEEP-ALIVE\r\n\r\nhello", kept: true},
	"bare line feeds":          {raw: "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", kept: true},
	"chunked":                  {raw: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n", kept: true},
	"chunked, trailer":         {raw: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n", kept: true},
	"chunked, length":          {raw: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n5\r\nhello\r\n0\r\n\r\n", kept: true},
	"chunked, bad size":        {raw: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n"},
	"chunked, no line end":     {raw: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloo\r\n0\r\n\r\n"},
	"chunked, bad trailer":     {raw: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nnonsense\r\n\r\n"},
	"chunked, endless trailer": {raw: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + strings.Repeat("X-T: 1\r\n", 2000), closes: true},
	"chunked, cut off":         {raw: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", closes: true},
	"chunked, no end":          {raw: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", closes: true},
	"chunked twice":            {raw: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"},
	"gzip, chunked":            {raw: "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
	"no length":                {raw: "HTTP/1.1 200 OK\r\n\r\nhello", closes: true},
	"no length, empty":         {raw: "HTTP/1.1 200 OK\r\n\r\n", closes: true},
	"two lengths":              {raw: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello"},
	"the same length twice":    {raw: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", kept: true},
	"negative length":          {raw: "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello"},
	"length with a sign":       {raw: "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello"},
	"close":                    {raw: "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"},
	"close, 204":               {raw: "HTTP/1.1 204 No Content\r\nConnection: x, Close\r\n\r\n"},
	"1.0":                      {raw: "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello"},
	"1.0, keep-alive":          {raw: "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello", kept: true},
	"1.0, no length":           {raw: "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nhello", closes: true},
	"1.0, chunked":             {raw: "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", closes: true},
	"0.9":                      {raw: "hello", closes: true},
	"100 before":               {raw: "HTTP/1.1 100 Continue\r\n\r\n" + ok("hello"), kept: true},
	"103 with a length before": {raw: "HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\nLink: x\r\n\r\n" + ok("hello"), kept: true},
	"100 alone":                {raw: "HTTP/1.1 100 Continue\r\n\r\n", closes: true},
	"100 without an end":       {raw: strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 2*maxInterim), closes: true},
	"101":                      {raw: "HTTP/1.1 101 Switching Protocols\r\n\r\n"},
	"199 before":               {raw: "HTTP/1.1 199 Hm\r\n\r\n" + ok("hello"), kept: true},
	"099 with an answer in it": {raw: "HTTP/1.1 099 Hm\r\nContent-Length: " + fmt.Sprint(len(ok("not"))) + "\r\n\r\n" + ok("not")},
	"000":                      {raw: "HTTP/1.1 000 Hm\r\nContent-Length: 5\r\n\r\nhello"},
	"999":                      {raw: "HTTP/1.1 999 Hm\r\nContent-Length: 5\r\n\r\nhello", kept: true},
	"two digits":               {raw: "HTTP/1.1 20 OK\r\nContent-Length: 5\r\n\r\nhello"},
	"bad version":              {raw: "HTTP/x.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"},
	"a name without a colon":   {raw: "HTTP/1.1 200 OK\r\nnonsense\r\nContent-Length: 5\r\n\r\nhello"},
	"a name with a space":      {raw: "HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\nhello", closes: true},
	"a long header":            {raw: "HTTP/1.1 200 OK\r\nX-Long: " + strings.Repeat("x", maxHeader/2) + "\r\nContent-Length: 5\r\n\r\nhello", kept: true},
	"too long a header":        {raw: "HTTP/1.1 200 OK\r\nX-Long: " + strings.Repeat("x", maxHeader) + "\r\nContent-Length: 5\r\n\r\nhello", ours: true},
	"an endless header":        {raw: "HTTP/1.1 200 OK\r\nX-Long: " + strings.Repeat("x", 2*maxHeader), closes: true},
	"an endless status line":   {raw: "HTTP/1.1 200 " + strings.Repeat("x", 2*maxHeader), closes: true},
	"a long body":              {raw: ok(strings.Repeat("x", 2*maxHeader)), kept: true},
	"cut off in the status":    {raw: "HTTP/1.1 20", closes: true},
	"cut off in the header":    {raw: "HTTP/1.1 200 OK\r\nContent-Le", closes: true},
	"cut off before the body":  {raw: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", closes: true},
	"cut off in the body":      {raw: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", closes: true},
	"bytes behind the body":    {raw: ok("hello") + "!"},
	"bytes behind a long body": {raw: ok(strings.Repeat("x", 16_000)) + "!"},
	"bytes behind the chunks":  {raw: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n!"},
	"two at once":              {raw: ok("hello") + ok("not")},
	"two at once, long":        {raw: ok(strings.Repeat("x", 16_000)) + ok("not")},
	"two at once, read apart":  {raw: ok(strings.Repeat("x", 8192)) + ok("not")},
}

// verdict is what became of an answer.
type verdict struct {
	status           int
	body             string
	failed, bodyFail bool
}

func judge(transport http.RoundTripper, req *http.Request) verdict {
	res, err := transport.RoundTrip(req)
	if err != nil {
		return verdict{failed: true}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return verdict{status: res.StatusCode, body: string(body), bodyFail: err != nil}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	for name, test := range answers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ask := func(transport http.RoundTripper) (got, next verdict, opened int32) {
				s := listen(t, func(n int, c net.Conn) {
					answering(func(request int, _ *http.Request) string {
						switch {
						case n > 1 || request > 1:
							return ok("next")
						case test.closes:
							_, _ = io.WriteString(c, test.raw)
							return ""
						}
						return test.raw
					})(n, c)
				})
				req := get(t, s.url)
				if test.method != "" {
					req.Method = test.method
				}
				got = judge(transport, req)
				next = judge(transport, get(t, s.url))
				return got, next, s.opened.Load()
			}
			got, next, opened := ask(newTransport(t))
			assert.Equal(t, verdict{status: 200, body: "next"}, next, "the next request has its own answer")
			if test.kept {
				assert.EqualValues(t, 1, opened)
			} else {
				assert.EqualValues(t, 2, opened)
			}

			theirs := &http.Transport{DisableCompression: true}
			t.Cleanup(theirs.CloseIdleConnections)
			want, _, _ := ask(theirs)
			if test.ours {
				assert.NotEqual(t, want, got)
				return
			}
			assert.Equal(t, want, got)
		})
	}
}

// A request that says so is the last on its connection, even if the server does not.
func TestRequestThatCloses(t *testing.T) {
	t.Parallel()
	s := listen(t, answering(func(int, *http.Request) string { return ok("hello") }))
	transport := newTransport(t)
	for range 2 {
		req := get(t, s.url)
		req.Close = true
		_, body, err := whole(transport, req)
		require.NoError(t, err)
		assert.Equal(t, "hello", body)
	}
	assert.EqualValues(t, 2, s.opened.Load())
}
