package client

import (
	"context"
	"net/http/httptrace"
	"sync/atomic"
)

// tracker follows whether a request has got a connection. Errors don't tell: one
// whose time is up while it connects looks like one that waited for its answer.
type tracker struct{ wanted, got atomic.Bool }

// watch gives the context to make the request with.
func (t *tracker) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		// Asked for again when a kept connection turned out to be dead before
		// anything went over it.
		GetConn: func(string) { t.wanted.Store(true); t.got.Store(false) },
		GotConn: func(httptrace.GotConnInfo) { t.got.Store(true) },
	})
}

// never tells that the request has certainly not left. An HTTP client that says
// nothing of connections may have sent it.
func (t *tracker) never() bool { return t.wanted.Load() && !t.got.Load() }
