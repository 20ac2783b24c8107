package wire

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"
)

const (
	// maxHeader bounds the status line and header of an answer. LivePerson's are under
	// 2 KiB.
	maxHeader = 256 << 10
	// writeBuffer has room for most reports with their header: one write, one packet or
	// two.
	writeBuffer = 8 << 10
	// maxInterim bounds the interim answers (1xx) before an answer.
	maxInterim = 5
)

// endpoint is what a connection goes to.
type endpoint struct {
	secure  bool
	host    string
	address string // with the port
}

func endpointOf(req *http.Request) (endpoint, error) {
	u := req.URL
	if u == nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		return endpoint{}, errors.New("not a URL of http or https with a host")
	}
	e := endpoint{secure: u.Scheme == "https", host: u.Hostname(), address: u.Host}
	if u.Port() == "" {
		port := "80"
		if e.secure {
			port = "443"
		}
		e.address = net.JoinHostPort(e.host, port)
	}
	return e, nil
}

// conn is a connection that has one request at a time.
type conn struct {
	net.Conn
	raw    net.Conn        // below TLS
	socket syscall.RawConn // nil if it is none
	to     endpoint
	idle   *idle
	in     *bufio.Reader
	out    *bufio.Writer

	readable int64 // bytes that may still be read
	readErr  error // what has ended reading too soon: bufio hides it behind half a line
	rests    time.Time
}

func newConn(raw net.Conn, to endpoint, idle *idle) *conn {
	c := &conn{Conn: raw, raw: raw, to: to, idle: idle}
	// Not of raw itself: what a socket reads from a body on its own, it fails of on its own.
	c.in, c.out = bufio.NewReader(c), bufio.NewWriterSize(c, writeBuffer)
	if secured, is := raw.(*tls.Conn); is {
		c.raw = secured.NetConn()
	}
	if file, is := c.raw.(syscall.Conn); is {
		c.socket, _ = file.SyscallConn()
	}
	return c
}

var errHeader = errors.New("the answer's header is too long")

// Read reads no more than may be.
func (c *conn) Read(p []byte) (int, error) {
	if c.readable <= 0 {
		c.readErr = errHeader
		return 0, errHeader
	}
	n, err := c.Conn.Read(p[:min(int64(len(p)), c.readable)])
	c.readable -= int64(n)
	if err != nil && err != io.EOF {
		c.readErr = err
	}
	return n, err
}

// exchange sends a request and reads the header of its answer.
func (c *conn) exchange(ctx context.Context, req *http.Request, deadline time.Time) (*http.Response, error) {
	stop, answered := context.AfterFunc(ctx, c.abort), false
	defer func() { // a body that panics is no answer either
		if !answered {
			stop()
			c.abort()
		}
	}()
	lost, sendErr := c.send(req, deadline)
	if sendErr != nil && !lost { // half a request, if any, will have no answer
		return nil, sendErr
	}
	// It may have been refused before all of it was sent. A success can't be its own.
	res, err := c.readAnswer(req)
	if err == nil && sendErr != nil && res.StatusCode < http.StatusMultipleChoices {
		err = sendErr
	}
	if err != nil {
		return nil, cmp.Or(sendErr, c.readErr, err)
	}
	if secured, is := c.Conn.(*tls.Conn); is {
		state := secured.ConnectionState()
		res.TLS = &state
	}
	// After 101 it is not HTTP that is spoken, and below there is no status.
	keep := sendErr == nil && !req.Close && !res.Close && res.StatusCode >= http.StatusOK
	res.Body = &body{ReadCloser: res.Body, conn: c, stop: stop, keep: keep}
	answered = true
	return res, nil
}

// abort closes a connection that is of no more use. TLS does not say goodbye, as it would
// wait for seconds on a side that does not read.
func (c *conn) abort() { c.raw.Close() }

// send writes a request, and closes its body. It tells of an error whether it is the
// connection that is lost, or the request that can't be written.
func (c *conn) send(req *http.Request, deadline time.Time) (lost bool, err error) {
	if err := c.SetDeadline(deadline); err != nil {
		closeBody(req)
		return true, err
	}
	if err = req.Write(c.out); err == nil {
		err = c.out.Flush()
	}
	// Request.Write takes some errors of the connection for errors of the body.
	if _, broken := c.out.Write(nil); broken != nil {
		return true, broken
	}
	return false, err
}

func (c *conn) readAnswer(req *http.Request) (*http.Response, error) {
	c.readable, c.readErr = maxHeader, nil
	for range maxInterim {
		res, err := http.ReadResponse(c.in, req)
		if err != nil {
			return nil, err
		}
		if interim := res.StatusCode/100 == 1; !interim || res.StatusCode == http.StatusSwitchingProtocols {
			c.readable = math.MaxInt64
			return res, nil
		}
	}
	return nil, errors.New("interim answers (1xx) alone")
}

// restsAlive tells whether a connection that rests has neither been closed by the other
// side nor been sent what nobody asked for, which would be taken for the next answer.
func (c *conn) restsAlive() bool {
	// TLS may have read more than was asked of it. A time that is over lets it give that,
	// and read no more.
	deadline := time.Unix(1, 0)
	if c.socket == nil || !quiet(c.socket) {
		deadline = time.Now().Add(aliveWait)
	}
	if c.SetReadDeadline(deadline) != nil {
		return false
	}
	c.readable = 1
	_, err := c.in.Peek(1)
	return errors.Is(err, os.ErrDeadlineExceeded)
}

// body is that of an answer. When it has been read to its end, its connection is free.
type body struct {
	io.ReadCloser
	conn *conn // nil when it is not needed any more
	stop func() bool
	keep bool
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.release(err == io.EOF)
	}
	return n, err
}

// Close of a body that was not read to its end closes the connection.
func (b *body) Close() error {
	b.release(false)
	return nil
}

func (b *body) release(whole bool) {
	c := b.conn
	if c == nil {
		return
	}
	b.conn = nil
	// Once the context's end is on its way to close the connection, it is lost.
	if b.stop() && whole && b.keep && c.in.Buffered() == 0 {
		c.idle.put(c)
		return
	}
	c.abort()
}
