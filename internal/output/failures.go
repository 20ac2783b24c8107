package output

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// failuresEvery is how often the number of failed messages is logged.
const failuresEvery = time.Minute

// failureLog logs the first failed message of each kind, and afterwards how many there were
// in each minute. A kind is a class and a status, so there are few.
//
// Benthos logs a line of its own for each batch that fails. An output cannot switch that off.
// The command line leaves these lines out; in somebody's own binary the first line explains them.
type failureLog struct {
	kind   func(error) string
	failed func(error) // is called for each
	log    *service.Logger

	mu     sync.Mutex
	seen   map[string]bool
	counts map[string]int // since the last line; nil: no line is due
}

func newFailureLog(kind func(error) string, failed func(error), log *service.Logger) *failureLog {
	return &failureLog{kind: kind, failed: failed, log: log, seen: map[string]bool{}}
}

// note takes the errors of a batch's messages. Those of accepted messages are nil.
func (l *failureLog) note(errs []error) {
	for _, err := range errs {
		if err != nil {
			l.failed(err)
			l.one(err)
		}
	}
}

func (l *failureLog) one(err error) {
	kind := l.kind(err)
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.seen[kind] {
		explained := len(l.seen) > 0
		l.seen[kind] = true
		l.first(kind, err, explained)
		return
	}
	if l.counts == nil {
		l.counts = map[string]int{}
		time.AfterFunc(failuresEvery, l.summarise)
	}
	l.counts[kind]++
}

func (l *failureLog) first(kind string, err error, explained bool) {
	note := ""
	if !explained {
		note = ". This line comes once for each class and status, then a count every minute"
	}
	l.log.Warnf("A message failed (%s) and goes back to the input, or to the next output of a fallback: %v%s", kind, err, note)
}

func (l *failureLog) summarise() {
	l.mu.Lock()
	counts := l.counts
	l.counts = nil
	l.mu.Unlock()
	all, parts := 0, make([]string, 0, len(counts))
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		all += counts[kind]
		parts = append(parts, fmt.Sprintf("%s: %d", kind, counts[kind]))
	}
	l.log.Warnf("%d more messages failed in the last minute (%s)", all, strings.Join(parts, ", "))
}
