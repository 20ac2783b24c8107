package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// load brings events to the server, its own way.
type load interface {
	// send brings the next events and returns when t has all of them settled, or
	// with an error when that can't be any more.
	send(ctx context.Context, t *tally) error
	// close ends the load. Nothing is settled afterwards.
	close(ctx context.Context) error
}

// tally counts what becomes of a number of events. It is safe for concurrent use.
type tally struct {
	events    int
	latencies latencies
	// onTenth is called when another tenth of the events is settled.
	onTenth func(settled int)
	// done is closed when all are.
	done chan struct{}

	batches atomic.Int64
	settled atomic.Int64
	failed  atomic.Int64
	once    sync.Once
	failure error // the first
}

func newTally(events int, onTenth func(settled int)) *tally {
	return &tally{events: events, onTenth: onTenth, done: make(chan struct{})}
}

// settle counts a batch of n events that has come to its end after so long, well or
// with an error.
func (t *tally) settle(n int, took time.Duration, err error) {
	t.latencies.add(took, n)
	t.batches.Add(1)
	if err != nil {
		t.failed.Add(int64(n))
		t.once.Do(func() { t.failure = err })
	}
	after := int(t.settled.Add(int64(n)))
	if before := after - n; after*10/t.events > before*10/t.events {
		t.onTenth(after)
	}
	if after == t.events {
		close(t.done)
	}
}

// check tells what is wrong with the events, once the load is closed: each must
// have been acknowledged, and only once.
func (t *tally) check() error {
	if failed := t.failed.Load(); failed > 0 {
		return fmt.Errorf("%d of %d events were refused, one with: %w", failed, t.events, t.failure)
	}
	if settled := t.settled.Load(); settled != int64(t.events) {
		return fmt.Errorf("%d events were acknowledged, of %d sent", settled, t.events)
	}
	return nil
}
