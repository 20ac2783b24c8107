// Package wire makes HTTP/1.1 requests in the goroutine that asks for them, over
// connections that it keeps.
//
// net/http's Transport has two goroutines for each connection, which a request has to
// wait for: a quarter of the CPU time that a small request takes is theirs. Here there is
// none. How requests are written and answers read stays net/http's.
//
// Proxies and HTTP/2 are not for here: net/http's Transport has them. Neither is
// anything of LivePerson.
package wire

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"time"
)

const (
	connectTimeout = 30 * time.Second // with TLS
	keepAlive      = 30 * time.Second // between TCP's probes
)

// Transport is an http.RoundTripper. It is safe for concurrent use.
//
// An answer's body must be read or closed, as that of any RoundTripper: its connection
// serves the next request once all of it has been read.
type Transport struct {
	// Timeout bounds each request, from connecting to the last byte of its answer, as
	// the end of its context does. Zero: nothing but the context.
	Timeout time.Duration
	// Dial makes the connections of TCP. The context, which has the end of Timeout too,
	// bounds their making and no more. Nil: a net.Dialer's.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	tls  *tls.Config
	idle *idle
}

// NewTransport makes a transport that keeps at most so many connections to a host while
// they are not in use. The settings are of connections to https; nil: Go's defaults.
func NewTransport(settings *tls.Config, maxIdle int) *Transport {
	if settings == nil {
		settings = &tls.Config{}
	}
	settings = settings.Clone()
	settings.NextProtos = []string{"http/1.1"}
	return &Transport{tls: settings, idle: newIdle(maxIdle)}
}

// RoundTrip makes a request: all of it is sent before its answer is read. An error means
// that there is no answer. It does not hold the URL, but may hold what the server sent
// where that is not HTTP.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	deadline := t.deadline()
	to, err := endpointOf(req)
	var c *conn
	if err == nil {
		c, err = t.connection(ctx, to, deadline)
	}
	if err != nil {
		closeBody(req)
		return nil, cmp.Or(ctx.Err(), err)
	}
	res, err := c.exchange(ctx, req, deadline)
	if err != nil {
		return nil, cmp.Or(ctx.Err(), explain(err))
	}
	return res, nil
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		req.Body.Close()
	}
}

// CloseIdleConnections closes those that are not in use.
func (t *Transport) CloseIdleConnections() { t.idle.closeAll() }

// deadline of a request that begins now; zero: none. A context's own ends its request by
// itself: the connection's clock may be ahead of it, and who is told of its end looks.
func (t *Transport) deadline() time.Time {
	if t.Timeout <= 0 {
		return time.Time{}
	}
	return time.Now().Add(t.Timeout)
}

// connection gives one that rests, or a new one.
func (t *Transport) connection(ctx context.Context, to endpoint, deadline time.Time) (*conn, error) {
	trace := httptrace.ContextClientTrace(ctx)
	if trace != nil && trace.GetConn != nil {
		trace.GetConn(to.address)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c := t.idle.take(to)
	reused := c != nil
	if !reused {
		raw, err := t.dial(ctx, to, deadline)
		if err != nil {
			return nil, err
		}
		c = newConn(raw, to, t.idle)
	}
	if trace != nil && trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{Conn: c.Conn, Reused: reused})
	}
	return c, nil
}

func (t *Transport) dial(ctx context.Context, to endpoint, deadline time.Time) (net.Conn, error) {
	if latest := time.Now().Add(connectTimeout); deadline.IsZero() || latest.Before(deadline) {
		deadline = latest
	}
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	dial := t.Dial
	if dial == nil {
		dial = (&net.Dialer{KeepAlive: keepAlive}).DialContext
	}
	raw, err := dial(ctx, "tcp", to.address)
	if err != nil || !to.secure {
		return raw, err
	}
	settings := t.tls.Clone()
	if settings.ServerName == "" {
		settings.ServerName = to.host
	}
	secured := tls.Client(raw, settings)
	if err := secured.HandshakeContext(ctx); err != nil {
		raw.Close()
		return nil, explainHandshake(err)
	}
	return secured, nil
}

func explainHandshake(err error) error {
	var notTLS tls.RecordHeaderError
	if errors.As(err, &notTLS) && string(notTLS.RecordHeader[:]) == "HTTP/" {
		return errors.New("the server speaks plain HTTP where HTTPS is expected")
	}
	return fmt.Errorf("TLS handshake: %w", err)
}

// explain says what has ended an exchange.
func explain(err error) error {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("no answer in time: %w", context.DeadlineExceeded)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("the connection was closed before the answer: %w", err)
	}
	return err
}
