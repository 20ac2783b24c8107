package webhook

import (
	"cmp"
	"context"
	"sync"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/cache"
)

// dedupeKey identifies a change, so that a repetition is recognised. The zero dedupeKey
// identifies nothing.
type dedupeKey struct {
	key string
	// version is 1 for an event. For the state of a conversation it is the time of the state:
	// a state with a lower version than the newest one is handled as a repetition.
	version int64
}

// dedupeKey returns the key of a change. LivePerson gives no ids to notifications, so an event
// is identified by its dialog and sequence, and the state of a conversation by its time. Chat
// states have neither; the last one counts.
func (c change) dedupeKey() dedupeKey {
	switch {
	case c.eventType == conversationChange && c.conversationID != "" && !c.at.IsZero():
		return dedupeKey{"conversation\x00" + c.conversationID, c.at.UnixMilli()}
	case c.eventType != conversationChange && c.sequence != "":
		return dedupeKey{"event\x00" + cmp.Or(c.dialogID, c.conversationID) + "\x00" + c.sequence, 1}
	}
	return dedupeKey{}
}

// pending is a change in the pipeline. Several requests may wait for it.
type pending struct {
	dedupeKey
	done chan struct{} // closed when the change has arrived or failed
	err  error         // set before done is closed
}

// dedupe sends each change through the pipeline once. A repetition of a pending change waits
// for that change. A change is remembered when it has arrived, not before.
//
// singleflight does not fit: the pipeline acknowledges a change long after the call that sent
// it, and a change with a higher version replaces a pending one.
type dedupe struct {
	arrived *cache.BestEffort[int64] // version by key

	mu      sync.Mutex
	pending map[string]*pending // the newest, by key

	remembering sync.Mutex // held while versions are compared
}

// localKeys is how many keys are remembered in this process, in some 25 MB at most.
const localKeys = 100_000

func newDedupe(c config, mgr *service.Resources) (*dedupe, error) {
	arrived, err := cache.OpenBestEffort[int64](mgr, cache.Config{
		Field: vFieldDedupeCache, Label: c.dedupeCache,
		Name: "webhook", Account: c.accountID,
		TTL: longestRetention, Entries: localKeys,
	}, "changes that LivePerson repeats may come twice")
	if err != nil {
		return nil, err
	}
	return &dedupe{arrived: arrived, pending: map[string]*pending{}}, nil
}

// start registers a change. If send is true, the caller must send it, and then finish or end
// it. If send is false, the change has arrived or another request has sent it, and the caller
// only waits for it; older says that a newer version made it unnecessary.
func (d *dedupe) start(ctx context.Context, k dedupeKey) (p *pending, send, older bool) {
	p = &pending{dedupeKey: k, done: make(chan struct{})}
	if k.key == "" {
		return p, true, false
	}
	d.mu.Lock()
	other := d.pending[k.key]
	if other != nil && other.version >= k.version {
		d.mu.Unlock()
		return other, false, other.version > k.version
	}
	d.pending[k.key] = p
	d.mu.Unlock()
	looked := false
	defer func() {
		if !looked { // the cache has panicked; without this, other requests would wait for ever
			d.end(p, errWithdrawn)
		}
	}()
	// The look-up must come after the registration: before it, the change could arrive between
	// the two.
	version := d.arrived.Get(ctx, k.key)
	looked = true
	if version >= k.version {
		d.end(p, nil)
		return p, false, version > k.version
	}
	return p, true, false
}

// finish ends a pending change, and remembers it unless it failed.
func (d *dedupe) finish(ctx context.Context, p *pending, err error) {
	defer d.end(p, err)
	if err == nil && p.key != "" {
		d.remember(ctx, p.dedupeKey)
	}
}

func (d *dedupe) remember(ctx context.Context, k dedupeKey) {
	if k.version > 1 {
		d.remembering.Lock()
		defer d.remembering.Unlock()
		if d.arrived.Get(ctx, k.key) > k.version {
			return
		}
	}
	d.arrived.Set(ctx, k.key, k.version)
}

// end releases the requests that wait for a change.
func (d *dedupe) end(p *pending, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.pending[p.key] == p {
		delete(d.pending, p.key)
	}
	p.err = err
	close(p.done)
}
