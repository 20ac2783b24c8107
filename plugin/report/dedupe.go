package report

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/cache"
	"github.com/benthos-liveperson/benthos-liveperson/internal/delivery"
	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
)

// localMarks is how many marks an output remembers by itself: some 20 MB at the most.
const localMarks = 100_000

// mark is by what a repetition is recognised.
type mark struct {
	// key is a digest: neither memory nor caches hold ids.
	key string
	// purchase is the index of the engagement attribute, wholeEvent for the event.
	purchase int
}

const wholeEvent = -1

// dedupe remembers what LivePerson has accepted. Benthos' own dedupe processor
// remembers what it has seen, before it is delivered: what failed, and came again,
// would be taken for a repetition and lost.
//
// A nil dedupe marks nothing, so nothing is ever a repetition.
type dedupe struct {
	events   bool // not only purchases
	window   time.Duration
	accepted *cache.BestEffort[time.Time] // when, by key
	remote   bool                         // accepted is a cache resource, which may be slow
	locks    delivery.Locks               // on keys of items that are being sent
}

// newDedupe gives nil when nothing is to be recognised.
func newDedupe(c config, mgr *service.Resources) (*dedupe, error) {
	if !c.dedupe.enabled {
		return nil, nil
	}
	accepted, err := cache.OpenBestEffort[time.Time](mgr, cache.Config{
		Field: roFieldDedupeCache, Label: c.dedupe.cache,
		Name: "dedupe", Account: c.account.AccountID,
		TTL: c.dedupe.window, Entries: localMarks,
	}, "repeated events and orders may be sent again")
	if err != nil {
		return nil, err
	}
	return &dedupe{events: c.dedupe.events, window: c.dedupe.window, accepted: accepted, remote: c.dedupe.cache != ""}, nil
}

// marks gives by what a repetition of a message will be recognised, the event first.
func (d *dedupe) marks(msg *service.Message, out outgoing) (marks []mark) {
	if d == nil {
		return nil
	}
	// An event comes again as it was, so its consumer is part of its key: ids that
	// a source gives out per consumer do no harm.
	if id, _ := msg.MetaGet(metaEventID); d.events && id != "" {
		marks = append(marks, mark{keyOf(kindEvent, out.consumer, id), wholeEvent})
	}
	// An order is one in its shop, but may come again under another anonymous id.
	attributes, _ := out.content[memberAttributes].([]any)
	for i, attribute := range attributes {
		if id := orderID(attribute); id != "" {
			marks = append(marks, mark{keyOf(kindPurchase, id), i})
		}
	}
	return marks
}

func keyOf(parts ...string) string {
	digest := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return string(digest[:16])
}

// orderID gives the order id of a purchase, empty for all else.
func orderID(attribute any) string {
	members, _ := attribute.(map[string]any)
	if members["type"] != sde.Purchase {
		return ""
	}
	switch id := members[memberOrderID].(type) {
	case nil:
		return ""
	case string:
		return id
	default:
		return fmt.Sprint(id)
	}
}

// knows tells whether LivePerson has accepted a key within the window.
func (d *dedupe) knows(ctx context.Context, key string) bool {
	at := d.accepted.Get(ctx, key)
	return !at.IsZero() && time.Since(at) < d.window
}

func (d *dedupe) remember(ctx context.Context, marks []mark) {
	for _, m := range marks {
		d.accepted.Set(ctx, m.key, time.Now())
	}
}
