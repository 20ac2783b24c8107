package wire

import (
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
	resting map[endpoint][]*conn
	pruning *time.Timer // nil while none rests
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
	c.rests = time.Now()
	i.mu.Lock()
	defer i.mu.Unlock()
	list := i.resting[c.to]
	if len(list) >= i.max {
		c.Conn.Close()
		return
	}
	i.resting[c.to] = append(list, c)
	if i.pruning == nil {
		i.pruning = time.AfterFunc(idleTimeout, i.prune)
	}
}

// prune closes the connections that have rested too long, and comes again while there
// are others.
func (i *idle) prune() {
	i.mu.Lock()
	defer i.mu.Unlock()
	for to, list := range i.resting {
		old := 0
		for old < len(list) && time.Since(list[old].rests) >= idleTimeout {
			list[old].Conn.Close()
			old++
		}
		if list = append(list[:0:0], list[old:]...); len(list) == 0 {
			delete(i.resting, to)
			continue
		}
		i.resting[to] = list
	}
	i.pruning = nil
	if len(i.resting) > 0 {
		i.pruning = time.AfterFunc(idleTimeout, i.prune)
	}
}

func (i *idle) closeAll() {
	i.mu.Lock()
	defer i.mu.Unlock()
	for to, list := range i.resting {
		for _, c := range list {
			c.Conn.Close()
		}
		delete(i.resting, to)
	}
	if i.pruning != nil {
		i.pruning.Stop()
		i.pruning = nil
	}
}
