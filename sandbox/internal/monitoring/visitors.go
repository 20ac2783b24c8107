package monitoring

import "time"

// visitorLifetime is how long a visitor is remembered at least: an assumption, LivePerson's pages say only that a visitor
// outlives sessions.
const visitorLifetime = 30 * 24 * time.Hour

// visitors are the visitor ids that were handed out. They are remembered in two generations: an id that is used moves to
// the young one, and when that is full or its time is up it becomes the old one, and what was the old one is forgotten.
// So an id outlasts limit others or visitorLifetime without use, whichever is over first, and twice of it at most.
type visitors struct {
	limit      int
	young, old map[string]struct{}
	since      time.Time // when young began
}

// knows tells whether an id was handed out, and counts as its use.
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
	if aged >= 2*visitorLifetime { // nobody was there for a whole generation
		v.turn(now)
	}
}

// turn begins a generation.
func (v *visitors) turn(now time.Time) {
	v.old, v.young, v.since = v.young, map[string]struct{}{}, now
}
