package messaging

import (
	"net/http"
	"slices"
	"time"
)

// posting is a notification on its way to its endpoint.
type posting struct {
	number       int // in the order in which they came about
	conversation string
	url          string
	header       http.Header
	body         []byte
	retries      *int
	tries        int
	created      time.Time
	due          time.Time // not before it
	generation   int       // of the configuration

	forged bool // signed by another secret, beside the genuine one; never repeated
	probe  bool // tries whether its endpoint answers again
	// passable waits for the next of its endpoint to pass it, until it is due.
	passable bool

	// What follows is of the store of a failed app.
	stored  bool
	late    bool      // stored after the app has begun to recover
	release time.Time // when its order is given up; zero: not
}

// queue is what waits for an endpoint: in the direct lane, and in the store of a failed app. Each lane posts one
// notification at a time.
type queue struct {
	direct, store         []*posting // by number
	directBusy, storeBusy bool

	posted, failed, dropped int
}

func (q *queue) waiting() int { return len(q.direct) + len(q.store) }

// enter puts a new posting behind those of the direct lane, before the last one if that is to be passed.
func (q *queue) enter(p *posting) {
	if n := len(q.direct); n > 0 && q.direct[n-1].passable {
		last := q.direct[n-1]
		last.number, p.number = p.number, last.number
		last.passable, last.due = false, p.due
	}
	q.direct = insert(q.direct, p)
}

// insert puts a posting where its number belongs.
func insert(list []*posting, p *posting) []*posting {
	at, _ := slices.BinarySearchFunc(list, p, byNumber)
	return slices.Insert(list, at, p)
}

func byNumber(a, b *posting) int { return a.number - b.number }

// takeDue takes the first posting that is due; nil when there is none.
func takeDue(list *[]*posting, now time.Time) *posting {
	for i, p := range *list {
		if !p.due.After(now) {
			return take(list, i)
		}
	}
	return nil
}

func take(list *[]*posting, i int) *posting {
	p := (*list)[i]
	if i == 0 { // the common case, without moving the others
		(*list)[0] = nil
		*list = (*list)[1:]
	} else {
		*list = slices.Delete(*list, i, i+1)
	}
	return p
}
