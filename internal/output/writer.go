// Package output is how an output takes its messages in: in the order in which they
// reach it, as many as it has room for, each with its own outcome, and kept while
// LivePerson is down.
//
// A message's way: Benthos' batching gives it a number (admission.go), WriteBatch puts
// it into its lane by that number, and the lane gives it to the output's Deliver. What
// is sent, and how, does not come in.
package output

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/delivery"
	"github.com/benthos-liveperson/benthos-liveperson/internal/panics"
)

const (
	// MaxQueued bounds the messages that are inside an output, whatever their
	// batches: some 10 KB each.
	MaxQueued = 1 << 11

	// The pause between attempts to connect grows from the first to the second.
	minConnectPause = time.Second
	maxConnectPause = time.Minute
)

// metaCall marks a batch that Benthos will write again, with a number: metadata that comes
// from outside, such as an HTTP request's, is text.
const metaCall = "liveperson_call"

// calls gives all batches of a process different marks, whatever output they are at.
var calls atomic.Int64

// Config of an Writer of items, which are what an output makes of its messages.
type Config[T any] struct {
	// Ordered keeps the order of the items of a lane. Otherwise all go out at once.
	Ordered bool
	// Read gives the reading of a batch's messages: an item and its lane, or why the
	// message can't be sent. The item keeps its place.
	Read func(service.MessageBatch) func(i int, msg *service.Message, place Ack) (lane string, item T, err error)
	// Deliver sends items of one lane and finishes each at its place. A lane's next
	// items come when it returns.
	Deliver func(ctx context.Context, lane string, items []T)
	// AtATime is how many deliveries go on at a time that do not wait aside, as
	// delivery.Aside has it. 0: all that there are.
	AtATime int
	// Joins tells which items are delivered together, as delivery.NewLanes has it.
	// Nil: none.
	Joins func(items []T, next T) bool
	// Down tells whether nothing is sent because LivePerson is down. changed is closed when
	// that may have changed.
	Down func() (down bool, changed <-chan struct{})
	// Failure returns the most recent error that counted towards an outage, or nil.
	Failure func() error
	// Refused tells whether LivePerson refuses the account or its credentials. Nil: it
	// never does.
	Refused func(error) bool
	// OnRefused is called once when Connect is refused. Nil: Connect waits.
	OnRefused func(error)
	// Kind gives the class and status of a message's error, for the log.
	Kind func(error) string
	Log  *service.Logger
}

// Writer takes messages in. WriteBatch is safe for concurrent use.
type Writer[T any] struct {
	config  Config[T]
	room    *delivery.Room
	last    int64 // number that was given
	turns   *delivery.Turns
	lanes   *delivery.Lanes[T]
	workers *delivery.Workers // who deliver

	failures *failureLog

	// Benthos calls Connect once at a time.
	reported string // the reason for not being connected that Benthos has logged

	mu     sync.Mutex
	parked map[int64]*call[T] // by their metaCall
}

// New makes an Writer.
func New[T any](c Config[T]) *Writer[T] {
	if c.AtATime == 0 {
		c.AtATime = MaxQueued
	}
	in := &Writer[T]{
		config:   c,
		room:     delivery.NewRoom(MaxQueued),
		turns:    delivery.NewTurns(),
		workers:  delivery.NewWorkers(c.AtATime),
		lanes:    delivery.NewLanes(MaxQueued, c.Deliver, c.Joins),
		failures: newFailureLog(c.Kind, c.Log),
		parked:   map[int64]*call[T]{},
	}
	in.lanes.Go = in.workers.Go
	return in
}

// Connect waits until LivePerson is not down, and makes the output's connection. Benthos logs
// each error and shows it at /ready. Therefore Connect returns an error when the reason is
// new, and otherwise goes on trying by itself.
func (in *Writer[T]) Connect(ctx context.Context, connect func(context.Context) error) error {
	for pause := minConnectPause; ; pause = min(2*pause, maxConnectPause) {
		if down, changed := in.config.Down(); down {
			if err := in.DownError(); in.isNew(err) {
				return service.NewErrBackOff(err, time.Millisecond)
			}
			if err := delivery.Await(ctx, changed); err != nil {
				return err
			}
			pause = minConnectPause
			continue
		}
		err := connect(ctx)
		if err == nil {
			in.reported = ""
			return nil
		}
		if in.isRefused(err) {
			err = fmt.Errorf("%w; messages wait until LivePerson accepts the account: correct the settings and restart, or have LivePerson enable it", err)
		}
		if in.isNew(err) {
			return service.NewErrBackOff(err, minConnectPause)
		}
		if err := wait(ctx, pause); err != nil {
			return err
		}
	}
}

