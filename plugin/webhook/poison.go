package webhook

import (
	"cmp"
	"context"
	"strconv"
	"sync"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/cache"
)

// metaReason is where Benthos' fallback output writes why the output before it failed.
// liveperson_dead_letter reads it.
const metaReason = "fallback_error"

// metaDeliveries is how often the pipeline has refused a change.
const metaDeliveries = "liveperson_deliveries"

// maxReason is the most bytes of a reason that are remembered.
const maxReason = 1000

// failures say how often the pipeline has refused a change, and why it did so last.
type failures struct {
	Times  int    `json:"times"`
	Reason string `json:"reason"`
}

// poison takes the changes that the pipeline has refused max_deliveries times. Without it,
// LivePerson would repeat such a change for days and hold back all others of the app.
type poison struct {
	most     int // 0: poison takes nothing
	output   *service.OwnedOutput
	failures *cache.BestEffort[failures]
	log      *service.Logger
	said     sync.Once

	mu     sync.Mutex
	primed bool
}

func newPoison(c config, mgr *service.Resources) (*poison, error) {
	counted, err := cache.OpenBestEffort[failures](mgr, cache.Config{
		Field: vFieldDedupeCache, Label: c.dedupeCache,
		Name: "webhook", Account: c.accountID, Kind: "failures",
		TTL: longestRetention, Entries: localKeys,
	}, "changes that fail are counted from the start")
	return &poison{most: c.maxDeliveries, output: c.poison, failures: counted, log: mgr.Logger()}, err
}

// failureKey identifies a change. A chat state has no sequence, so its content identifies it.
func (p *poison) failureKey(c change) string {
	if p.most == 0 {
		return ""
	}
	return cmp.Or(c.dedupeKey().key, "content\x00"+c.digest())
}

// failed counts a failure of a change.
func (p *poison) failed(ctx context.Context, key string, err error) {
	if key == "" {
		return
	}
	reason := err.Error()
	p.failures.Set(ctx, key, failures{p.failures.Get(ctx, key).Times + 1, reason[:min(len(reason), maxReason)]})
}

// arrived forgets the failures of a change.
func (p *poison) arrived(ctx context.Context, key string) {
	if key != "" && p.failures.Get(ctx, key).Times > 0 {
		p.failures.Delete(ctx, key)
	}
}

// spent returns the failures of a change, and whether there are max_deliveries of them.
func (p *poison) spent(ctx context.Context, key string) (f failures, spent bool) {
	if key == "" {
		return f, false
	}
	f = p.failures.Get(ctx, key)
	return f, f.Times >= p.most
}

// take writes a change to the output.
func (p *poison) take(ctx context.Context, msg *service.Message, f failures) error {
	p.said.Do(func() {
		p.log.Warn("The pipeline has refused a change " + strconv.Itoa(f.Times) + " times, so it goes to " + vFieldPoison + " (logged once; liveperson_webhook_changes counts them)")
	})
	msg.MetaSetMut(metaReason, f.Reason)
	msg.MetaSetMut(metaDeliveries, strconv.Itoa(f.Times))
	if err := p.open(); err != nil {
		return err
	}
	return p.output.Write(ctx, msg)
}

// open lets the output connect, once.
func (p *poison) open() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.primed || p.output == nil {
		return nil
	}
	err := p.output.Prime()
	p.primed = err == nil
	return err
}

// close closes the output. Benthos would wait for ever for an output that was never opened.
func (p *poison) close(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.primed {
		return nil
	}
	return p.output.Close(ctx)
}
