package liveperson

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ending is what a server does after its answer.
type ending int

const (
	keeps  ending = iota // it reads the next request and answers it correctly
	shuts                // it closes the connection
	breaks               // it resets the connection
	waits                // it sends nothing more and keeps the connection open
)

// Verdicts of net/http's own client.
const (
	noAnswer   = "no answer"
	brokenBody = " and a broken body" // behind a status
)

// nobodyAnswers is the time-out for a server that never answers or stops within its answer. Other
// tests don't wait for it.
const nobodyAnswers = 500 * time.Millisecond

// odd is one way to answer a report.
type odd struct {
	answer string
	end    ending
	class  Class // of the client's error; empty: accepted
	judge  string
	early  bool // the answer comes before the server has read the whole report
	slow   bool // the answer comes byte by byte
	secure bool // the client speaks TLS, the server does not
	more   bool // bytes follow the answer
}

func interim(status string, times int) string {
	return strings.Repeat("HTTP/1.1 "+status+"\r\nX-Interim: 1\r\n\r\n", times)
}

// answered returns an answer with a length and header lines.
func answered(status, body string, lines ...string) string {
	return "HTTP/1.1 " + status + "\r\n" + strings.Join(append(lines, ""), "\r\n") + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body)) + body
}

func sized(length, body string) string {
	return "HTTP/1.1 201 Created\r\nContent-Length: " + length + "\r\n\r\n" + body
}

func chunked(body string) string {
	return "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n" + body
}

func chunk(text string) string {
	return strconv.FormatInt(int64(len(text)), 16) + "\r\n" + text + "\r\n"
}

var (
	created = answered("201 Created", sampleSession)
	half    = sampleSession[:len(sampleSession)/2]
	oddPage = "<html><body>Sign in</body></html>"
)

