// Package tally counts what became of the events of a process, so that none vanishes without a
// word. Each event is counted once when it is read and once when it ends. The command line
// prints the totals at the end of a run.
//
// The counts are of the process, as Benthos' own logs are: all streams of a process share them.
package tally

import (
	"sync"
	"sync/atomic"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// Reason says why an event was dropped. It is the label of the metric liveperson_events_dropped.
type Reason string

const (
	UnknownEvent Reason = "unknown_event" // the preset does not know the event's name
	NoUse        Reason = "no_use"        // the preset knows the event and reports nothing of it
	Consent      Reason = "consent"       // the consumer has not consented
	Suppressed   Reason = "suppressed"    // the consumer is on a list of those who are not reported
	Duplicate    Reason = "duplicate"     // LivePerson has accepted the event before
)

// maxKinds is how many names of events and purposes are counted by themselves, and how many
// lines are logged about kinds. Senders make the names up.
const maxKinds = 100

// otherKinds counts what is beyond maxKinds.
const otherKinds = "others"

// Kind is what is counted by itself: a reason with a name of an event or of a purpose.
type Kind struct {
	Reason Reason
	Name   string
}

var (
	read, reported, failed atomic.Int64
	presets                atomic.Bool

	mu      sync.Mutex
	dropped = map[Kind]int64{}
	logged  = map[Kind]bool{}
)

// Reset sets all counts to zero.
func Reset() {
	mu.Lock()
	defer mu.Unlock()
	read.Store(0)
	reported.Store(0)
	failed.Store(0)
	presets.Store(false)
	clear(dropped)
	clear(logged)
}

// metaEventID is the metadata that every preset writes.
const metaEventID = "liveperson_event_id"

// UsePresets says that the process has a component, such as a preset, that counts the events that it
// reads.
func UsePresets() { presets.Store(true) }

// Read counts an event as read.
func Read() { read.Add(1) }

// ReadReport counts a report as an event that was read, unless a preset has made it.
func ReadReport(msg *service.Message) {
	if id, _ := msg.MetaGet(metaEventID); id == "" || !presets.Load() {
		read.Add(1)
	}
}

// Reported counts events that LivePerson has accepted.
func Reported(n int) { reported.Add(int64(n)) }

// Failed counts an event that failed: it goes to the dead letters, or back to the input.
func Failed() { failed.Add(1) }

// Drop counts an event that ends without having been reported. first says that it is the first
// of its kind, which is to be logged. last says that no further kinds are logged.
func Drop(reason Reason, name string) (first, last bool) {
	mu.Lock()
	defer mu.Unlock()
	kind := Kind{reason, name}
	if _, counted := dropped[kind]; !counted && len(dropped) >= maxKinds {
		kind.Name = otherKinds
	}
	dropped[kind]++
	return note(kind)
}

// Note says whether something of a kind, which is not an event by itself, is to be logged.
func Note(reason Reason, name string) (first, last bool) {
	mu.Lock()
	defer mu.Unlock()
	return note(Kind{"note about " + reason, name})
}

func note(kind Kind) (first, last bool) {
	if logged[kind] || len(logged) >= maxKinds {
		return false, false
	}
	logged[kind] = true
	return true, len(logged) == maxKinds
}
