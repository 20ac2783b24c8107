package report

import (
	"context"
	"fmt"
	"maps"
	"slices"

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

// withoutRepeats returns the items that still have something to send. It settles the others.
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

// takeOutRepeats removes what LivePerson has from an item, and tells whether anything is left.
// A report that has only such purchases is a repetition as a whole, with its entry points.
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
