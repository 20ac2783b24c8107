package messaging

import (
	"slices"
	"time"
)

// This file has the state machine of an app with a retention time (Connector API, retry policy). The states are UP, FAILED,
// IN_TRANSITION and RECOVERED. If one endpoint fails, the service stores the notifications for all endpoints.

// fail makes the app fail. It moves the waiting notifications to the store. The caller holds the lock.
func (d *sender) fail(url string) {
	d.failing[url] = true
	if d.state == appFailed {
		return
	}
	d.state, d.pause, d.probing = appFailed, firstPause, 0
	d.probeAt = time.Now().Add(d.scaled(d.pause))
	for _, q := range d.queues {
		direct := q.direct
		q.direct = nil
		for _, p := range direct {
			d.keep(p)
		}
		for _, p := range q.store {
			d.inTime(p)
		}
	}
}

// inTime makes a late posting one to replay, because the app failed again. The caller holds the lock.
func (d *sender) inTime(p *posting) {
	if p.late {
		p.late, p.release = false, time.Time{}
		d.replay++
	}
}

// recover changes the state of the app when it is time. The caller holds the lock.
func (d *sender) recover(now time.Time) {
	if d.state == appFailed && d.inFlight == 0 && !now.Before(d.probeAt) {
		d.probe()
	}
	if d.state == appTransition && d.replay == 0 {
		d.state = appRecovered
	}
	if d.state == appRecovered {
		d.letGo(now)
		if len(d.backlog) == 0 {
			d.state = appUp
		}
	}
}

// probe posts the first waiting notification to each failing endpoint. An endpoint without waiting notifications counts as
// answering again. The caller holds the lock.
func (d *sender) probe() {
	for url := range d.failing {
		q := d.queues[url]
		if len(q.store) == 0 {
			delete(d.failing, url)
			continue
		}
		p := take(&q.store, 0)
		p.probe = true
		d.probing++
		q.storeBusy = true
		d.start(q, p, &q.storeBusy)
	}
	d.probed()
}

// probed ends a round of probes when all of them are back. The caller holds the lock.
func (d *sender) probed() {
	switch {
	case d.probing > 0:
	case len(d.failing) > 0:
		d.pause = min(2*d.pause, longestStop)
		d.probeAt = time.Now().Add(d.scaled(d.pause))
	default:
		d.state = appTransition
	}
}

// letGo gives up the order of notifications that waited too long for the backlog of their conversation. The caller holds the
// lock.
func (d *sender) letGo(now time.Time) {
	for _, q := range d.queues {
		q.store = slices.DeleteFunc(q.store, func(p *posting) bool {
			if p.release.IsZero() || p.release.After(now) {
				return false
			}
			d.unkeep(p)
			p.late, p.release = false, time.Time{}
			q.direct = insert(q.direct, p)
			return true
		})
	}
}

// expire drops notifications that are older than the retention time. The caller holds the lock.
func (d *sender) expire(now time.Time) {
	if d.config.Retention == 0 {
		return
	}
	tooOld := func(p *posting) bool { return now.Sub(p.created) > d.scaled(d.config.Retention) }
	for _, q := range d.queues {
		for len(q.store) > 0 && tooOld(q.store[0]) {
			d.unkeep(take(&q.store, 0))
			q.dropped++
		}
		for len(q.direct) > 0 && tooOld(q.direct[0]) {
			take(&q.direct, 0)
			q.dropped++
		}
	}
}
