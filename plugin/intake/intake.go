// Package intake is how an output takes its messages in: in the order in which they
// reach it, as many as it has room for, each with its own outcome, and kept while
// LivePerson is down.
//
// A message's way: Benthos' batching gives it a number (admission.go), WriteBatch puts
// it into its lane by that number, and the lane gives it to the output's Deliver. What
// is sent, and how, does not come in.
package intake

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/plugin/delivery"
	"github.com/benthos-liveperson/benthos-liveperson/plugin/panics"
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

// Config of an Intake of items, which are what an output makes of its messages.
type Config[T any] struct {
	// Ordered keeps the order of the items of a lane. Otherwise all go out at once.
	Ordered bool
	// Read gives the reading of a batch's messages: an item and its lane, or why the
	// message can't be sent. The item keeps its place.
	Read func(service.MessageBatch) func(i int, msg *service.Message, place Place) (lane string, item T, err error)
	// Deliver sends items of one lane and finishes each at its place. A lane's next
	// items come when it returns.
	Deliver func(ctx context.Context, lane string, items []T)
	// AtATime is how many deliveries go on at a time that do not wait aside, as
	// delivery.Aside has it. 0: all that there are.
	AtATime int
	// Joins tells which items are delivered together, as delivery.NewLanes has it.
	// Nil: none.
	Joins func(items []T, next T) bool
	// Down tells for how long nothing is sent from now on, as LivePerson is down; 0
	// when it is not. changed is closed when that changes.
	Down func() (pause time.Duration, changed <-chan struct{})
	// Failure is what a request failed of last; nil: of nothing yet.
	Failure func() error
}

// Intake takes messages in. WriteBatch is safe for concurrent use.
type Intake[T any] struct {
	config  Config[T]
	room    *delivery.Room
	last    int64 // number that was given
	turns   *delivery.Turns
	lanes   *delivery.Lanes[T]
	workers *delivery.Workers // who deliver

	connectPause time.Duration // Connect is never called twice at a time

	mu     sync.Mutex
	parked map[int64]*call[T] // by their metaCall
}

// New makes an Intake.
func New[T any](c Config[T]) *Intake[T] {
	if c.AtATime == 0 {
		c.AtATime = MaxQueued
	}
	in := &Intake[T]{
		config:       c,
		room:         delivery.NewRoom(MaxQueued),
		turns:        delivery.NewTurns(),
		workers:      delivery.NewWorkers(c.AtATime),
		lanes:        delivery.NewLanes(MaxQueued, c.Deliver, c.Joins),
		connectPause: minConnectPause,
		parked:       map[int64]*call[T]{},
	}
	in.lanes.Go = in.workers.Go
	return in
}

// Connect makes an output's connection. While that fails, and while LivePerson is down,
// the output stays unconnected, and asks less and less often.
func (in *Intake[T]) Connect(ctx context.Context, connect func(context.Context) error) error {
	if pause, _ := in.config.Down(); pause > 0 {
		return service.NewErrBackOff(in.downError(pause), pause)
	}
	err := connect(ctx)
	if err == nil {
		in.connectPause = minConnectPause
		return nil
	}
	pause := in.connectPause
	in.connectPause = min(2*pause, maxConnectPause)
	return service.NewErrBackOff(err, pause)
}

var errDown = errors.New("LivePerson does not answer, or with errors alone: messages wait")

// downError has what the last request failed of: those that wait tell of no failure, and
// nobody else would.
func (in *Intake[T]) downError(pause time.Duration) error {
	err := fmt.Errorf("%w; the next request goes in %s", errDown, pause.Round(time.Second))
	if failure := in.config.Failure(); failure != nil {
		err = fmt.Errorf("%w; the last one: %w", err, failure)
	}
	return err
}

// WriteBatch delivers the messages and fails them one by one.
//
// While LivePerson is down it says that it is not connected, so that Benthos shows
// it and calls Connect. The messages stay in their lanes meanwhile; Benthos writes
// the same batch again, which then takes up where it was.
func (in *Intake[T]) WriteBatch(ctx context.Context, batch service.MessageBatch) error {
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
		pause, changed := in.config.Down()
		if pause > 0 && ctx.Err() == nil && !c.isDone() {
			return in.park(c)
		}
		select {
		case <-c.done:
			in.room.Leave(c.numbered())
			return c.result()
		case <-changed:
		}
	}
}

// reading gives the reading of a batch's messages. If that panics, none can be read: the
// batch goes on, as those behind it wait for its turn.
func (in *Intake[T]) reading(batch service.MessageBatch) (read func(int, *service.Message, Place) (string, T, error)) {
	err := panics.Do(func() error {
		read = in.config.Read(batch)
		return nil
	})
	if err != nil {
		return func(int, *service.Message, Place) (lane string, item T, _ error) { return lane, item, err }
	}
	return read
}

// admit puts the messages into their lanes. An error means that none of them is there.
func (in *Intake[T]) admit(ctx context.Context, c *call[T]) error {
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

// park keeps a call until its batch is written again.
func (in *Intake[T]) park(c *call[T]) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	id := calls.Add(1)
	c.batch[0].MetaSetMut(metaCall, id)
	in.parked[id] = c
	return service.ErrNotConnected
}

// resume gives the call of a batch that was parked, nil for any other.
func (in *Intake[T]) resume(batch service.MessageBatch) *call[T] {
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
func (in *Intake[T]) Len() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.lanes.Len() + len(in.parked)
}
