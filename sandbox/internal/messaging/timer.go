package messaging

import "time"

// setTimer sets a timer for the next notification that becomes due. The caller holds the lock.
func (d *sender) setTimer(now time.Time) {
	d.stopTimer()
	var next time.Time
	earlier := func(t time.Time) {
		if t.After(now) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	for _, q := range d.queues {
		if !q.directBusy {
			for _, p := range q.direct {
				earlier(p.due)
			}
		}
		if d.state == appFailed {
			continue
		}
		for _, p := range q.store {
			earlier(p.due)
			earlier(p.release)
		}
	}
	if d.state == appFailed && d.probing == 0 {
		earlier(d.probeAt)
	}
	if next.IsZero() {
		return
	}
	d.running.Add(1)
	d.timer = time.AfterFunc(next.Sub(now), func() {
		defer d.running.Done()
		d.mu.Lock()
		defer d.mu.Unlock()
		d.pump()
	})
}

func (d *sender) stopTimer() {
	if d.timer != nil && d.timer.Stop() {
		d.running.Done()
	}
	d.timer = nil
}