var oddServers = map[string]odd{
	"a usual answer":               {answer: created, judge: "201"},
	"a usual answer, slowly":       {answer: created, judge: "201", slow: true},
	"a usual answer, then closed":  {answer: created, end: shuts, judge: "201"},
	"says close":                   {answer: answered("201 Created", sampleSession, "Connection: close"), end: shuts, judge: "201"},
	"says keep-alive, then closes": {answer: answered("201 Created", sampleSession, "Connection: keep-alive", "Keep-Alive: timeout=600"), end: shuts, judge: "201"},
	"octet stream":                 {answer: answered("200 OK", sampleSession, "Content-Type: application/octet-stream"), judge: "200"},
	"two content types":            {answer: answered("200 OK", sampleSession, "Content-Type: text/html", "Content-Type: application/json"), judge: "200"},
	"date from another century":    {answer: answered("200 OK", sampleSession, "Date: Thu, 01 Jan 1970 00:00:00 GMT"), judge: "200"},
	"cookies":                      {answer: answered("200 OK", sampleSession, "Set-Cookie: a=b", "Set-Cookie: ="), judge: "200"},
	"trailing bytes":               {answer: created + "trailing", end: shuts, judge: "201", more: true},
	"second answer":                {answer: created + created, end: shuts, judge: "201", more: true},
	"bytes before the status":      {answer: "\r\n" + created, end: shuts, class: ClassNetwork, judge: noAnswer},

	"100 before":               {answer: interim("100 Continue", 1) + created, judge: "201"},
	"100, five times":          {answer: interim("100 Continue", 5) + created, judge: "201"},
	"102, five times":          {answer: interim("102 Processing", 5) + created, judge: "201"},
	"103, five times":          {answer: interim("103 Early Hints", 5) + created, judge: "201"},
	"103, forty times":         {answer: interim("103 Early Hints", 40) + created, judge: "201"},
	"199 before":               {answer: interim("199 Odd", 1) + created, judge: "201"},
	"100, 102 and 103, slowly": {answer: interim("100 Continue", 1) + interim("102 Processing", 1) + interim("103 Early Hints", 1) + created, judge: "201", slow: true},
	"103 with a length":        {answer: "HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\n" + created, judge: "201"},
	"100 before a refusal":     {answer: interim("100 Continue", 1) + answered("400 Bad Request", sampleError), class: ClassInvalid, judge: "400"},
	"100 before 503":           {answer: interim("100 Continue", 3) + answered("503 Down", ""), class: ClassServer, judge: "503"},
	"100 alone":                {answer: interim("100 Continue", 1), end: shuts, class: ClassNetwork, judge: noAnswer},
	"102 and then nothing":     {answer: interim("102 Processing", 2), end: waits, class: ClassNetwork, judge: noAnswer},
	"102 without end":          {answer: interim("102 Processing", 1<<19), end: shuts, class: ClassNetwork, judge: noAnswer},
	"101":                      {answer: "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", end: shuts, class: ClassNotFound, judge: "101"},

	"early 413, kept open":        {answer: answered("413 Too Large", ""), early: true, end: waits, class: ClassInvalid, judge: "413"},
	"early 408, kept open":        {answer: answered("408 Request Timeout", ""), early: true, end: waits, class: ClassServer, judge: "408"},
	"early 503, kept open":        {answer: answered("503 Down", ""), early: true, end: waits, class: ClassServer, judge: "503"},
	"early 401, kept open":        {answer: answered("401 Unauthorized", ""), early: true, end: waits, class: ClassUnauthorised, judge: "401"},
	"early 201, kept open":        {answer: created, early: true, end: waits, class: ClassNetwork, judge: "201"},
	"early 200, empty, kept open": {answer: answered("200 OK", ""), early: true, end: waits, class: ClassNetwork, judge: "200"},

	"closed at once":            {end: shuts, class: ClassNetwork, judge: noAnswer},
	"reset at once":             {end: breaks, class: ClassNetwork, judge: noAnswer},
	"nothing":                   {end: waits, class: ClassNetwork, judge: noAnswer},
	"closed in the status":      {answer: "HTTP/1.1 20", end: shuts, class: ClassNetwork, judge: noAnswer},
	"closed behind the status":  {answer: "HTTP/1.1 201 Created\r\n", end: shuts, class: ClassNetwork, judge: noAnswer},
	"closed in a header":        {answer: "HTTP/1.1 201 Created\r\nContent-Le", end: shuts, class: ClassNetwork, judge: noAnswer},
	"stops in a header":         {answer: "HTTP/1.1 201 Created\r\nContent-Le", end: waits, class: ClassNetwork, judge: noAnswer},
	"closed before the body":    {answer: sized("64", ""), end: shuts, judge: "201" + brokenBody},
	"closed in the body":        {answer: sized("64", half), end: shuts, judge: "201" + brokenBody},
	"stops in the body":         {answer: sized("64", half), end: waits, judge: "201" + brokenBody},
	"closed in a page":          {answer: sized("640", "<html><bo"), end: shuts, class: ClassNotFound, judge: "201" + brokenBody},
	"closed in an error":        {answer: strings.Replace(sized("640", sampleError[:30]), "201 Created", "503 Down", 1), end: shuts, class: ClassServer, judge: "503" + brokenBody},
	"stops in a refusal":        {answer: strings.Replace(sized("640", sampleError[:30]), "201 Created", "400 Bad", 1), end: waits, class: ClassInvalid, judge: "400" + brokenBody},
	"closed in a refusal's 202": {answer: strings.Replace(sized("640", "{"), "201 Created", "202 Accepted", 1), end: shuts, class: ClassLoading, judge: "202" + brokenBody},

	"length too large":            {answer: sized("1000", sampleSession), end: shuts, judge: "201" + brokenBody},
	"length too small":            {answer: sized("20", sampleSession), end: shuts, judge: "201", more: true},
	"length too small, in a page": {answer: sized("5", oddPage), end: shuts, class: ClassNotFound, judge: "201", more: true},
	"length zero, with a body":    {answer: sized("0", sampleSession), end: shuts, judge: "201", more: true},
	"two lengths, the same":       {answer: answered("201 Created", sampleSession, fmt.Sprintf("Content-Length: %d", len(sampleSession))), judge: "201"},
	"two lengths that differ":     {answer: answered("201 Created", sampleSession, "Content-Length: 4"), end: shuts, class: ClassNetwork, judge: noAnswer},
	"negative length":             {answer: sized("-1", sampleSession), end: shuts, class: ClassNetwork, judge: noAnswer},
	"length with a sign":          {answer: sized("+5", sampleSession), end: shuts, class: ClassNetwork, judge: noAnswer},
	"length in hexadecimal":       {answer: sized("0x40", sampleSession), end: shuts, class: ClassNetwork, judge: noAnswer},
	"length that is empty":        {answer: sized("", sampleSession), end: shuts, class: ClassNetwork, judge: noAnswer},
	"length that is a list":       {answer: sized("64, 64", sampleSession), end: shuts, class: ClassNetwork, judge: noAnswer},
	"length beyond 64 bits":       {answer: sized("99999999999999999999", sampleSession), end: shuts, class: ClassNetwork, judge: noAnswer},
	"length of an exabyte":        {answer: sized("1152921504606846976", sampleSession), end: shuts, judge: "201" + brokenBody},
	"no length":                   {answer: "HTTP/1.1 201 Created\r\n\r\n" + sampleSession, end: shuts, judge: "201"},
	"no length, empty":            {answer: "HTTP/1.1 201 Created\r\n\r\n", end: shuts, judge: "201"},
	"no length, kept open":        {answer: "HTTP/1.1 201 Created\r\n\r\n" + sampleSession, end: waits, judge: "201" + brokenBody},

	"chunked":                     {answer: chunked(chunk(half) + chunk(sampleSession[len(half):]) + "0\r\n\r\n"), judge: "201"},
	"chunked, byte by byte":       {answer: chunked(strings.Join(strings.Split(chunk("{")+chunk(sampleSession[1:]), ""), "") + "0\r\n\r\n"), judge: "201", slow: true},
	"chunked, extension, trailer": {answer: chunked(strings.Replace(chunk(sampleSession), "\r\n", ";a=b\r\n", 1) + "0\r\nX-Trailer: 1\r\n\r\n"), judge: "201"},
	"chunked and a length":        {answer: answered("201 Created", chunk(sampleSession)+"0\r\n\r\n", "Transfer-Encoding: chunked"), judge: "201"},
	"chunked without its end":     {answer: chunked(chunk(sampleSession)), end: shuts, judge: "201" + brokenBody},
	"chunked, closed in a chunk":  {answer: chunked("40\r\n" + half), end: shuts, judge: "201" + brokenBody},
	"chunked, bad length":         {answer: chunked("zz\r\n" + sampleSession), end: shuts, judge: "201" + brokenBody},
	"chunked, huge length":        {answer: chunked("ffffffffffffffffff\r\n" + sampleSession), end: shuts, judge: "201" + brokenBody},
	"chunked, a page, broken off": {answer: chunked("40\r\n" + oddPage[:20]), end: shuts, class: ClassNotFound, judge: "201" + brokenBody},
	"chunked in HTTP/1.0":         {answer: "HTTP/1.0 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(sampleSession) + "0\r\n\r\n", end: shuts, class: ClassNotFound, judge: "201"},
	"coded gzip, chunked":         {answer: "HTTP/1.1 201 Created\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", end: shuts, class: ClassNetwork, judge: noAnswer},
	"coded identity":              {answer: "HTTP/1.1 201 Created\r\nTransfer-Encoding: identity\r\n\r\n" + sampleSession, end: shuts, class: ClassNetwork, judge: noAnswer},

	"packed unasked":     {answer: answered("201 Created", packedAs(nil, "gzip", sampleSession), "Content-Encoding: gzip"), judge: "201"},
	"packed page":        {answer: answered("200 OK", packedAs(nil, "gzip", oddPage), "Content-Encoding: gzip"), class: ClassNotFound, judge: "200"},
	"packed refusal":     {answer: answered("400 Bad", packedAs(nil, "gzip", sampleError), "Content-Encoding: gzip"), class: ClassInvalid, judge: "400"},
	"packed, broken off": {answer: sized("500\r\nContent-Encoding: gzip", packedAs(nil, "gzip", sampleSession)[:30]), end: shuts, judge: "201" + brokenBody},
	"deflated":           {answer: answered("201 Created", packedAs(nil, "zlib", sampleSession), "Content-Encoding: deflate"), judge: "201"},
	"deflated page":      {answer: answered("201 Created", packedAs(nil, "zlib", oddPage), "Content-Encoding: deflate"), class: ClassNotFound, judge: "201"},
	"said to be packed":  {answer: answered("201 Created", sampleSession, "Content-Encoding: gzip"), judge: "201"},
	"br":                 {answer: answered("200 OK", "\x8b\x05\x80hello\x03", "Content-Encoding: br"), class: ClassNotFound, judge: "200"},

	"HTTP/1.0":                   {answer: "HTTP/1.0 201 Created\r\n\r\n" + sampleSession, end: shuts, judge: "201"},
	"HTTP/1.0, kept":             {answer: strings.Replace(answered("201 Created", sampleSession, "Connection: keep-alive"), "1.1", "1.0", 1), judge: "201"},
	"HTTP/0.9":                   {answer: sampleSession, end: shuts, class: ClassNetwork, judge: noAnswer},
	"HTTP/2 in clear":            {answer: "\x00\x00\x00\x04\x00\x00\x00\x00\x00", end: shuts, class: ClassNetwork, judge: noAnswer},
	"HTTP/2.0 as a version":      {answer: strings.Replace(created, "1.1", "2.0", 1), end: shuts, judge: "201"},
	"HTTP/9.9":                   {answer: strings.Replace(created, "1.1", "9.9", 1), end: shuts, judge: "201"},
	"a version that is none":     {answer: strings.Replace(created, "1.1", "one", 1), end: shuts, class: ClassNetwork, judge: noAnswer},
	"another protocol":           {answer: "220 mail.example.com ESMTP\r\n", end: shuts, class: ClassNetwork, judge: noAnswer},
	"TLS where HTTP is expected": {answer: "\x15\x03\x01\x00\x02\x02\x46", end: shuts, class: ClassNetwork, judge: noAnswer},
	"HTTP where TLS is expected": {answer: answered("400 Bad Request", ""), end: shuts, secure: true, class: ClassNetwork, judge: noAnswer},
	"zeros":                      {answer: strings.Repeat("\x00", 100), end: shuts, class: ClassNetwork, judge: noAnswer},

	"no status text":             {answer: answered("201", sampleSession), judge: "201"},
	"no status text but a space": {answer: answered("201 ", sampleSession), judge: "201"},
	"status text of another":     {answer: answered("201 Not Found", sampleSession), judge: "201"},
	"long status text":           {answer: answered("201 "+strings.Repeat("x", 64<<10), sampleSession), judge: "201"},
	"status of two digits":       {answer: answered("20 OK", sampleSession), end: shuts, class: ClassNetwork, judge: noAnswer},
	"status of four digits":      {answer: answered("2010 OK", sampleSession), end: shuts, class: ClassNetwork, judge: noAnswer},
	"status 000":                 {answer: answered("000 Hm", sampleSession), end: shuts, class: ClassNotFound, judge: "0"},
	"status 099":                 {answer: answered("099 Hm", sampleSession), end: shuts, class: ClassNotFound, judge: "99"},
	"status 600":                 {answer: answered("600 Hm", ""), class: ClassServer, judge: "600"},
	"status 999":                 {answer: answered("999 Hm", ""), class: ClassServer, judge: "999"},

	"bare line feeds":        {answer: strings.ReplaceAll(created, "\r\n", "\n"), judge: "201"},
	"bare carriage returns":  {answer: strings.ReplaceAll(created, "\r\n", "\r"), end: shuts, class: ClassNetwork, judge: noAnswer},
	"folded header":          {answer: answered("201 Created", sampleSession, "X-Folded: a", " b"), judge: "201"},
	"header without a colon": {answer: answered("201 Created", sampleSession, "garbage"), end: shuts, class: ClassNetwork, judge: noAnswer},
	"header with a zero":     {answer: answered("201 Created", sampleSession, "X-A: a\x00b"), end: shuts, class: ClassNetwork, judge: noAnswer},
	"header in Latin-1":      {answer: answered("201 Created", sampleSession, "X-A: caf\xe9"), judge: "201"},
	"header of 300 KiB":      {answer: answered("201 Created", sampleSession, "X-Big: "+strings.Repeat("x", 300<<10)), judge: "201"},
	"five hundred headers":   {answer: answered("201 Created", sampleSession, strings.Repeat("X-Many: x\r\n", 499)+"X-Many: x"), judge: "201"},
	"header without end":     {answer: "HTTP/1.1 201 Created\r\nX-Big: " + strings.Repeat("x", 11<<20), end: shuts, class: ClassNetwork, judge: noAnswer},
	"header of 2 MiB":        {answer: answered("201 Created", sampleSession, "X-Big: "+strings.Repeat("x", 2<<20)), end: shuts, class: ClassNetwork, judge: "201"},

	"page":                          {answer: answered("200 OK", oddPage), class: ClassNotFound, judge: "200"},
	"body of 200 KiB":               {answer: answered("201 Created", sampleSession+strings.Repeat(" ", 200<<10)), end: shuts, judge: "201"},
	"body of 8 MiB, no answer":      {answer: answered("201 Created", strings.Repeat("x", 8<<20)), end: shuts, class: ClassNotFound, judge: "201"},
	"body of 8 MiB behind an error": {answer: answered("500 Oh", strings.Repeat("x", 8<<20)), end: shuts, class: ClassServer, judge: "500"},
	"deeply nested JSON":            {answer: answered("400 Bad", strings.Repeat("[", 60<<10)), class: ClassInvalid, judge: "400"},
	"deeply nested JSON as success": {answer: answered("200 OK", `{"a":`+strings.Repeat("[", 60<<10)), class: ClassNotFound, judge: "200"},

	"202 with a session":      {answer: answered("202 Accepted", sampleSession), class: ClassLoading, judge: "202"},
	"203":                     {answer: answered("203 Non-Authoritative", sampleSession), class: ClassNotFound, judge: "203"},
	"204":                     {answer: "HTTP/1.1 204 No Content\r\n\r\n", class: ClassNotFound, judge: "204"},
	"204 with a body":         {answer: answered("204 No Content", sampleSession), end: shuts, class: ClassNotFound, judge: "204", more: true},
	"205":                     {answer: answered("205 Reset Content", ""), class: ClassNotFound, judge: "205"},
	"206":                     {answer: answered("206 Partial Content", sampleSession, "Content-Range: bytes 0-1/2"), class: ClassNotFound, judge: "206"},
	"300":                     {answer: answered("300 Multiple Choices", ""), class: ClassNotFound, judge: "300"},
	"301":                     {answer: answered("301 Moved Permanently", "", "Location: /elsewhere"), class: ClassNotFound, judge: "301"},
	"302 without an address":  {answer: answered("302 Found", ""), class: ClassNotFound, judge: "302"},
	"302 to nowhere":          {answer: answered("302 Found", "", "Location: http://%zz/"), class: ClassNotFound, judge: noAnswer},
	"303":                     {answer: answered("303 See Other", "", "Location: /elsewhere"), class: ClassNotFound, judge: "303"},
	"304 with a length":       {answer: "HTTP/1.1 304 Not Modified\r\nContent-Length: 64\r\n\r\n", class: ClassNotFound, judge: "304"},
	"307":                     {answer: answered("307 Temporary Redirect", "", "Location: /elsewhere"), class: ClassNotFound, judge: "307"},
	"308":                     {answer: answered("308 Permanent Redirect", "", "Location: /elsewhere"), class: ClassNotFound, judge: "308"},
	"407":                     {answer: answered("407 Proxy Authentication Required", "", "Proxy-Authenticate: Basic"), class: ClassUnauthorised, judge: "407"},
	"408":                     {answer: answered("408 Request Timeout", ""), end: shuts, class: ClassServer, judge: "408"},
	"417":                     {answer: answered("417 Expectation Failed", ""), class: ClassInvalid, judge: "417"},
	"421":                     {answer: answered("421 Misdirected Request", ""), class: ClassServer, judge: "421"},
	"425":                     {answer: answered("425 Too Early", ""), class: ClassServer, judge: "425"},
	"426":                     {answer: answered("426 Upgrade Required", "", "Upgrade: h2c", "Connection: Upgrade"), class: ClassInvalid, judge: "426"},
	"429":                     {answer: answered("429 Too Many Requests", "", "Retry-After: soon"), class: ClassThrottled, judge: "429"},
	"501":                     {answer: answered("501 Not Implemented", ""), class: ClassServer, judge: "501"},
	"505":                     {answer: answered("505 HTTP Version Not Supported", ""), end: shuts, class: ClassServer, judge: "505"},
	"511 of a captive portal": {answer: answered("511 Network Authentication Required", oddPage), class: ClassServer, judge: "511"},
}

func (o odd) serve(t *testing.T, c net.Conn) {
	in := bufio.NewReader(c)
	if o.early {
		_, _ = io.ReadFull(in, make([]byte, 1<<10))
	} else if _, _, err := readRequest(in); err != nil && !o.secure {
		return
	}
	parts := []string{o.answer}
	if o.slow {
		parts = strings.Split(o.answer, "")
	}
	for _, part := range parts {
		if _, err := io.WriteString(c, part); err != nil {
			return
		}
	}
	switch o.end {
	case keeps:
		for {
			if _, _, err := readRequest(in); err != nil {
				return
			}
			_, _ = io.WriteString(c, rawOK("next"))
		}
	case breaks:
		_ = c.(*net.TCPConn).SetLinger(0)
	case waits:
		<-t.Context().Done()
	case shuts: // the client must read everything first: a reset would overtake the answer
		_ = c.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, in)
	}
}

