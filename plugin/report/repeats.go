package report

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/tally"
)

// lock locks the marks of the items. Copies of the items wait in their own lock until unlock is
// called.
func (d *dedupe) lock(ctx context.Context, items []*item, release func()) (unlock func(), err error) {
	keys := keysOf(items)
	if len(keys) == 0 {
		return func() {}, nil
	}
	if unlock, _ = d.locks.TryLock(keys...); unlock != nil {
		return unlock, nil
	}
	release()
	return d.locks.Lock(ctx, keys...)
}

func keysOf(items []*item) (keys []string) {
	for _, it := range items {
		for _, m := range it.marks {
			keys = append(keys, m.key)
		}
	}
	return keys
}

// withoutRepeats returns the items that LivePerson does not have yet, and claims their marks. It
// settles the other items. If another output is sending one of them, it claims nothing and returns
// wait, which waits until that output may be done.
func (d *sending) withoutRepeats(ctx context.Context) (wait func(context.Context) error) {
	if d.dedupe == nil {
		return nil
	}
	d.claim, d.claimedAt = newClaim(), time.Now()
	var left []*item
	for i, it := range d.items {
		what, err := d.takeOutRepeats(ctx, it)
		switch {
		case err != nil:
			d.done(ctx, it, err)
		case what == claimed:
			left = append(left, it)
		case what == accepted:
			d.dropper.Drop(tally.Duplicate, "", "is a repetition: LivePerson has accepted the event or the order before", it.receipt)
			it.ack.Done(nil)
		default:
			d.items = append(left, d.items[i:]...)
			d.release()
			d.unclaim(ctx)
			return awaitClaim
		}
	}
	d.items = left
	return nil
}

// takeOutRepeats removes from an item the purchases that LivePerson already has, and returns the
// state of the item. If a report had only such purchases, its entry points are not sent either.
func (d *sending) takeOutRepeats(ctx context.Context, it *item) (standing, error) {
	var fresh []mark
	var repeats []int
	for _, m := range it.marks {
		if slices.ContainsFunc(fresh, func(other mark) bool { return other.key == m.key }) {
			repeats = append(repeats, m.purchase)
			continue
		}
		switch what := d.look(ctx, m.key); {
		case what == claimed:
			fresh = append(fresh, m)
		case what == elsewhere:
			return elsewhere, nil
		case m.purchase == wholeEvent:
			d.metrics.repeated(kindEvent, 1)
			return accepted, nil
		default:
			repeats = append(repeats, m.purchase)
		}
	}
	if len(repeats) == 0 {
		return claimed, nil
	}
	d.metrics.repeated(kindPurchase, len(repeats))
	if len(repeats) == len(it.types) {
		return accepted, nil
	}
	it.marks, it.changed = shifted(fresh, repeats), true
	return claimed, it.drop(repeats)
}

// shifted returns the marks with the indexes that they have after attributes were removed.
func shifted(marks []mark, removed []int) []mark {
	for i, m := range marks {
		for _, index := range removed {
			if index < m.purchase {
				marks[i].purchase--
			}
		}
	}
	return marks
}

// drop removes engagement attributes from a report. It does not change the message.
func (out *outgoing) drop(indices []int) (err error) {
	all, _ := out.content[memberAttributes].([]any)
	attributes := make([]any, 0, len(all))
	types := make([]string, 0, len(all))
	for i, attribute := range all {
		if !slices.Contains(indices, i) {
			attributes = append(attributes, attribute)
			types = append(types, out.types[i])
		}
	}
	content := maps.Clone(out.content)
	content[memberAttributes] = attributes
	out.content, out.types = content, types
	if out.report.Body, err = out.encodeContent(content); err != nil {
		return liveperson.NotSent(fmt.Errorf("encoding the report without its repeated purchases: %w", err))
	}
	return nil
}

// repeatsOne tells whether an item has an event or a purchase of one of the others. Such an item is
// not merged with the others but sent after them, because they may still fail.
func repeatsOne(others []*item, it *item) bool {
	if len(it.marks) == 0 {
		return false
	}
	keys := keysOf(others)
	return slices.ContainsFunc(it.marks, func(m mark) bool { return slices.Contains(keys, m.key) })
}
