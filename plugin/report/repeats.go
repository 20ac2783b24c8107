package report

import (
	"context"
	"fmt"
	"maps"
	"slices"

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

// withoutRepeats returns the items that LivePerson does not have yet. It settles the others.
func (d *sending) withoutRepeats(ctx context.Context, items []*item) (left []*item) {
	if d.dedupe == nil {
		return items
	}
	for _, it := range items {
		something, err := d.takeOutRepeats(ctx, it)
		if something {
			left = append(left, it)
			continue
		}
		if err != nil {
			d.done(ctx, it, err)
			continue
		}
		d.dropper.Drop(tally.Duplicate, "", "is a repetition: LivePerson has accepted the event or the order before", it.receipt)
		it.ack.Done(nil)
	}
	return left
}

// takeOutRepeats removes from an item the purchases that LivePerson already has, and tells whether
// anything is left to send. If a report had only such purchases, its entry points are not sent
// either.
func (s *sender) takeOutRepeats(ctx context.Context, it *item) (something bool, err error) {
	var fresh []mark
	var repeats []int
	for _, m := range it.marks {
		same := func(other mark) bool { return other.key == m.key }
		switch {
		case !slices.ContainsFunc(fresh, same) && !s.dedupe.knows(ctx, m.key):
			fresh = append(fresh, m)
		case m.purchase == wholeEvent:
			s.metrics.repeated(kindEvent, 1)
			return false, nil
		default:
			repeats = append(repeats, m.purchase)
		}
	}
	if len(repeats) == 0 {
		return true, nil
	}
	s.metrics.repeated(kindPurchase, len(repeats))
	if len(repeats) == len(it.types) {
		return false, nil
	}
	it.marks, it.changed = shifted(fresh, repeats), true
	err = it.drop(repeats)
	return err == nil, err
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
