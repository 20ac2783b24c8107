package conversation

import (
	"context"
	"sync"
	"time"
)

// inFlightFor is how long an opening counts as in flight. LivePerson may be down for longer.
// Notifications of other conversations must not wait until LivePerson is back.
const inFlightFor = 10 * time.Second

// openings are the requests of this process that are opening a conversation now. They are safe for
// concurrent use.
type openings struct {
	mu       sync.Mutex
	inFlight map[chan struct{}]time.Time // from a channel, closed when the opening ends, to the time when it began
}

// begin registers an opening. The caller calls end when the conversation is stored or the opening
// has failed.
func (o *openings) begin() (end func()) {
	ended := make(chan struct{})
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.inFlight == nil {
		o.inFlight = map[chan struct{}]time.Time{}
	}
	o.inFlight[ended] = time.Now()
	return func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		delete(o.inFlight, ended)
		close(ended)
	}
}

// now returns the openings in flight.
func (o *openings) now() (list []<-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for ended, began := range o.inFlight {
		if time.Since(began) < inFlightFor {
			list = append(list, ended)
		}
	}
	return list
}

// Opening registers an opening, until the caller calls end.
func (s *Store) Opening() (end func()) { return s.openings.begin() }

// AwaitOpenings waits for the openings of this process that are in flight now. waited is false if
// there are none. The only error is the context's.
func (s *Store) AwaitOpenings(ctx context.Context) (waited bool, err error) {
	list := s.openings.now()
	for _, ended := range list {
		select {
		case <-ended:
		case <-ctx.Done():
			return true, ctx.Err()
		}
	}
	return len(list) > 0, nil
}
