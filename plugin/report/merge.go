package report

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

const (
	memberAttributes  = "engagementAttributes"
	memberEntryPoints = "entryPoints"
	memberOrderID     = "orderId"
)

// coalescing says how many waiting reports of one consumer are merged into one.
type coalescing struct {
	enabled  bool
	maxCount int
	maxBytes int
}

// joins returns the function by which the queue decides which items are delivered together, or nil
// if it delivers each alone.
func (c coalescing) joins() func([]*item, *item) bool {
	if !c.enabled {
		return nil
	}
	return func(taken []*item, next *item) bool {
		size := len(next.report.Body)
		for _, it := range taken {
			size += len(it.report.Body)
		}
		return len(taken) < c.maxCount && size <= c.maxBytes &&
			mergeable(taken[0].outgoing, next.outgoing) && !repeatsOne(taken, next)
	}
}

// mergeable tells whether two reports differ only in their attributes and entry points.
func mergeable(a, b outgoing) bool {
	if a.report.VisitorID != b.report.VisitorID || a.report.SessionID != b.report.SessionID {
		return false
	}
	return covers(a.content, b.content) && covers(b.content, a.content)
}

// covers tells whether b has all members of a with the same values. It skips attributes and
// entry points.
func covers(a, b map[string]any) bool {
	for name, value := range a {
		if name == memberAttributes || name == memberEntryPoints {
			continue
		}
		if other, exists := b[name]; !exists || !same(value, other) {
			return false
		}
	}
	return true
}

// same does the same as reflect.DeepEqual for values decoded from JSON, in a tenth of the time.
func same(a, b any) bool {
	switch a := a.(type) {
	case string:
		b, is := b.(string)
		return is && a == b
	case map[string]any:
		b, is := b.(map[string]any)
		return is && maps.EqualFunc(a, b, same)
	case []any:
		b, is := b.([]any)
		return is && slices.EqualFunc(a, b, same)
	}
	return reflect.DeepEqual(a, b)
}

// mergeReports merges several reports into one. The result has all attributes, each entry point
// once, and the other members of the first report. A single report stays as it is.
func mergeReports(items []*item) (liveperson.Report, error) {
	first := items[0].report
	if len(items) == 1 {
		return first, nil
	}
	merged := maps.Clone(items[0].content)
	var attributes, entryPoints []any
	for _, it := range items {
		list, _ := it.content[memberAttributes].([]any)
		attributes = append(attributes, list...)
		list, _ = it.content[memberEntryPoints].([]any)
		for _, point := range list {
			if !slices.ContainsFunc(entryPoints, func(p any) bool { return same(p, point) }) {
				entryPoints = append(entryPoints, point)
			}
		}
	}
	merged[memberAttributes] = attributes
	if entryPoints != nil {
		merged[memberEntryPoints] = entryPoints
	}
	body, err := items[0].encodeContent(merged)
	if err != nil {
		return first, liveperson.NotSent(fmt.Errorf("merging reports: %w", err))
	}
	first.Body = body
	return first, nil
}
