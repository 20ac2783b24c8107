package wire

import (
	"slices"
	"sync"
	"time"
)

const (
	// idleTimeout is how long a connection rests before it is closed.
	idleTimeout = 90 * time.Second
	// aliveWait is how long a connection is read from to see whether it can be used, where
	// it can't be told without.
	aliveWait = time.Millisecond
)

// idle are the connections that rest, by what they go to: the one that came last is the
// first to go, so that those that are not needed grow old.
type idle struct {
	max int // to one endpoint

	mu      sync.Mutex
	resting map[endpoint][]*conn // of each, in the order in which they came
	pruning *time.Timer          // nil while none need be
}

func newIdle(maxIdle int) *idle {
	return &idle{max: maxIdle, resting: map[endpoint][]*conn{}}
}

// take gives a connection that can be used, nil if there is none.
func (i *idle) take(to endpoint) *conn {
	for {
		c := i.last(to)
		if c == nil {
			return nil
		}
		if time.Since(c.rests) < idleTimeout && c.restsAlive() {
			return c
		}
		c.Conn.Close()
	}
}

func (i *idle) last(to endpoint) *conn {
	i.mu.Lock()
	defer i.mu.Unlock()
	list := i.resting[to]
	if len(list) == 0 {
		return nil
	}
	c := list[len(list)-1]
	list[len(list)-1] = nil
	i.resting[to] = list[:len(list)-1]
	return c
}

// put lets a connection rest.
func (i *idle) put(c *conn) {
	if !i.add(c) {
		c.Conn.Close()
	}
}

func (i *idle) add(c *conn) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	list := i.resting[c.to]
	if len(list) >= i.max {
		return false
	}
	c.rests = time.Now()
	i.resting[c.to] = append(list, c)
	if i.pruning == nil {
		i.pruning = time.AfterFunc(idleTimeout, i.prune)
	}
	return true
}

// prune closes the connections that have rested too long, and comes again when the next
// one has.
func (i *idle) prune() {
	i.mu.Lock()
	now := time.Now()
	var old []*conn
	next := idleTimeout
	i.pruning = nil
	for to, list := range i.resting {
		n := 0
		for n < len(list) && now.Sub(list[n].rests) >= idleTimeout {
			n++
		}
		old = append(old, list[:n]...)
		if list = slices.Clone(list[n:]); len(list) == 0 {
			delete(i.resting, to)
			continue
		}
		i.resting[to] = list
		next = min(next, idleTimeout-now.Sub(list[0].rests))
	}
	if len(i.resting) > 0 {
		i.pruning = time.AfterFunc(next, i.prune)
	}
	i.mu.Unlock()
	closeAll(old)
}

// closeAll closes all that rest. Those in use may rest again.
func (i *idle) closeAll() {
	i.mu.Lock()
	resting := i.resting
	i.resting = map[endpoint][]*conn{} // pruning finds nothing then
	i.mu.Unlock()
	for _, list := range resting {
		closeAll(list)
	}
}

// closeAll closes connections, which may take a while, as TLS says goodbye.
func closeAll(conns []*conn) {
	for _, c := range conns {
		c.Conn.Close()
	}
}
