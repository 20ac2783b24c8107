package engagement

import (
	"cmp"
	"sync"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

// failureLog logs failures that an operator must know of. Without the log, nobody would see them:
// the pipeline catches the failure, and the page shows no offer.
type failureLog struct {
	log  *service.Logger
	seen sync.Map // the classes that were logged
}

func newFailureLog(log *service.Logger) *failureLog { return &failureLog{log: log} }

// note logs the first failure of each class. Failures that come from a wrong setting are all
// logged, because they go on until the setting is corrected. The text of an error has no ids and no
// values.
func (f *failureLog) note(err error) {
	class := cmp.Or(liveperson.ClassOf(err), "other")
	_, again := f.seen.LoadOrStore(class, true)
	switch {
	case class == liveperson.ClassUnauthorised, class == liveperson.ClassNotFound:
		f.log.Warnf("A question for an engagement failed: %v", err)
	case !again:
		f.log.Warnf("A question for an engagement failed; others of class %s are logged at level debug: %v", class, err)
	default:
		f.log.Debugf("A question for an engagement failed: %v", err)
	}
}
