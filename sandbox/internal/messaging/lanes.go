package messaging

import (
	"time"
)

// add puts a new posting into the lane that the app's state has for it. It wants the lock.
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

// keep puts a posting into the store. It wants the lock.
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

// unkeep is the end of a posting's being stored: it has been posted, dropped, or let go. It wants the lock.
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
