package engagement

import (
	"cmp"
	"fmt"
	"sync"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

// The limit of warnings about a wrong setting. A busy site asks a thousand times a second, and a log
// with a line for each question would be useless.
const (
	warningsAtOnce = 10
	warningPause   = 10 * time.Second
)

// failureLog logs failures that an operator must know of. Without the log, nobody would see them:
// the pipeline catches the failure, and the page shows no offer.
type failureLog struct {
	log *service.Logger

	mu      sync.Mutex
	classes map[liveperson.Class]*warned
}

// warned counts the failures and warnings of a class.
type warned struct {
	warnings int
	last     time.Time // of the last warning
	silent   int       // failures since then
}

func newFailureLog(log *service.Logger) *failureLog {
	return &failureLog{log: log, classes: map[liveperson.Class]*warned{}}
}

// note logs the first failure of each class. Failures that come from a wrong setting are also
// logged later, because they go on until the setting is corrected. The text of an error has no ids
// and no values.
func (f *failureLog) note(err error) {
	class := cmp.Or(liveperson.ClassOf(err), "other")
	switch warn, silent := f.isDue(class); {
	case !warn:
		f.log.Debugf("A question for an engagement failed: %v", err)
	case silent > 0:
		f.log.Warnf("A question for an engagement failed, and %d others of class %s since the last warning: %v", silent, class, err)
	default:
		f.log.Warnf("A question for an engagement failed%s: %v", restOf(class), err)
	}
}

// isDue tells whether a failure is logged as a warning. It also returns how many failures of the
// class were not, since the last warning.
func (f *failureLog) isDue(class liveperson.Class) (warn bool, silent int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	of := f.classes[class]
	if of == nil {
		of = &warned{}
		f.classes[class] = of
	}
	if of.warnings > 0 && !isSetting(class) || of.warnings >= warningsAtOnce && time.Since(of.last) < warningPause {
		of.silent++
		return false, 0
	}
	silent = of.silent
	of.warnings, of.last, of.silent = of.warnings+1, time.Now(), 0
	return true, silent
}

// isSetting tells whether failures of a class probably come from a wrong account, app key or host.
func isSetting(class liveperson.Class) bool {
	return class == liveperson.ClassUnauthorised || class == liveperson.ClassNotFound
}

// restOf returns the text that says where the other failures of a class are.
func restOf(class liveperson.Class) string {
	if isSetting(class) {
		return ""
	}
	return fmt.Sprintf("; others of class %s are logged at level debug", class)
}
