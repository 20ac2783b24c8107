package webhook

import (
	"sync"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// quiet is how long nothing must have gone wrong before a trouble is over: whoever finds
// the endpoint may try it now and then.
const quiet = time.Minute

// trouble logs that something goes wrong when that begins, and when it is over.
type trouble struct {
	log  *service.Logger
	over string // what is said then

	mu    sync.Mutex
	since time.Time // when it last went wrong; zero while all is well
}

func (t *trouble) begins(message string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.since.IsZero() {
		t.log.Warn(message)
	}
	t.since = time.Now()
}

func (t *trouble) ends() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.since.IsZero() && time.Since(t.since) >= quiet {
		t.log.Info(t.over)
		t.since = time.Time{}
	}
}
