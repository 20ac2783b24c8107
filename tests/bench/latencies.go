package main

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// Durations are counted in buckets, 32 to each power of two of nanoseconds: their
// middle is within 2 % of any duration in them.
const (
	bucketBits = 5
	bucketSize = 1 << bucketBits
	buckets    = (64 - bucketBits) * bucketSize
)

// latencies are a distribution of durations in bounded memory, safe for concurrent
// use.
type latencies struct {
	counts [buckets]atomic.Int64
}

// add counts a duration n times.
func (l *latencies) add(took time.Duration, n int) {
	l.counts[bucketOf(took)].Add(int64(n))
}

// quantile gives the duration below which a share of the durations is; 0 when
// there are none.
func (l *latencies) quantile(share float64) time.Duration {
	var total int64
	for i := range l.counts {
		total += l.counts[i].Load()
	}
	rest := int64(share * float64(total))
	for i := range l.counts {
		count := l.counts[i].Load()
		if rest < count {
			return middleOf(i)
		}
		rest -= count
	}
	return 0
}

func bucketOf(took time.Duration) int {
	value := uint64(max(took, 0))
	scale := max(bits.Len64(value)-bucketBits-1, 0)
	return scale*bucketSize + int(value>>scale)
}

func middleOf(bucket int) time.Duration {
	scale := max(bucket/bucketSize-1, 0)
	first := uint64(bucket-scale*bucketSize) << scale
	return time.Duration(first + (uint64(1)<<scale)/2)
}