// judged returns the verdict of net/http on the same answer to the same request.
func judged(t *testing.T, url string, body string, timeout time.Duration) string {
	t.Helper()
	transport := &http.Transport{DisableKeepAlives: true, DisableCompression: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	judge := &http.Client{
		Transport: transport, Timeout: timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	res, err := judge.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		return noAnswer
	}
	defer res.Body.Close()
	verdict := strconv.Itoa(res.StatusCode)
	if res.StatusCode != http.StatusSwitchingProtocols {
		if _, err := io.Copy(io.Discard, res.Body); err != nil {
			verdict += brokenBody
		}
	}
	return verdict
}

// The test first checks the verdict of net/http on the answer, and then the error of our client.
// The next report must get its own answer, whatever the server sent before.
func TestOddServers(t *testing.T) {
	t.Parallel()
	for name, test := range oddServers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			serve := func() string {
				url, _ := rawServer(t, func(n int, c net.Conn) {
					if n == 1 {
						test.serve(t, c)
						return
					}
					odd{answer: rawOK("next")}.serve(t, c)
				})
				if test.secure {
					url = strings.Replace(url, "http:", "https:", 1)
				}
				return url
			}
			body, timeout := testBody, hangTimeout
			if test.early {
				body = `{"consumerId":"` + strings.Repeat("x", 16<<20) + `"}` // more than sockets hold
			}
			if test.end == waits && !test.early {
				timeout = nobodyAnswers
			}
			assert.Equal(t, test.judge, judged(t, serve(), body, timeout))

			doer, err := NewHTTP(HTTPOptions{Timeout: timeout})
			require.NoError(t, err)
			t.Cleanup(doer.CloseIdleConnections)
			m := newMonitoring(t, Options{HTTP: doer}, MonitoringOptions{Domain: serve()})
			ctx, second := t.Context(), func() (Session, error) { return m.Report(t.Context(), testReport()) }
			if test.more {
				ctx, second = sendTwo(t, m)
			}
			_, err = m.Report(ctx, Report{Body: []byte(body), VisitorID: testVisitor, SessionID: testSession})
			assert.Equal(t, test.class, ClassOf(err), "%v", err)
			if err != nil {
				assertNothingPersonal(t, err)
				var e *Error
				require.True(t, errors.As(err, &e))
			}

			if test.secure || timeout == nobodyAnswers {
				return
			}
			next, err := second()
			if ClassOf(err) == ClassNetwork {
				// The second report may use the connection before the rest of the first answer comes. It
				// then gets no answer, and a retry succeeds.
				next, err = m.Report(t.Context(), testReport())
			}
			require.NoError(t, err)
			assert.Equal(t, "next", next.VisitorID)
		})
	}
}
