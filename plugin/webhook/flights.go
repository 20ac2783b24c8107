package webhook

import (
	"cmp"
	"context"
	"sync"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/cache"
)

// mark is by what a change is recognised when it comes again. The zero mark recognises
// nothing.
type mark struct {
	key string
	// version is 1, or grows with a state that is told anew: then an older one is as
	// good as a repetition.
	version int64
}

// mark of a change, as LivePerson gives no ids to notifications: an event is told by its
// dialog and sequence, a conversation's state by when it was changed. Chat states have
// neither, and the last one wins.
func (c change) mark() mark {
	switch {
	case c.kind == kindConversation && c.conversationID != "" && !c.at.IsZero():
		return mark{"conversation\x00" + c.conversationID, c.at.UnixMilli()}
	case c.kind != kindConversation && c.sequence != "":
		return mark{"event\x00" + cmp.Or(c.dialogID, c.conversationID) + "\x00" + c.sequence, 1}
	}
	return mark{}
}

// flight is a change on its way down the pipeline, which several requests may wait for.
type flight struct {
	mark
	landed chan struct{} // closed when it has arrived, or failed
	err    error         // to be read then
}

// flights lets each change down the pipeline once: what repeats one on its way waits for
// that one, and what has arrived is remembered. Nothing is remembered before.
type flights struct {
	arrived *cache.BestEffort[int64] // version by key

	mu    sync.Mutex
	onWay map[string]*flight // the newest, by key

	remembering sync.Mutex // held where versions are compared
}

// localMarks is how many marks are remembered in this process: some 25 MB at the most.
const localMarks = 100_000

func newFlights(c config, mgr *service.Resources) (*flights, error) {
	arrived, err := cache.OpenBestEffort[int64](mgr, cache.Config{
		Field: vFieldDedupeCache, Label: c.dedupeCache,
		Name: "webhook", Account: c.accountID,
		TTL: longestRetention, Entries: localMarks,
	}, "changes that LivePerson repeats may come twice")
	if err != nil {
		return nil, err
	}
	return &flights{arrived: arrived, onWay: map[string]*flight{}}, nil
}

// start begins a flight, for the caller to send and to land. Where it is another
// request's, or has arrived already, it is not for the caller to send, only to wait
// for; older tells that a newer one has made it unnecessary.
func (f *flights) start(ctx context.Context, m mark) (started *flight, send, older bool) {
	started = &flight{mark: m, landed: make(chan struct{})}
	if m.key == "" {
		return started, true, false
	}
	f.mu.Lock()
	other := f.onWay[m.key]
	if other != nil && other.version >= m.version {
		f.mu.Unlock()
		return other, false, other.version > m.version
	}
	f.onWay[m.key] = started
	f.mu.Unlock()
	looked := false
	defer func() {
		if !looked { // the cache has panicked, and others would wait for the flight
			f.end(started, errWithdrawn)
		}
	}()
	// Only now, or it could arrive between the look and the start.
	version := f.arrived.Get(ctx, m.key)
	looked = true
	if version >= m.version {
		f.end(started, nil)
		return started, false, version > m.version
	}
	return started, true, false
}

// land ends a flight, and remembers it unless it failed.
func (f *flights) land(ctx context.Context, landing *flight, err error) {
	defer f.end(landing, err)
	if err == nil && landing.key != "" {
		f.remember(ctx, landing.mark)
	}
}

func (f *flights) remember(ctx context.Context, m mark) {
	if m.version > 1 {
		f.remembering.Lock()
		defer f.remembering.Unlock()
		if f.arrived.Get(ctx, m.key) > m.version {
			return
		}
	}
	f.arrived.Set(ctx, m.key, m.version)
}

func (f *flights) end(landing *flight, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.onWay[landing.key] == landing {
		delete(f.onWay, landing.key)
	}
	landing.err = err
	close(landing.landed)
}
