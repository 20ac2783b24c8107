// Package output is what an output does with the batches that Benthos gives it: it keeps
// their order, bounds how many messages it holds, gives each message its own result, and keeps
// the messages while LivePerson is down.
//
// A message goes through these files: numbering.go gives it a number in Benthos' batching;
// WriteBatch (here) reads it and puts it into the delivery.Queue by that number; the queue
// gives it to the component's Deliver, which settles it with Ack.Done (write.go).
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
	// MaxQueued is the most messages that an output holds, whatever their batches. A message
	// takes some 10 KB.
	MaxQueued = 1 << 11

	// The pause between attempts to connect grows from the first to the second.
	minConnectPause = time.Second
	maxConnectPause = time.Minute
)

// metaWrite marks a batch that Benthos will write again, with a number. Metadata from outside,
// such as an HTTP header, is text and never a number.
const metaWrite = "liveperson_call"

// lastWrite numbers the marked batches of a process. No two of its outputs use one number.
var lastWrite atomic.Int64

// Config of a Writer. An item is what an output makes of a message.
type Config[T any] struct {
	// Ordered delivers the items of one key in order. Otherwise each is delivered by itself.
	Ordered bool
	// Running is the most deliveries that run at a time. Zero: no limit.
	Running int
	// Read returns the function that reads a batch's messages. It returns an item and its
	// key, or an error if the message can't be sent. The item keeps its Ack.
	Read func(service.MessageBatch) func(i int, msg *service.Message, ack Ack) (key string, item T, err error)
	// Deliver sends items of one key, and settles each with its Ack. The next items of the
	// key follow when it returns. See delivery.QueueOptions about release.
	Deliver func(ctx context.Context, key string, items []T, release func())
	// Joins tells which items are delivered together, as in delivery.QueueOptions.
	Joins func(taken []T, next T) bool
	// Down tells whether requests wait because LivePerson is down. changed is closed when
	// that may have changed.
	Down func() (down bool, changed <-chan struct{})
	// Failure returns the most recent error that counted towards an outage, or nil.
	Failure func() error
	// Refused tells whether an error says that LivePerson refuses the account or its
	// credentials. Nil: no error does.
	Refused func(error) bool
	// OnRefused is called when Connect is refused. Nil: Connect waits.
	OnRefused func(error)
	// FailRefused says that messages fail if Connect is refused: Connect succeeds.
	FailRefused bool
	// Failed is called for each message that failed for good, as far as the output is
	// concerned. Nil: nothing is called.
	Failed func()
	// Kind returns the class and status of a message's error, for the log.
	Kind func(error) string
	// Class returns the class of a message's error, for the metric. "": the error is not
	// LivePerson's.
	Class   func(error) string
	Classes []string // all of them
	Log     *service.Logger
	Metrics *service.Metrics
}

// Writer implements WriteBatch and Connect of an output. WriteBatch is safe for concurrent
// use.
type Writer[T any] struct {
	config   Config[T]
	queue    *delivery.Queue[T]
	failures *failureLog
	held     *held

	reported string // the last reason for not being connected; Benthos connects once at a time

	mu     sync.Mutex
	parked map[int64]*write[T] // by their metaWrite
}

// New returns a Writer.
func New[T any](c Config[T]) *Writer[T] {
	if c.Running == 0 {
		c.Running = MaxQueued
	}
	held := newHeld(c.Metrics)
	return &Writer[T]{
		config: c,
		held:   held,
		queue: delivery.NewQueue(delivery.QueueOptions[T]{
			Capacity:  MaxQueued,
			Running:   c.Running,
			Unordered: !c.Ordered,
			Deliver:   c.Deliver,
			OnChange:  held.number,
			Joins:     c.Joins,
		}),
		failures: newFailureLog(c.Kind, c.countFailed(), c.Log),
		parked:   map[int64]*write[T]{},
	}
}

