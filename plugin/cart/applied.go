package cart

import (
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// maxApplied is how many events of a cart are remembered, so that repeated events are recognised. A
// cart gets fewer in a day.
const maxApplied = 500

// markBytes is the size of a stored mark: eight bytes of a digest, and the seconds of the time.
const markBytes = 8 + 4

// mark identifies an event.
type mark struct {
	digest [8]byte // a digest of the event's id
	// time is when the event happened, in Unix seconds. It is never in the future. It is 0 if the event has
	// no time.
	time uint32
}

// markOf returns the mark of an event from its id and its time.
func markOf(id string, happened time.Time) (m mark) {
	sum := sha256.Sum256([]byte(id))
	copy(m.digest[:], sum[:])
	if now := time.Now(); happened.After(now) {
		happened = now // otherwise a wrong clock would make all later events look old
	}
	if happened.Unix() > 0 {
		m.time = uint32(happened.Unix())
	}
	return m
}

// applied are the events that changed a cart.
type applied struct {
	// Marks are the last events, each in markBytes bytes.
	Marks []byte `json:"marks,omitempty"`
	// Older is the time of the newest event that is no longer in Marks, in Unix seconds.
	Older uint32 `json:"older,omitempty"`
}

func (a *applied) add(event mark) {
	a.Marks = append(a.Marks, event.digest[:]...)
	a.Marks = binary.BigEndian.AppendUint32(a.Marks, event.time)
	for len(a.Marks) > maxApplied*markBytes {
		a.Older = max(a.Older, timeOf(a.Marks[:markBytes]))
		a.Marks = a.Marks[markBytes:]
	}
}

// has tells whether an event has already changed the cart. An event that is no newer than Older
// counts as one that has.
func (a *applied) has(event mark) bool {
	if event.time != 0 && event.time <= a.Older {
		return true
	}
	for rest := a.Marks; len(rest) >= markBytes; rest = rest[markBytes:] {
		if [8]byte(rest[:8]) == event.digest {
			return true
		}
	}
	return false
}

func timeOf(marked []byte) uint32 { return binary.BigEndian.Uint32(marked[8:markBytes]) }
