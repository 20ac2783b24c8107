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
	"github.com/benthos-liveperson/benthos-liveperson/internal/text"
)

// localMarks is the most marks that an output keeps in memory. They take about 20 MB.
const localMarks = 100_000

// mark identifies an event or a purchase, so that a repetition is recognised.
type mark struct {
	// key is a digest, so neither memory nor caches hold ids.
	key string
	// purchase is the index of the purchase among the engagement attributes, or wholeEvent.
	purchase int
}

const wholeEvent = -1

// dedupe remembers the events and purchases that LivePerson has accepted. Benthos' own dedupe
// processor can't do this: it remembers an event before the event is delivered. An event that
// failed and came again would be lost.
//
// A nil dedupe recognises no repetitions.
type dedupe struct {
	events   bool // recognise events, not only purchases
	window   time.Duration
	accepted *cache.BestEffort[int64] // by key: when LivePerson accepted it, in Unix milliseconds, or the output that claims it
	remote   bool                     // accepted is a cache resource, which may be slow
	locks    delivery.Locks           // on the keys of items that are being sent
	lease    time.Duration            // how long a claim is valid, see claim.go
}

// newDedupe returns nil if de-duplication is off.
func newDedupe(c config, mgr *service.Resources) (*dedupe, error) {
	if !c.dedupe.enabled {
		return nil, nil
	}
	accepted, err := cache.OpenBestEffort[int64](mgr, cache.Config{
		Field: roFieldDedupeCache, Label: c.dedupe.cache,
		Name: "dedupe", Account: c.account.AccountID,
		TTL: c.dedupe.window, Entries: localMarks,
	}, "repeated events and orders may be sent again")
	if err != nil {
		return nil, err
	}
	return &dedupe{
		events: c.dedupe.events, window: c.dedupe.window, accepted: accepted, remote: c.dedupe.cache != "",
		lease: c.account.Timeout + leaseMargin,
	}, nil
}

// marks returns the marks of a message, the event's mark first. A placeholder such as (not set) is
// not an id, because then orders of different people would count as one.
func (d *dedupe) marks(msg *service.Message, out outgoing) (marks []mark) {
	if d == nil {
		return nil
	}
	// The key of an order does not include the consumer, because the order may come again with another
	// anonymous id.
	attributes, _ := out.content[memberAttributes].([]any)
	for i, attribute := range attributes {
		if id := orderID(attribute); !text.IsPlaceholder(id) {
			marks = append(marks, mark{keyOf(kindPurchase, id), i})
		}
	}
	if len(marks) > 0 && len(marks) == len(attributes) {
		return marks // the event's own mark would recognise nothing more, and takes room in the cache
	}
	// The key includes the consumer, because some sources number events per consumer.
	if id, _ := msg.MetaGet(metaEventID); d.events && !text.IsPlaceholder(id) {
		marks = append([]mark{{keyOf(kindEvent, out.consumer, id), wholeEvent}}, marks...)
	}
	return marks
}

func keyOf(parts ...string) string {
	digest := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return string(digest[:16])
}

// orderID returns the order id of a purchase, or "".
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

func (d *dedupe) remember(ctx context.Context, marks []mark) {
	for _, m := range marks {
		d.accepted.Set(ctx, m.key, time.Now().UnixMilli())
	}
}
