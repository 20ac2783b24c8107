package report

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/internal/delivery"
)

// A claim is the right to send an event or a purchase. It stands in the cache at the key under
// which the acceptance will stand. Instances that hold copies of an event at the same moment, as
// after a rebalance of Kafka, would otherwise all send it.
//
// An output claims immediately before a request, and gives the claim back if the request fails.
// A process that is killed leaves its claims. They end after dedupe.lease.

const (
	// claimPause is the time after which a claimed key is looked at again.
	claimPause = 200 * time.Millisecond
	// leaseMargin is how much longer a claim lasts than a request may take.
	leaseMargin = 5 * time.Second
)

// newClaim returns a value that no other claim has. It is negative, so that it is no time.
func newClaim() int64 { return -1 - rand.Int64N(1<<53) }

// standing is what a cache says about a key.
type standing int

const (
	claimed   standing = iota // by the caller, which may send it
	accepted                  // LivePerson has it
	elsewhere                 // another output is sending it
)

// otherClaim is a claim of another output that a sending waits for.
type otherClaim struct {
	key   string
	claim int64
	since time.Time // when it was first seen
}

// look claims a key, unless LivePerson has accepted it or another output is sending it.
func (d *sending) look(ctx context.Context, key string) standing {
	known := d.dedupe.accepted
	if known.Add(ctx, key, d.claim, d.dedupe.lease) {
		d.claims = append(d.claims, key)
		return claimed
	}
	switch value := known.Get(ctx, key); {
	case value == d.claim: // the answer to an Add was lost
		d.claims = append(d.claims, key)
		return claimed
	case value > 0 && time.Since(time.UnixMilli(value)) < d.dedupe.window:
		return accepted
	case value <= 0 && d.waitsFor(key, value): // 0: it has just gone, or can't be read
		return elsewhere
	}
	// The window or the claim is over, and the cache has not removed the value.
	known.Delete(ctx, key)
	if !known.Add(ctx, key, d.claim, d.dedupe.lease) {
		return elsewhere
	}
	d.claims = append(d.claims, key)
	return claimed
}

// waitsFor tells whether another output's claim may still be valid. It compares no clocks of
// other machines.
func (d *sending) waitsFor(key string, claim int64) bool {
	if d.other.key != key || d.other.claim != claim {
		d.other = otherClaim{key: key, claim: claim, since: time.Now()}
	}
	return time.Since(d.other.since) < d.dedupe.lease
}

// unclaim gives back what was claimed for a request that failed or is not made.
func (d *sending) unclaim(ctx context.Context) {
	for _, key := range d.claims {
		if time.Since(d.claimedAt) < d.dedupe.lease { // otherwise another output may have claimed it
			d.dedupe.accepted.Delete(ctx, key)
		}
	}
	d.claims = nil
}

// awaitClaim waits until a key that another output has claimed may be free.
func awaitClaim(ctx context.Context) error { return delivery.Sleep(ctx, claimPause) }
