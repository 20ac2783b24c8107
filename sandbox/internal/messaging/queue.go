package messaging

import (
	"net/http"
	"slices"
	"time"
)

// posting is a notification on its way to its endpoint.
type posting struct {
	number       int // in the order of the notifications
	conversation string
	url          string
	header       http.Header
	body         []byte
	retries      *int
	tries        int
	created      time.Time
	due          time.Time // the earliest time for posting
	generation   int       // the configuration for which it was made

	forged bool // signed with another secret, in addition to the genuine one; never posted again
	probe  bool // checks whether its endpoint answers again
	// passable lets the next posting of the endpoint go first, until this one is due.
	passable bool

	// The fields below are for the store of a failed app.
	stored  bool
	late    bool      // stored after the app began to recover
	release time.Time // when the order is given up; zero: never
}

// queue has the postings of an endpoint. They wait in the direct lane, or in the store if the app has failed. Each of the two
// posts one notification at a time.
type queue struct {
	direct, store         []*posting // by number
	directBusy, storeBusy bool

	posted, failed, dropped int
}

func (q *queue) waiting() int { return len(q.direct) + len(q.store) }

// enter adds a new posting to the end of the direct lane. If the last posting is passable, the new one goes before it.
func (q *queue) enter(p *posting) {
	if n := len(q.direct); n > 0 && q.direct[n-1].passable {
		last := q.direct[n-1]
		last.number, p.number = p.number, last.number
		last.passable, last.due = false, p.due
	}
	q.direct = insert(q.direct, p)
}

// insert inserts a posting by its number.
func insert(list []*posting, p *posting) []*posting {
	at, _ := slices.BinarySearchFunc(list, p, byNumber)
	return slices.Insert(list, at, p)
}

func byNumber(a, b *posting) int { return a.number - b.number }

// takeDue removes and returns the first posting that is due, or nil if there is none.
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
