package session

import "sync"

// makings are the sessions that are being made, for all stores that use the same cache.
//
// singleflight does not fit: the session comes from the answer to the maker's own request,
// which it may repeat for minutes, and callers with a session of their own do not wait.
type makings struct {
	mu     sync.Mutex
	making map[string]*making // by the names of consumers and visitors
}

// making is a session that is being made.
type making struct {
	names []string
	ended chan struct{} // closed when the session is made or has failed
}

func newMakings() *makings { return &makings{making: map[string]*making{}} }

// make says that the caller makes a session for a consumer and a visitor; either may be empty. If
// another caller is making one for one of them, the result is that other making.
func (m *makings) make(consumer, visitorID string) (mine, other *making) {
	mine = &making{names: names(consumer, visitorID), ended: make(chan struct{})}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, name := range mine.names {
		if other, underWay := m.making[name]; underWay {
			return nil, other
		}
	}
	for _, name := range mine.names {
		m.making[name] = mine
	}
	return mine, nil
}

func (m *makings) release(mine *making) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, name := range mine.names {
		delete(m.making, name)
	}
	close(mine.ended)
}
