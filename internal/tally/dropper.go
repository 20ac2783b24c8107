package tally

import (
	"context"
	"strconv"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/contact"
	"github.com/benthos-liveperson/benthos-liveperson/internal/metric"
	"github.com/benthos-liveperson/benthos-liveperson/internal/receipt"
	"github.com/benthos-liveperson/benthos-liveperson/internal/text"
)

// Dropper counts the events that a component drops, logs the first event of each kind, and
// writes a receipt of each event.
type Dropper struct {
	log      *service.Logger
	dropped  *service.MetricCounter
	receipts *receipt.Writer
}

// NewDropper returns a component's Dropper. receipts may be nil.
func NewDropper(mgr *service.Resources, receipts *receipt.Writer) *Dropper {
	return &Dropper{mgr.Logger(), metric.Counter(mgr.Metrics(), "liveperson_events_dropped", reasons...), receipts}
}

// Close closes the writer of the receipts.
func (d *Dropper) Close(ctx context.Context) { d.receipts.Close(ctx) }

// Drop counts an event that the component drops, and that was counted as read. name is the event's name, or the purpose
// without consent. what says what has happened and what to do; the log line has it behind the
// name. about returns what a receipt says about the event besides. It is called if somebody
// wants receipts.
func (d *Dropper) Drop(reason Reason, name, what string, about func() receipt.Receipt) {
	d.dropped.Incr(1, string(reason))
	if d.receipts.On() {
		r := about()
		r.Result, r.Reason = results[reason], string(reason)
		r.Detail = "The event " + what
		if reason == Consent { // the name is a purpose of the settings
			r.Detail = strconv.Quote(name) + " " + what
		}
		d.receipts.Write(r, nil)
	}
	first, last := Drop(reason, text.Shortened(name))
	if !first {
		return
	}
	name = contact.Printable(name)
	subject := "it"
	if name != "" {
		subject = strconv.Quote(name)
	}
	d.say(reason, "dropped an event (%s): %s %s. This line comes once for each kind; the metric liveperson_events_dropped counts them all", reason, subject, what)
	if last {
		d.last()
	}
}

// results are the results that receipts have.
var results = map[Reason]receipt.Result{
	UnknownEvent: receipt.Dropped,
	NoUse:        receipt.Dropped,
	Consent:      receipt.Withheld,
	Suppressed:   receipt.Withheld,
	Duplicate:    receipt.Duplicate,
}

// reasons are the values of the metric's label.
var reasons = []string{string(UnknownEvent), string(NoUse), string(Consent), string(Suppressed), string(Duplicate)}

// Note logs something about events of a kind, once for each kind. It is not counted as an event.
func (d *Dropper) Note(reason Reason, name, what string) {
	first, last := Note(reason, text.Shortened(name))
	if first {
		d.log.Warnf("%q %s", contact.Printable(name), what)
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
