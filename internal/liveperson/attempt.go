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

// sending records for Account.do what happens to a request in the transport. The error alone
// does not tell: a time-out while connecting looks like a time-out while waiting for the answer.
// Only *HTTP fills it in; another Doer does not.
type sending struct {
	mu       sync.Mutex
	attempts []*attempt // one, or two
}

type sendingKey struct{}

// watch returns the context for the request.
func (s *sending) watch(ctx context.Context) context.Context {
	return context.WithValue(ctx, sendingKey{}, s)
}

// neverLeft returns true if the request was certainly not sent.
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

// onlyOnce marks requests that the transport must not repeat if they may have arrived.
// Otherwise, a consumer might see a text twice.
func onlyOnce(ctx context.Context) context.Context {
	return context.WithValue(ctx, onceKey{}, true)
}

// Errors for answers that do not belong to their requests.
var (
	errHalfSent = errors.New("it answered before it had the whole request")
	errUnasked  = errors.New("it sent an answer without a request")
)

// writtenWait is how long the client waits for the end of writing after it has read the answer.
// If the server has read the request, writing has ended already.
const writtenWait = time.Second

// whole waits until writing of the request has ended. It returns an error if the request was not
// written as a whole. The caller must close the answer's body first, because that ends the
// writing.
func (s *sending) whole() error {
	a := s.last()
	if a == nil {
		return nil
	}
	written := a.written()
	select {
	case err := <-written: // almost always
		if err == nil {
			return nil
		}
		return errHalfSent
	default:
	}
	timer := time.NewTimer(writtenWait)
	defer timer.Stop()
	select {
	case err := <-written:
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
	answered    bool         // at least one byte of an answer came
	conn        *countedConn // nil: not one of ours
	readBefore  int64        // the connection's number of reads before this request
	wrote       chan error   // gets the result of writing the request
}

// newAttempt adds an attempt to the sending in the context.
func newAttempt(ctx context.Context) *attempt {
	a := &attempt{wrote: make(chan error, 1)}
	if s, is := ctx.Value(sendingKey{}).(*sending); is {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.attempts = append(s.attempts, a)
	}
	return a
}

// watch returns the context for the attempt.
func (a *attempt) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) {
			a.mu.Lock()
			defer a.mu.Unlock()
			// net/http asks for another connection if a kept one was dead before the request
			// was written.
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

// failedByReuse returns whether a request failed because its connection was a kept one. The
// server closed the connection, or answered that it had waited too long, while the request was
// in flight.
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

// unasked returns whether the answer was read before its request was made: it came right behind
// the previous answer. net/http closes a kept connection with such an answer, unless the next
// request takes the connection first.
func (a *attempt) unasked() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.conn != nil && a.conn.reads.Load() == a.readBefore
}

// countedConn counts the reads from a connection that returned data.
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

// counted wraps a dialer so that it returns counted connections.
func counted(dial func(context.Context, string, string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &countedConn{Conn: c}, nil
	}
}

// countedBelow returns the counted connection below TLS, or nil.
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
