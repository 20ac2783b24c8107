package cart

import (
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// maxApplied is how many events of a cart are remembered, so that repeated events are recognised. A
// cart gets fewer in a day.
const maxApplied = 2000

// The sizes of a stored mark in bytes: a part of a digest, and the milliseconds of the time.
const (
	digestBytes = 6
	markBytes   = digestBytes + 6
)

// mark identifies an event.
type mark struct {
	digest [digestBytes]byte // a digest of the event's id
	// time is when the event happened, in Unix milliseconds. It is never in the future. It is 0 if the event has
	// no time.
	time int64
}

// markOf returns the mark of an event from its id and its time.
func markOf(id string, happened time.Time) (m mark) {
	sum := sha256.Sum256([]byte(id))
	copy(m.digest[:], sum[:])
	if now := time.Now(); happened.After(now) {
		happened = now // otherwise a wrong clock would make all later events look old
	}
	m.time = max(0, happened.UnixMilli())
	return m
}

// applied are the events that changed a cart.
type applied struct {
	// Seen are the marks of the last events, each in markBytes bytes.
	Seen []byte `json:"seen,omitempty"`
	// Full is whether older events are no longer in Seen.
	Full bool `json:"full,omitempty"`
	// Older is the time of the newest event that is no longer in Seen, in Unix milliseconds. 0: none of
	// them says.
	Older int64 `json:"older_ms,omitempty"`
}

func (a *applied) add(event mark) {
	var stored [8]byte
	binary.BigEndian.PutUint64(stored[:], uint64(event.time))
	a.Seen = append(a.Seen, event.digest[:]...)
	a.Seen = append(a.Seen, stored[len(stored)-(markBytes-digestBytes):]...)
	for len(a.Seen) > maxApplied*markBytes {
		a.Full, a.Older = true, max(a.Older, timeOf(a.Seen[:markBytes]))
		a.Seen = a.Seen[markBytes:]
	}
}

// has tells whether an event has already changed the cart. An event that is no newer than Older
// counts as one that has. known is false if nothing tells: the event has no time, or the times of the
// events have stood still.
func (a *applied) has(event mark) (is, known bool) {
	newest := int64(0)
	for rest := a.Seen; len(rest) >= markBytes; rest = rest[markBytes:] {
		if [digestBytes]byte(rest[:digestBytes]) == event.digest {
			return true, true
		}
		newest = max(newest, timeOf(rest[:markBytes]))
	}
	switch {
	case !a.Full:
		return false, true
	case event.time == 0 || event.time == a.Older && newest <= a.Older:
		return false, false
	}
	return event.time <= a.Older, true
}

// timeOf returns the time of a stored mark.
func timeOf(marked []byte) int64 {
	var stored [8]byte
	copy(stored[len(stored)-(markBytes-digestBytes):], marked[digestBytes:markBytes])
	return int64(binary.BigEndian.Uint64(stored[:]))
}
