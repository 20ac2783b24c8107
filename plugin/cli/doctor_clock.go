package cli

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

// How much this machine's clock may differ from LivePerson's. Tokens are used until five minutes before their end, so a
// larger difference breaks requests.
const (
	clockWarning = time.Minute
	clockFailure = 5 * time.Minute
)

// clockWatch makes requests, and records the difference between this machine's clock and the server's.
type clockWatch struct {
	doer liveperson.Doer

	mu       sync.Mutex
	compared bool
	ahead    time.Duration // the largest difference; negative if this machine is behind
}

// Do makes a request.
func (w *clockWatch) Do(r *http.Request) (*http.Response, error) {
	begun := time.Now()
	res, err := w.doer.Do(r)
	if err == nil {
		if theirs, ok := clockOf(res.Header); ok {
			w.compare(theirs, begun.Add(time.Since(begun)/2))
		}
	}
	return res, err
}

// clockOf returns the server's time from the headers of an answer. A cache on the way keeps the old date and adds its age.
func clockOf(header http.Header) (time.Time, bool) {
	date, err := http.ParseTime(header.Get("Date"))
	age, _ := strconv.ParseUint(header.Get("Age"), 10, 31)
	return date.Add(time.Duration(age) * time.Second), err == nil
}

// compare records LivePerson's time and this machine's time at the same moment.
func (w *clockWatch) compare(theirs, ours time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if ahead := ours.Sub(theirs); ahead.Abs() > w.ahead.Abs() {
		w.ahead = ahead
	}
	w.compared = true
}

func (d *doctor) checkClock(context.Context) verdict {
	d.http.mu.Lock()
	defer d.http.mu.Unlock()
	if !d.http.compared {
		return skip("no answer of LivePerson had a date")
	}
	return clockVerdict(d.http.ahead)
}

func clockVerdict(ahead time.Duration) verdict {
	distance := ahead.Abs().Round(time.Second).String() + " behind"
	if ahead > 0 {
		distance = ahead.Round(time.Second).String() + " ahead of"
	}
	const advice = "let it follow a time server (NTP)"
	switch {
	case ahead.Abs() > clockFailure:
		return fail("this machine's clock is %s LivePerson's: %s; otherwise tokens are used after their end, or are never used", distance, advice)
	case ahead.Abs() > clockWarning:
		return warn("this machine's clock is %s LivePerson's: %s", distance, advice)
	}
	return ok("this machine's clock is within %s of LivePerson's", clockWarning)
}
