package webhook

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/cache"
)

// dedupeKey identifies a change, so that a repetition is recognised. The zero dedupeKey
// identifies nothing.
type dedupeKey struct {
	key string
	// conversation is the key of a conversation's newest state, and version is the time of this
	// state. A state that is older than the newest one is handled as a repetition. Both are empty
	// for events.
	conversation string
	version      int64
}

// dedupeKey returns the key of a change. LivePerson gives no ids to notifications, so an event
// is identified by its type, dialog and sequence. LivePerson's pages disagree on whether receipts
// have numbers of their own. The state of a conversation is identified by its time and its content,
// because several states can have the same time. Chat states have no key; the last one counts.
func (c change) dedupeKey() dedupeKey {
	switch {
	case c.eventType == conversationChange && c.conversationID != "" && !c.at.IsZero():
		at := c.at.UnixMilli()
		return dedupeKey{
			key:          fmt.Sprintf("state\x00%s\x00%d\x00%s", c.conversationID, at, c.digest()),
			conversation: "conversation\x00" + c.conversationID,
			version:      at,
		}
	case c.eventType != conversationChange && c.sequence != "":
		return dedupeKey{key: "event\x00" + c.eventType + "\x00" + cmp.Or(c.dialogID, c.conversationID) + "\x00" + c.sequence}
	}
	return dedupeKey{}
}

// digest returns a hash of the content of a change. The order of members and white space do not
// count.
func (c change) digest() string {
	content := []byte(c.raw)
	var tree any
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber()
	if decoder.Decode(&tree) == nil {
		if sorted, err := json.Marshal(tree); err == nil {
			content = sorted
		}
	}
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:16])
}

// pending is a change in the pipeline. Several requests may wait for it.
type pending struct {
	dedupeKey
	counted string        // the key by which failures are counted
	done    chan struct{} // closed when the change has arrived or failed
	err     error         // set before done is closed
}

// dedupe sends each change through the pipeline once. A repetition of a pending change waits
// for that change. A change is remembered when it has arrived, not before.
//
// singleflight does not fit: the pipeline acknowledges a change long after the call that sent
// it, and a change with a higher version replaces a pending one.
type dedupe struct {
	arrived *cache.BestEffort[int64] // 1 by key, and the newest version by conversation

	mu      sync.Mutex
	pending map[string]*pending // by key
	newest  map[string]*pending // the newest pending state, by conversation

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
	return &dedupe{arrived: arrived, pending: map[string]*pending{}, newest: map[string]*pending{}}, nil
}

// start registers a change. If send is true, the caller must send it, and then finish or end
// it. If send is false, the change has arrived or another request has sent it, and the caller
// only waits for it; older says that a newer version made it unnecessary.
func (d *dedupe) start(ctx context.Context, k dedupeKey) (p *pending, send, older bool) {
	p = &pending{dedupeKey: k, done: make(chan struct{})}
	if k.key == "" {
		return p, true, false
	}
	if other, older := d.register(p); other != nil {
		return other, false, older
	}
	looked := false
	defer func() {
		if !looked { // the cache has panicked; without this, other requests would wait for ever
			d.end(p, errWithdrawn)
		}
	}()
	// The look-up must come after the registration: before it, the change could arrive between
	// the two.
	if k.conversation != "" {
		older = d.arrived.Get(ctx, k.conversation) > k.version
	}
	arrived := older || d.arrived.Get(ctx, k.key) > 0
	looked = true
	if arrived {
		d.end(p, nil)
	}
	return p, !arrived, older
}

// register registers a pending change, or returns the pending one that makes it unnecessary.
func (d *dedupe) register(p *pending) (other *pending, older bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if other := d.pending[p.key]; other != nil {
		return other, false
	}
	if p.conversation != "" {
		if newest := d.newest[p.conversation]; newest != nil && newest.version > p.version {
			return newest, true
		}
		d.newest[p.conversation] = p
	}
	d.pending[p.key] = p
	return nil, false
}

// finish ends a pending change, and remembers it unless it failed.
func (d *dedupe) finish(ctx context.Context, p *pending, err error) {
	defer d.end(p, err)
	if err == nil && p.key != "" {
		d.remember(ctx, p.dedupeKey)
	}
}

func (d *dedupe) remember(ctx context.Context, k dedupeKey) {
	d.arrived.Set(ctx, k.key, 1)
	if k.conversation == "" {
		return
	}
	d.remembering.Lock()
	defer d.remembering.Unlock()
	if d.arrived.Get(ctx, k.conversation) < k.version {
		d.arrived.Set(ctx, k.conversation, k.version)
	}
}

// end releases the requests that wait for a change.
func (d *dedupe) end(p *pending, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.pending[p.key] == p {
		delete(d.pending, p.key)
	}
	if d.newest[p.conversation] == p {
		delete(d.newest, p.conversation)
	}
	p.err = err
	close(p.done)
}
