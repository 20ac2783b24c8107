package monitoring

import "time"

// visitorLifetime is how long the sandbox remembers a visitor at least. It is an assumption. LivePerson's pages only say that
// a visitor lives longer than its sessions.
const visitorLifetime = 30 * 24 * time.Hour

// visitors stores the visitor ids that the sandbox made, in two generations. A used id moves to the young generation. When
// the young generation is full or too old, it becomes the old generation, and the ids of the former old generation are
// forgotten. So an unused id is kept until limit other ids were used, or for visitorLifetime, whichever is first. It is kept
// for at most twice that long.
type visitors struct {
	limit      int
	young, old map[string]struct{}
	since      time.Time // when the young generation began
}

// knows reports whether the sandbox made an id. It counts as a use of the id.
func (v *visitors) knows(id string, now time.Time) bool {
	v.age(now)
	if _, ok := v.young[id]; ok {
		return true
	}
	_, ok := v.old[id]
	if ok {
		v.add(id, now)
	}
	return ok
}

func (v *visitors) add(id string, now time.Time) {
	v.age(now)
	if len(v.young) >= v.limit {
		v.turn(now)
	}
	v.young[id] = struct{}{}
}

func (v *visitors) age(now time.Time) {
	aged := now.Sub(v.since)
	if aged >= visitorLifetime {
		v.turn(now)
	}
	if aged >= 2*visitorLifetime { // no visitor came for a whole generation
		v.turn(now)
	}
}

// turn begins a generation.
func (v *visitors) turn(now time.Time) {
	v.old, v.young, v.since = v.young, map[string]struct{}{}, now
}
