package control

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
)

const (
	paramCount   = "count"
	paramTimeout = "timeout"

	defaultWait = 10 * time.Second
	// maxWait keeps a forgotten waiter from holding a connection for ever.
	maxWait = 10 * time.Minute
)

// waited is what a wait answers: 200 when count calls have come, 408 when the time was
// up before.
type waited struct {
	Reached bool `json:"reached"`
	Matched int  `json:"matched"`
	Count   int  `json:"count"`
}

// wait answers when count accepted calls have come that the filter lets through, those
// that came before among them, and tokens not unless endpoint says so. It is what a test waits with instead of sleeping.
func (p *Pages) wait(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	f, err := readFilter(query, paramCount, paramTimeout)
	if err != nil {
		badRequest(w, err)
		return
	}
	count, err := strconv.Atoi(cmp.Or(query.Get(paramCount), "1"))
	if err != nil || count < 1 {
		badRequest(w, fmt.Errorf("%s: must be a number from 1 on", paramCount))
		return
	}
	timeout, err := time.ParseDuration(cmp.Or(query.Get(paramTimeout), defaultWait.String()))
	if err != nil || timeout < 0 || timeout > maxWait {
		badRequest(w, fmt.Errorf("%s: must be a duration such as 10s, %s at most", paramTimeout, maxWait))
		return
	}
	matched := p.await(r.Context(), timeout, f.counting(), count)
	if hasEnded(w, r) {
		return
	}
	if matched < count {
		httpapi.WriteJSON(w, http.StatusRequestTimeout, waited{Matched: matched, Count: count})
		return
	}
	httpapi.WriteJSON(w, http.StatusOK, waited{Reached: true, Matched: matched, Count: count})
}

// await gives how many calls the filter lets through, once it is count, the time is up, or the context has ended.
func (p *Pages) await(ctx context.Context, timeout time.Duration, f filter, count int) (matched int) {
	var seen journal.Follower
	up := time.NewTimer(timeout)
	defer up.Stop()
	for {
		calls, changed, anew := p.Journal.Follow(&seen)
		if anew {
			matched = 0
		}
		matched += len(f.pick(ctx, calls))
		if matched >= count {
			return matched
		}
		select {
		case <-changed:
		case <-up.C:
			return matched
		case <-ctx.Done():
			return matched
		}
	}
}
