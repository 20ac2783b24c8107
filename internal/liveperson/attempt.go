package liveperson

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// sending is what Account.do learns about a request from the transport below it. Errors
// and answers don't tell: a request whose time is up while it connects looks like one
// that waited for its answer. A Doer that is no *HTTP tells nothing.
type sending struct {
	mu       sync.Mutex
	attempts []*attempt // one, or two
}

type sendingKey struct{}

// watch gives the context to make the request with.
func (s *sending) watch(ctx context.Context) context.Context {
	return context.WithValue(ctx, sendingKey{}, s)
}

// neverLeft tells that the request has certainly not left.
func (s *sending) neverLeft() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.attempts) > 0 && !slices.ContainsFunc(s.attempts, func(a *attempt) bool { return !a.neverLeft() })
}

func (s *sending) last() *attempt {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.attempts) == 0 {
		return nil
	}
	return s.attempts[len(s.attempts)-1]
}

type onceKey struct{}

// onlyOnce marks requests that are not repeated here once they may have arrived: a
// consumer would see a text twice.
func onlyOnce(ctx context.Context) context.Context {
	return context.WithValue(ctx, onceKey{}, true)
}

// Answers that are not their requests' own.
var (
	errHalfSent = errors.New("it answered before it had the whole request")
	errUnasked  = errors.New("it sent an answer that no request had asked for")
)

// writtenWait is how long a request may take to be written once its answer has been read.
// A server that has read the request has let it be written.
const writtenWait = time.Second

// whole waits until the request has been written, or can't be any more, and tells which.
// The answer's body must have been closed, which ends the writing.
func (s *sending) whole() error {
	a := s.last()
	if a == nil {
		return nil
	}
	timer := time.NewTimer(writtenWait)
	defer timer.Stop()
	select {
	case err := <-a.written():
		if err == nil {
			return nil
		}
	case <-timer.C:
	}
	return errHalfSent
}

// attempt follows one request over its connection.
type attempt struct {
	mu          sync.Mutex
	wanted, got bool
	reused      bool
	answered    bool         // with one byte at least
	conn        *countedConn // nil: not one of ours
	readBefore  int64        // how often the connection had been read from when it was got
	wrote       chan error   // has the result of writing the request over the connection that it got
}

// newAttempt makes it the last one of the sending that the context is of.
func newAttempt(ctx context.Context) *attempt {
	a := &attempt{wrote: make(chan error, 1)}
	if s, is := ctx.Value(sendingKey{}).(*sending); is {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.attempts = append(s.attempts, a)
	}
	return a
}

// watch gives the context to make the attempt with.
func (a *attempt) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) {
			a.mu.Lock()
			defer a.mu.Unlock()
			// net/http asks again when a kept connection was dead before anything went
			// over it.
			a.wanted, a.got, a.wrote = true, false, make(chan error, 1)
		},
		GotConn: func(info httptrace.GotConnInfo) {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.got, a.reused = true, info.Reused
			if a.conn = countedBelow(info.Conn); a.conn != nil {
				a.readBefore = a.conn.reads.Load()
			}
		},
		GotFirstResponseByte: func() {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.answered = true
		},
		WroteRequest: func(info httptrace.WroteRequestInfo) {
			select {
			case a.written() <- info.Err:
			default:
			}
		},
	})
}

func (a *attempt) written() chan error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.wrote
}

func (a *attempt) neverLeft() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.wanted && !a.got
}

// failedByReuse tells that a request failed because its connection had been kept: the
// server closed it, or said that it had waited too long, as the request was on its way.
func (a *attempt) failedByReuse(ctx context.Context, res *http.Response, err error) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.got || !a.reused || ctx.Err() != nil {
		return false
	}
	if err == nil {
		return failureOf(res.StatusCode, 0, "").notPassedOn
	}
	return !a.answered && ctx.Value(onceKey{}) == nil
}

// unasked tells that an answer had come in before its request was made: it stood behind
// the one before it. net/http closes a kept connection with such an answer in it, unless
// the next request is quicker.
func (a *attempt) unasked() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.conn != nil && a.conn.reads.Load() == a.readBefore
}

// countedConn counts how often something was read from a connection.
type countedConn struct {
	net.Conn
	reads atomic.Int64
}

func (c *countedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.reads.Add(1)
	}
	return n, err
}

// counted makes a dialer's connections counted ones.
func counted(dial func(context.Context, string, string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &countedConn{Conn: c}, nil
	}
}

// countedBelow gives the counted connection below TLS.
func countedBelow(c net.Conn) *countedConn {
	for {
		secured, is := c.(*tls.Conn)
		if !is {
			below, _ := c.(*countedConn)
			return below
		}
		c = secured.NetConn()
	}
}
