package cart

import (
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// maxApplied is how many events of a cart are remembered, to recognise repeated events. It is more
// than one cart gets in a day.
const maxApplied = 500

// markBytes is the size of a stored mark: eight bytes of a digest, and the seconds of the time.
const markBytes = 8 + 4

// mark identifies an event.
type mark struct {
	digest [8]byte // of the event's id
	// time is when the event happened, in Unix seconds. It is never in the future. 0: the event does not say.
	time uint32
}

// markOf returns the mark of an event from what identifies it, and its time.
func markOf(id string, happened time.Time) (m mark) {
	sum := sha256.Sum256([]byte(id))
	copy(m.digest[:], sum[:])
	if now := time.Now(); happened.After(now) {
		happened = now // a wrong clock must not make all later events old
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

// has returns whether an event has changed the cart. An event that is as old as those that are no
// longer remembered counts as one of them.
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
