package webhook

import (
	"sync"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// quietTime is how long nothing must go wrong before a warning is over. Anyone who finds the
// endpoint may send it a wrong request from time to time.
const quietTime = time.Minute

// warning logs one line when something starts to go wrong, and one when it is over.
type warning struct {
	log  *service.Logger
	over string // the line that is logged when the warning is over

	mu   sync.Mutex
	last time.Time // when it last went wrong; zero while all is well
}

// raise logs the message, unless the warning is already raised.
func (w *warning) raise(message string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.last.IsZero() {
		w.log.Warn(message)
	}
	w.last = time.Now()
}

// clear says that all went well just now. It ends the warning after quietTime.
func (w *warning) clear() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.last.IsZero() && time.Since(w.last) >= quietTime {
		w.log.Info(w.over)
		w.last = time.Time{}
	}
}
