package journal

import (
	"cmp"
	"fmt"
	"math/rand/v2"
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

	mu    sync.Mutex
	kept  []*Entry // oldest first, numbered without gaps
	size  int      // in bytes, of the calls that are kept
	total int
	epoch string
	same  map[sameKey]sameCalls
	// sources are the events of entries by the id of the entry.
	sources map[int][][]byte
	// receipts is how many of all entries are receipts, and keptReceipts how many of the kept ones.
	receipts, keptReceipts int

	changed chan struct{} // closed by the next call; nil while nobody waits
	totals  totals
}

// Trail has the calls of one session that the journal keeps. The journal's lock guards it. The zero value is empty.
type Trail struct{ calls []*Entry } // oldest first

// New returns an empty journal.
func New(limits Limits, now func() time.Time) *Journal {
	j := &Journal{limits: limits, now: now}
	j.clear()
	return j
}

// clear empties the journal and starts a new epoch. The caller holds the lock.
func (j *Journal) clear() {
	j.kept, j.size, j.total, j.totals = nil, 0, 0, newTotals()
	j.receipts, j.keptReceipts = 0, 0
	j.same, j.sources = map[sameKey]sameCalls{}, map[int][][]byte{}
	j.epoch = fmt.Sprintf("%08x", rand.Uint32())
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
	if !call.began.IsZero() {
		call.TookMS = float64(call.Time.Sub(call.began).Microseconds()) / 1000
	}
	j.compare(call)
	j.kept = append(j.kept, call)
	j.size += call.size()
	if call.Trail != nil {
		call.Trail.calls = append(call.Trail.calls, call)
	}
	if call.Receipt == "" {
		j.totals.count(call)
	} else {
		j.receipts++
		j.keptReceipts++
	}
	j.forget(call.Time)
	j.wake()
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
		j.forgetSame(j.kept[0])
		j.forgetSources(j.kept[0].ID)
		if j.kept[0].Receipt != "" {
			j.keptReceipts--
		}
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

// Reset drops all calls and totals, and starts a new epoch: numbers begin at 1 again. Followers then read from the
// first call of the new epoch.
func (j *Journal) Reset() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.clear()
	j.wake()
}

// wake tells followers that something has changed. The caller holds the lock.
func (j *Journal) wake() {
	if j.changed != nil {
		close(j.changed)
		j.changed = nil
	}
}

// Snapshot has the journal's kept entries and numbers at one moment.
type Snapshot struct {
	Entries []*Entry // oldest first
	// Epoch identifies the numbering of the entries. It changes with each Reset and each start of the sandbox.
	Epoch string
	// Last is the id of the latest entry.
	Last int
	// Total is the number of all calls, and Forgotten the number of calls that are no longer kept.
	// Receipts do not count.
	Total, Forgotten int
}

// Calls returns the entries that are calls.
func (s Snapshot) Calls() []*Entry {
	calls := make([]*Entry, 0, len(s.Entries))
	for _, entry := range s.Entries {
		if entry.Receipt == "" {
			calls = append(calls, entry)
		}
	}
	return calls
}

// Snapshot returns the kept entries and the numbers.
func (j *Journal) Snapshot() Snapshot {
	j.mu.Lock()
	defer j.mu.Unlock()
	entries := j.since(0)
	total := j.total - j.receipts
	return Snapshot{Entries: entries, Epoch: j.epoch, Last: j.total, Total: total, Forgotten: total - (len(entries) - j.keptReceipts)}
}

// Limits returns the limits of the journal.
func (j *Journal) Limits() Limits { return j.limits }

// Find returns the entry with an id. The entry is nil if it is not kept. last is the id of the latest entry.
func (j *Journal) Find(id int) (entry *Entry, last int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.forget(j.now())
	if at := id - 1 - (j.total - len(j.kept)); at >= 0 && at < len(j.kept) {
		entry = j.kept[at]
	}
	return entry, j.total
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

// Follower reads each entry once, as it comes in. The cost does not depend on the number of kept entries. The zero value starts
// with the oldest kept entry.
type Follower struct {
	last  int
	epoch string // empty: no entry was read yet
}

// News has the entries that a follower reads at one time.
type News struct {
	Entries []*Entry // oldest first
	// Changed is closed by the next entry.
	Changed <-chan struct{}
	// Epoch identifies the numbering of the entries.
	Epoch string
	// Restarted says that the entries begin a new epoch: they are numbered from 1 again.
	Restarted bool
	// Gone is the number of entries that the follower missed, because the journal had forgotten them.
	Gone int
}

// FromNow returns a follower that starts with the next entry.
func (j *Journal) FromNow() Follower {
	j.mu.Lock()
	defer j.mu.Unlock()
	return Follower{last: j.total, epoch: j.epoch}
}

// After returns a follower that starts after an entry. If epoch is empty, the current epoch is meant, unless the id is
// higher than that of every entry.
func (j *Journal) After(epoch string, id int) Follower {
	j.mu.Lock()
	defer j.mu.Unlock()
	if epoch == "" && id <= j.total {
		epoch = j.epoch
	}
	return Follower{last: id, epoch: cmp.Or(epoch, "unknown")}
}

// Follow returns the entries since the follower last read. If a new epoch has begun since, it returns all kept entries.
func (j *Journal) Follow(f *Follower) News {
	j.mu.Lock()
	defer j.mu.Unlock()
	news := News{Epoch: j.epoch, Restarted: f.epoch != "" && f.epoch != j.epoch}
	if news.Restarted {
		f.last = 0
	}
	news.Entries = j.since(f.last)
	if forgotten := j.total - len(j.kept); f.epoch != "" {
		news.Gone = max(0, forgotten-f.last)
	}
	f.last, f.epoch = j.total, j.epoch
	if j.changed == nil {
		j.changed = make(chan struct{})
	}
	news.Changed = j.changed
	return news
}
