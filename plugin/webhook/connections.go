package webhook

import (
	"container/list"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
)

// maxConnections is the most connections of the input's own server, of some 20 KB each.
// LivePerson needs few.
const maxConnections = 1000

// connections limits the number of connections. If there are too many, it closes the one that
// has waited longest for a request. So clients that send nothing cannot keep others out.
type connections struct {
	most int

	mu      sync.Mutex
	open    map[net.Conn]*list.Element // nil while a request is handled
	waiting list.List                  // of net.Conn, the oldest first
}

func newConnections(most int) *connections {
	return &connections{most: most, open: map[net.Conn]*list.Element{}}
}

// changed is the ConnState of the http.Server.
func (c *connections) changed(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if element := c.open[conn]; element != nil {
		c.waiting.Remove(element)
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

// closeNow closes a connection without the closing message of TLS, which could block.
func closeNow(conn net.Conn) {
	if secured, is := conn.(*tls.Conn); is {
		conn = secured.NetConn()
	}
	_ = conn.Close()
}
