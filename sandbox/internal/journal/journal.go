package journal

import (
	"slices"
	"sync"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
)

// TokenEndpoints return tokens. Their calls do not say what a consumer wrote or did.
var TokenEndpoints = []string{chaos.EndpointAppToken, chaos.EndpointConsumerToken}

// MessagingEndpoints are the endpoints of the Connector API.
var MessagingEndpoints = append(slices.Clone(TokenEndpoints), chaos.EndpointConversation, chaos.EndpointSend)

// EndpointUnknown is the endpoint of calls to paths that LivePerson does not have. A chaos rule can't name it.
const EndpointUnknown = "unknown"

// Limits bound what a journal keeps: the number of calls, their size in bytes, and their age.
type Limits struct {
	Calls, Bytes int
	Age          time.Duration
}

// Journal keeps the latest calls and counts all calls. It is safe for concurrent use. While it holds its lock, it calls only
// the clock. Callers may therefore hold any other lock.
type Journal struct {
	limits Limits
	now    func() time.Time

	mu      sync.Mutex
	kept    []*Entry // oldest first, numbered without gaps
	size    int      // in bytes, of the calls that are kept
	total   int
	resets  int
	changed chan struct{} // closed by the next call; nil while nobody waits
	totals  totals
}

// Trail has the calls of one session that the journal keeps. The journal's lock guards it. The zero value is empty.
type Trail struct{ calls []*Entry } // oldest first

// New returns an empty journal.
func New(limits Limits, now func() time.Time) *Journal {
	return &Journal{limits: limits, now: now, totals: newTotals()}
}

// Add numbers, keeps and counts a call. The call must not change afterwards. A call without a time gets the current time.
func (j *Journal) Add(call *Entry) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if call.Time.IsZero() {
		call.Time = j.now()
	}
	j.total++
	call.ID = j.total
	j.kept = append(j.kept, call)
	j.size += call.size()
	if call.Trail != nil {
		call.Trail.calls = append(call.Trail.calls, call)
	}
	j.forget(call.Time)
	j.totals.count(call)
	if j.changed != nil {
		close(j.changed)
		j.changed = nil
	}
}

// AddLost adds a call that a chaos rule ended before the sandbox took it. Such a call has no status.
func (j *Journal) AddLost(call *Entry, fault chaos.Fault) {
	call.Reason = "a chaos rule ended the call before the sandbox took it: " + fault.Connection
	j.Add(call)
}

// forget drops calls above the limits. The caller holds the lock.
func (j *Journal) forget(now time.Time) {
	for len(j.kept) > 0 && (len(j.kept) > j.limits.Calls || j.size > j.limits.Bytes || now.Sub(j.kept[0].Time) > j.limits.Age) {
		j.size -= j.kept[0].size()
		if trail := j.kept[0].Trail; trail != nil {
			trail.forget()
		}
		j.kept[0] = nil // append may keep the array for a while
		j.kept = j.kept[1:]
	}
}

// forget drops the oldest call.
func (t *Trail) forget() {
	t.calls[0] = nil // append may keep the array for a while
	if t.calls = t.calls[1:]; len(t.calls) == 0 {
		t.calls = nil
	}
}

// Reset drops all calls and totals. Followers continue with the next call.
func (j *Journal) Reset() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.kept, j.size, j.total, j.totals = nil, 0, 0, newTotals()
	j.resets++
}

// Snapshot returns the kept calls, oldest first, the number of all calls, and the number of dropped calls.
func (j *Journal) Snapshot() (calls []*Entry, total, forgotten int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	calls = j.since(0)
	return calls, j.total, j.total - len(calls)
}

// Summary returns the totals.
func (j *Journal) Summary() Summary {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.totals.summary()
}

// CallsOf returns the kept calls of a session, oldest first. It returns those before the call with the id beforeID, or all if
// beforeID is 0.
func (j *Journal) CallsOf(t *Trail, beforeID int) []*Entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	end := len(t.calls)
	if beforeID > 0 {
		end, _ = slices.BinarySearchFunc(t.calls, beforeID, func(c *Entry, id int) int { return c.ID - id })
	}
	return slices.Clone(t.calls[:end])
}

// since returns the kept calls after the one with this id, oldest first. The caller holds the lock.
func (j *Journal) since(id int) []*Entry {
	j.forget(j.now())
	forgotten := j.total - len(j.kept)
	return slices.Clone(j.kept[min(max(0, id-forgotten), len(j.kept)):])
}

// Follower reads each call once, as it comes in. The cost does not depend on the number of kept calls. The zero value starts
// with the oldest kept call.
type Follower struct {
	// Last is the id of the last call that the follower read.
	Last    int
	resets  int
	started bool
}

// FromNow returns a follower that starts with the next call.
func (j *Journal) FromNow() Follower {
	j.mu.Lock()
	defer j.mu.Unlock()
	return Follower{Last: j.total, resets: j.resets, started: true}
}

// Follow returns the calls since the follower last read, and a channel that the next call closes. restarted is true if Reset
// was called in between. Calls are numbered from 1 again then.
func (j *Journal) Follow(f *Follower) (calls []*Entry, changed <-chan struct{}, restarted bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if restarted = f.started && f.resets != j.resets; restarted {
		f.Last = 0
	}
	f.started, f.resets = true, j.resets
	calls = j.since(f.Last)
	f.Last = j.total
	if j.changed == nil {
		j.changed = make(chan struct{})
	}
	return calls, j.changed, restarted
}
