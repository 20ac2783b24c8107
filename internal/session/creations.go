package session

import "sync"

// creations are the sessions that requests are creating now, for all stores with the same cache.
//
// singleflight does not fit. The session comes from the answer to the first caller's request, which
// may be retried for minutes. Callers that already have a session do not wait.
type creations struct {
	mu      sync.Mutex
	running map[string]*creation // by the names of consumers and visitors
}

// creation is a session that a request is creating.
type creation struct {
	names []string
	ended chan struct{} // closed when the session exists or the request has failed
}

func newCreations() *creations { return &creations{running: map[string]*creation{}} }

// begin registers that the caller creates a session for a consumer and a visitor. Either may be
// empty. If another caller is creating a session for one of them, begin returns that creation as
// other.
func (m *creations) begin(consumer, visitorID string) (mine, other *creation) {
	mine = &creation{names: names(consumer, visitorID), ended: make(chan struct{})}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, name := range mine.names {
		if other, underWay := m.running[name]; underWay {
			return nil, other
		}
	}
	for _, name := range mine.names {
		m.running[name] = mine
	}
	return mine, nil
}

func (m *creations) release(mine *creation) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, name := range mine.names {
		delete(m.running, name)
	}
	close(mine.ended)
}
