package webhook

import (
	"container/list"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
)

// maxConnections bounds the connections of the input's own server: some 20 KB each.
// LivePerson needs few.
const maxConnections = 1000

// connections closes the one that has waited longest for a request when there are too
// many. Those that send nothing then keep nobody out.
type connections struct {
	most int

	mu      sync.Mutex
	open    map[net.Conn]*list.Element // nil while a request is answered
	waiting list.List                  // of net.Conn, the oldest first
}

func newConnections(most int) *connections {
	return &connections{most: most, open: map[net.Conn]*list.Element{}}
}

// changed is http.Server's ConnState.
func (c *connections) changed(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if place := c.open[conn]; place != nil {
		c.waiting.Remove(place)
	}
	switch state {
	case http.StateNew, http.StateIdle:
		c.open[conn] = c.waiting.PushBack(conn)
	case http.StateActive:
		c.open[conn] = nil
	default:
		delete(c.open, conn)
	}
	if len(c.open) > c.most && c.waiting.Len() > 0 {
		oldest := c.waiting.Remove(c.waiting.Front()).(net.Conn)
		delete(c.open, oldest)
		closeNow(oldest)
	}
}

// closeNow closes a connection without TLS' last words, for which it would wait.
func closeNow(conn net.Conn) {
	if secured, is := conn.(*tls.Conn); is {
		conn = secured.NetConn()
	}
	_ = conn.Close()
}
