// Package register puts between Benthos and this project's components what all of them
// need: a panic while a message is handled fails that message, is logged with its stack
// once, and is counted. Every component and every Bloblang function of the project is
// registered through it, for example
//
//	service.MustRegisterProcessor(name, spec(), register.Processor(newProcessor))
package register

import (
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/metric"
	"github.com/benthos-liveperson/benthos-liveperson/internal/panics"
)

// Metric counts panics.
const Metric = "liveperson_panics"

// Watch logs and counts the panics of one component. It is safe for concurrent use.
type Watch struct {
	log    *service.Logger
	count  *service.MetricCounter
	logged *places
}

// places are those of panics that have been logged, so that a message that comes again and
// again does not fill the log.
type places struct{ seen sync.Map }

func (p *places) isNew(place string) bool {
	_, seen := p.seen.LoadOrStore(place, true)
	return !seen
}

// placesKey is under what the components of one process find their common places.
type placesKey struct{}

// newest is the watch that Bloblang's functions and methods use: they have no log or
// metrics of their own.
var newest atomic.Pointer[Watch]

// elsewhere are the places that were logged while there was no watch.
var elsewhere places

// NewWatch makes the watch of a component.
func NewWatch(mgr *service.Resources) *Watch {
	logged, _ := mgr.GetOrSetGeneric(placesKey{}, &places{})
	w := &Watch{log: mgr.Logger(), count: metric.Counter(mgr.Metrics(), Metric), logged: logged.(*places)}
	newest.Store(w)
	return w
}

// Do does something, and takes note of its panic, which becomes its error.
func (w *Watch) Do(do func() error) error { return w.see(panics.Do(do)) }

// see takes note of an error if it is a panic's. It gives the error back.
func (w *Watch) see(err error) error {
	if p := (*panics.Error)(nil); errors.As(err, &p) && p.Take() {
		w.count.Incr(1)
		if w.logged.isNew(p.Place) {
			w.log.Errorf(logLine, p.Place, p.What, p.Stack)
		}
	}
	return err
}

const logLine = "Internal error at %s (%s). The message that caused it has failed; the next one at this place is counted in " + Metric + " and not logged. Please report it with this stack:\n%s"

// seeBloblang takes note of a panic in a function or method of Bloblang.
func seeBloblang(err error) error {
	if w := newest.Load(); w != nil {
		return w.see(err)
	}
	if p := (*panics.Error)(nil); errors.As(err, &p) && p.Take() && elsewhere.isNew(p.Place) {
		slog.Error("Internal error at "+p.Place+". Please report it with this stack.", "panic", p.What, "stack", string(p.Stack))
	}
	return err
}
