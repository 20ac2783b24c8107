package receipt

import (
	"slices"
	"sync"
	"sync/atomic"
)

var (
	watchMu  sync.Mutex
	watchers atomic.Pointer[[]*func(Receipt)] // nil: none

	// sourceWatchers is how many watchers want the events too.
	sourceWatchers atomic.Int64
)

// Watch calls see with each receipt of the process, until stop is called. It does so also if no
// component has an output for receipts. Components call see while they deliver, and concurrently.
// So see must return quickly and be safe for concurrent use.
func Watch(see func(Receipt)) (stop func()) {
	change(func(all []*func(Receipt)) []*func(Receipt) { return append(all, &see) })
	return func() {
		change(func(all []*func(Receipt)) []*func(Receipt) {
			return slices.DeleteFunc(all, func(other *func(Receipt)) bool { return other == &see })
		})
	}
}

// WatchSources is Watch for somebody who also wants Source and Sent of the receipts.
func WatchSources(see func(Receipt)) (stop func()) {
	sourceWatchers.Add(1)
	unwatch := Watch(see)
	return func() {
		unwatch()
		sourceWatchers.Add(-1)
	}
}

// change replaces the list of watchers.
func change(of func([]*func(Receipt)) []*func(Receipt)) {
	watchMu.Lock()
	defer watchMu.Unlock()
	var all []*func(Receipt)
	if now := watchers.Load(); now != nil {
		all = slices.Clone(*now)
	}
	if all = of(all); len(all) == 0 {
		watchers.Store(nil)
		return
	}
	watchers.Store(&all)
}

func watched() bool { return watchers.Load() != nil }

func show(r Receipt) {
	if all := watchers.Load(); all != nil {
		for _, see := range *all {
			(*see)(r)
		}
	}
}