// isNew tells whether Benthos has yet to log the error.
func (in *Writer[T]) isNew(err error) bool {
	is := err.Error() != in.reported
	in.reported = err.Error()
	return is
}

// isRefused tells whether LivePerson refuses the account, and reports that.
func (in *Writer[T]) isRefused(err error) bool {
	if in.config.Refused == nil || !in.config.Refused(err) {
		return false
	}
	if in.config.OnRefused != nil {
		in.config.OnRefused(err)
	}
	return true
}

func wait(ctx context.Context, pause time.Duration) error {
	select {
	case <-time.After(pause):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// DownError says why the output is not connected. Requests that wait report no failure, so
// the error repeats the most recent one.
func (in *Writer[T]) DownError() error {
	failure := in.config.Failure()
	switch {
	case failure == nil:
		return errors.New("LivePerson does not answer, or with errors alone: messages wait")
	case in.isRefused(failure):
		return fmt.Errorf("LivePerson refuses every message: messages wait until it accepts one; the last error: %w", failure)
	}
	return fmt.Errorf("LivePerson does not answer, or with errors alone: messages wait; the last error: %w", failure)
}

// Held gives the number of messages that are inside the output.
func (in *Writer[T]) Held() int { return in.room.Held() }

// WriteBatch delivers the messages and fails them one by one.
//
// While LivePerson is down one call returns that the output is not connected, so that
// Benthos shows it and calls Connect. The messages stay in their lanes meanwhile; Benthos
// writes the same batch again, which then takes up where it was. The other calls wait: each
// one that returned would replace the reason that Benthos shows at /ready.
func (in *Writer[T]) WriteBatch(ctx context.Context, batch service.MessageBatch) error {
	c := in.resume(batch)
	if c == nil {
		c = newCall(batch, in.reading(batch))
		in.room.Arrive(c.numbered())
		if err := in.admit(ctx, c); err != nil {
			in.room.Leave(c.numbered())
			return err
		}
	}
	for {
		down, changed := in.config.Down()
		if down && ctx.Err() == nil && !c.isDone() && in.park(c) {
			return service.ErrNotConnected
		}
		select {
		case <-c.done:
			in.room.Leave(c.numbered())
			if ctx.Err() == nil { // a stop is no failure of the messages
				in.failures.note(c.errs)
			}
			return c.result()
		case <-changed:
		}
	}
}

// reading gives the reading of a batch's messages. If that panics, none can be read: the
// batch goes on, as those behind it wait for its turn.
func (in *Writer[T]) reading(batch service.MessageBatch) (read func(int, *service.Message, Ack) (string, T, error)) {
	err := panics.Do(func() error {
		read = in.config.Read(batch)
		return nil
	})
	if err != nil {
		return func(int, *service.Message, Ack) (lane string, item T, _ error) { return lane, item, err }
	}
	return read
}

// admit puts the messages into their lanes. An error means that none of them is there.
func (in *Writer[T]) admit(ctx context.Context, c *call[T]) error {
	ctx = in.workers.Context(ctx)
	if !in.config.Ordered {
		for _, it := range c.items {
			in.workers.Go(func() { in.config.Deliver(ctx, it.lane, []T{it.item}) })
		}
		return nil
	}
	// Without a number: messages that had failed before, or none of them came by
	// way of the output's batching.
	if c.lastTurn != 0 {
		if err := in.turns.Wait(ctx, c.firstTurn); err != nil {
			return err
		}
		defer in.turns.Passed(c.lastTurn)
	}
	for _, it := range c.items {
		run, err := in.lanes.Put(ctx, it.lane, it.item)
		switch {
		case err != nil:
			it.place.Finish(err)
		case run != nil:
			in.workers.Go(run)
		}
	}
	return nil
}

// park keeps a call until its batch is written again, unless another one is kept.
func (in *Writer[T]) park(c *call[T]) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.parked) > 0 {
		return false
	}
	id := calls.Add(1)
	c.batch[0].MetaSetMut(metaCall, id)
	in.parked[id] = c
	return true
}

// resume gives the call of a batch that was parked, nil for any other.
func (in *Writer[T]) resume(batch service.MessageBatch) *call[T] {
	value, _ := batch[0].MetaGetMut(metaCall)
	id, marked := value.(int64)
	if !marked {
		return nil
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	c := in.parked[id]
	delete(in.parked, id)
	return c
}

// Len gives how many lanes have items, and how many batches wait to be written again.
func (in *Writer[T]) Len() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.lanes.Len() + len(in.parked)
}
