package control

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/openapi"
)

// maxWait is the longest wait. It frees the connection of a client that forgot to set a timeout.
const maxWait = 10 * time.Minute

// waitQuery says which calls to wait for, and how long.
type waitQuery struct {
	filter
	Count   openapi.Count `query:"count" default:"1" doc:"How many calls to wait for."`
	Timeout waitTime      `query:"timeout" default:"10s" doc:"How long to wait, such as 10s. The maximum is 10 minutes."`
}

// waitTime is a duration of maxWait at most.
type waitTime time.Duration

func (t *waitTime) UnmarshalText(text []byte) error {
	read, err := time.ParseDuration(string(text))
	if err != nil || read < 0 || read > maxWait {
		return fmt.Errorf("must be a duration such as 10s, %s at most", maxWait)
	}
	*t = waitTime(read)
	return nil
}

// waited is the answer of wait.
type waited struct {
	Reached bool `json:"reached"`
	Matched int  `json:"matched"`
	Count   int  `json:"count"`
}

// Status returns 200 if all calls came in, and 408 if the time was over before.
func (w waited) Status() int {
	if w.Reached {
		return http.StatusOK
	}
	return http.StatusRequestTimeout
}

// wait answers when enough matching calls have come in. Earlier calls count too. Tests use it instead of sleeping.
func (p *Pages) wait(call *openapi.Call[waitQuery]) (waited, error) {
	ctx, count := call.Context(), int(call.Query.Count)
	matched := p.await(ctx, time.Duration(call.Query.Timeout), call.Query.counting(), count)
	return waited{Reached: matched >= count, Matched: matched, Count: count}, checkRunning(ctx)
}

// await returns how many calls match. It returns when there are enough of them, when the time is over, or when the
// context ends.
func (p *Pages) await(ctx context.Context, timeout time.Duration, f filter, count int) (matched int) {
	var seen journal.Follower
	up := time.NewTimer(timeout)
	defer up.Stop()
	for {
		news := p.Journal.Follow(&seen)
		if news.Restarted {
			matched = 0
		}
		matched += len(f.pick(ctx, news.Entries, page{}))
		if matched >= count {
			return matched
		}
		select {
		case <-news.Changed:
		case <-up.C:
			return matched
		case <-ctx.Done():
			return matched
		}
	}
}
