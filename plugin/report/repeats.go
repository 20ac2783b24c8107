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

// lock makes copies of the items that this output is sending wait until unlock is called.
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

// withoutRepeats leaves the items that still have something to send, and claims what they have.
// It settles the others. It claims nothing if another output is sending one of them: then wait
// waits until that may be over.
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

// takeOutRepeats removes what LivePerson has from an item, and tells what has become of the item.
// A report that has only such purchases is a repetition as a whole, with its entry points.
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

// shifted returns the marks with their indexes after attributes were removed.
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

// drop removes engagement attributes from a report. The message stays as it is.
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
		return liveperson.NotSent(fmt.Errorf("encoding what is left of the report: %w", err))
	}
	return nil
}

// repeatsOne tells whether an item, or a part of it, repeats one of the others. Such an item is
// sent after the others and not merged with them, because they may still fail.
func repeatsOne(others []*item, it *item) bool {
	if len(it.marks) == 0 {
		return false
	}
	keys := keysOf(others)
	return slices.ContainsFunc(it.marks, func(m mark) bool { return slices.Contains(keys, m.key) })
}