// WriteBatch delivers the messages, and returns the error of each message that failed.
//
// While LivePerson is down, one call returns that the output is not connected, so that Benthos
// shows it and calls Connect. The messages stay in the queue. Benthos writes the same batch
// again later, and that call waits for the messages. The other calls just wait: Benthos' /ready
// shows the error of the call that returned last.
func (w *Writer[T]) WriteBatch(ctx context.Context, batch service.MessageBatch) error {
	b := w.resume(batch)
	if b == nil {
		b = newWrite(batch, w.reader(batch))
		b.leave = w.held.enter()
		if err := w.queue.Put(ctx, b.first, b.n, b.entries); err != nil {
			b.leave()
			return err
		}
	}
	for {
		down, changed := w.config.Down()
		if down && ctx.Err() == nil && !b.isDone() && w.park(b) {
			return service.ErrNotConnected
		}
		select {
		case <-b.done:
			w.queue.Leave(b.n)
			b.leave()
			if ctx.Err() == nil { // when the pipeline stops, the messages did not fail
				w.failures.note(b.errs)
			}
			return b.result()
		case <-changed:
		}
	}
}

// reader returns the function that reads a batch's messages. If making it panics, each
// message fails with that. The batch must still be put: the batches behind it wait for its
// numbers.
func (w *Writer[T]) reader(batch service.MessageBatch) (read func(int, *service.Message, Ack) (string, T, error)) {
	err := panics.Do(func() error {
		read = w.config.Read(batch)
		return nil
	})
	if err != nil {
		return func(int, *service.Message, Ack) (key string, item T, _ error) { return key, item, err }
	}
	return read
}

// park keeps a write until Benthos writes its batch again. It reports false if another write
// is parked already.
func (w *Writer[T]) park(b *write[T]) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.parked) > 0 {
		return false
	}
	number := lastWrite.Add(1)
	b.batch[0].MetaSetMut(metaWrite, number)
	w.parked[number] = b
	return true
}

// resume returns the parked write of a batch, or nil.
func (w *Writer[T]) resume(batch service.MessageBatch) *write[T] {
	value, _ := batch[0].MetaGetMut(metaWrite)
	number, marked := value.(int64)
	if !marked {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	b := w.parked[number]
	delete(w.parked, number)
	return b
}

// Held returns the number of messages that the output holds.
func (w *Writer[T]) Held() int { return w.queue.Held() }

// Connect waits while LivePerson is down, and then makes the output's connection. Benthos logs
// each error and shows it at /ready. Connect therefore returns an error only when the reason
// is new, and otherwise tries again by itself.
func (w *Writer[T]) Connect(ctx context.Context, connect func(context.Context) error) error {
	for pause := minConnectPause; ; pause = min(2*pause, maxConnectPause) {
		if down, changed := w.config.Down(); down {
			if err := w.downError(); w.isNew(err) {
				return service.NewErrBackOff(err, time.Millisecond)
			}
			select {
			case <-changed:
			case <-ctx.Done():
				return ctx.Err()
			}
			pause = minConnectPause
			continue
		}
		err := connect(ctx)
		refused := err != nil && w.isRefused(err)
		if err == nil || refused && w.config.FailRefused {
			w.reported = ""
			return nil
		}
		if refused {
			err = fmt.Errorf("%w; messages wait until LivePerson accepts the account: correct the settings and restart, or have LivePerson enable it", err)
		}
		if w.isNew(err) {
			return service.NewErrBackOff(err, minConnectPause)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// isNew tells whether Benthos has not logged the error yet.
func (w *Writer[T]) isNew(err error) bool {
	is := err.Error() != w.reported
	w.reported = err.Error()
	return is
}

// isRefused tells whether LivePerson refuses the account, and calls OnRefused if so.
func (w *Writer[T]) isRefused(err error) bool {
	if w.config.Refused == nil || !w.config.Refused(err) {
		return false
	}
	if w.config.OnRefused != nil {
		w.config.OnRefused(err)
	}
	return true
}

// downError says why the output is not connected. Requests that wait report no failure, so
// the error repeats the most recent one.
func (w *Writer[T]) downError() error {
	failure := w.config.Failure()
	switch {
	case failure == nil:
		return errors.New("LivePerson does not answer, or answers only with errors: messages wait")
	case w.isRefused(failure):
		return fmt.Errorf("LivePerson refuses every message: messages wait until it accepts one; the last error: %w", failure)
	}
	return fmt.Errorf("LivePerson does not answer, or answers only with errors: messages wait; the last error: %w", failure)
}
