package messaging

import (
	"time"
)

// add adds a new posting to the direct lane or to the store, depending on the state of the app. The caller holds the lock.
func (d *sender) add(p *posting) {
	q := d.queues[p.url]
	if q.waiting() >= d.config.Queue {
		q.dropped++
		return
	}
	p.number = d.number
	d.number++
	switch {
	case d.state == appFailed:
		d.keep(p)
	case d.state == appTransition && d.backlog[p.conversation] > 0:
		p.late = true
		d.keep(p)
	case d.state == appRecovered && d.backlog[p.conversation] > 0:
		p.late, p.release = true, time.Now().Add(d.scaled(drainPause))
		d.keep(p)
	default:
		q.enter(p)
	}
}

// keep adds a posting to the store. The caller holds the lock.
func (d *sender) keep(p *posting) {
	q := d.queues[p.url]
	q.store = insert(q.store, p)
	if !p.stored {
		p.stored = true
		d.backlog[p.conversation]++
		if !p.late {
			d.replay++
		}
	}
}

// unkeep updates the counts of the store after a stored posting was posted, dropped or released. The caller
// holds the lock.
func (d *sender) unkeep(p *posting) {
	if !p.stored {
		return
	}
	p.stored = false
	if d.backlog[p.conversation]--; d.backlog[p.conversation] == 0 {
		delete(d.backlog, p.conversation)
	}
	if !p.late {
		d.replay--
	}
}
