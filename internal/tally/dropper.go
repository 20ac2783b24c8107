package tally

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/contact"
	"github.com/benthos-liveperson/benthos-liveperson/internal/metric"
)

// Dropper counts the events that a component drops, and logs the first event of each kind.
type Dropper struct {
	log     *service.Logger
	dropped *service.MetricCounter
}

// NewDropper returns a component's Dropper.
func NewDropper(mgr *service.Resources) *Dropper {
	return &Dropper{mgr.Logger(), metric.Counter(mgr.Metrics(), "liveperson_events_dropped")}
}

// Drop counts an event that the component drops, and that was counted as read. name is the event's name, or the purpose
// without consent. what says what has happened and what to do; the log line has it behind the
// name.
func (d *Dropper) Drop(reason Reason, name, what string) {
	d.dropped.Incr(1, string(reason))
	first, last := Drop(reason, shortened(name))
	if !first {
		return
	}
	name = Printable(name)
	subject := "it"
	if name != "" {
		subject = strconv.Quote(name)
	}
	d.say(reason, "dropped an event (%s): %s %s. This line comes once for each kind; the metric liveperson_events_dropped counts them all", reason, subject, what)
	if last {
		d.last()
	}
}

// Note logs something about events of a kind, once for each kind. It is not counted as an event.
func (d *Dropper) Note(reason Reason, name, what string) {
	first, last := Note(reason, shortened(name))
	if first {
		d.log.Warnf("%q %s", Printable(name), what)
	}
	if last {
		d.last()
	}
}

// say logs at a level that fits the reason: what a user probably did not mean is a warning.
func (d *Dropper) say(reason Reason, format string, args ...any) {
	if reason == UnknownEvent || reason == Consent {
		d.log.Warnf(format, args...)
	} else {
		d.log.Infof(format, args...)
	}
}

func (d *Dropper) last() {
	d.log.Warnf("events of %d kinds were dropped; further kinds are counted and not logged", maxKinds)
}

// longestName is the most bytes of an event's name that are logged.
const longestName = 80

// Printable returns a name that may stand in a log or a table: short, on one line, and without
// contacts.
func Printable(name string) string {
	if !utf8.ValidString(name) || strings.ContainsFunc(name, isHidden) || contact.In(name, contact.Text) {
		return "(a name that is not shown)"
	}
	return shortened(name)
}

// isHidden says whether a rune could change the lines around it, such as a line break.
func isHidden(r rune) bool { return !unicode.IsPrint(r) }

// shortened cuts a name. What is counted by name must not hold long texts.
func shortened(name string) string {
	if len(name) <= longestName {
		return name
	}
	return strings.ToValidUTF8(name[:longestName], "") + "…"
}
