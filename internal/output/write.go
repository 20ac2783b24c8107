package output

import (
	"fmt"
	"sync/atomic"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/delivery"
	"github.com/benthos-liveperson/benthos-liveperson/internal/panics"
)

// write is one batch from WriteBatch until each of its messages has an outcome.
type write[T any] struct {
	outcomes
	entries []delivery.Entry[T] // the messages that can be sent
	first   int64               // the number of the first message; 0: none has a number
	n       int                 // how many messages have a number
	leave   func()              // takes the batch out of held
}

// outcomes are those of a batch's messages.
type outcomes struct {
	batch   service.MessageBatch
	errs    []error // by message; written before open is counted down
	settled []bool  // by message; each belongs to the goroutine that delivers the message
	open    atomic.Int32
	done    chan struct{} // closed when open is 0
}

// Ack settles one message.
type Ack struct {
	of    *outcomes
	index int
}

// Done settles the message: nil acknowledges it. It must be called once.
func (a Ack) Done(err error) {
	a.of.errs[a.index] = err
	a.of.settled[a.index] = true
	if a.of.open.Add(-1) == 0 {
		close(a.of.done)
	}
}

// IsDone tells whether the message is settled. It is for a delivery that panicked.
func (a Ack) IsDone() bool { return a.of.settled[a.index] }

// newWrite reads a batch's messages. Those that can't be sent are settled at once.
func newWrite[T any](batch service.MessageBatch, read func(int, *service.Message, Ack) (string, T, error)) *write[T] {
	w := &write[T]{
		outcomes: outcomes{batch: batch, errs: make([]error, len(batch)), settled: make([]bool, len(batch)), done: make(chan struct{})},
		entries:  make([]delivery.Entry[T], 0, len(batch)),
	}
	for i, msg := range batch {
		if number := numberOf(msg); number != 0 {
			if w.first == 0 {
				w.first = number
			}
			w.n = int(number - w.first + 1) // a batch's numbers have no gaps
		}
		var entry delivery.Entry[T]
		err := panics.Do(func() (err error) {
			entry.Key, entry.Item, err = read(i, msg, Ack{&w.outcomes, i})
			return err
		})
		if err != nil {
			w.errs[i] = err
			continue
		}
		w.entries = append(w.entries, entry)
	}
	w.open.Store(int32(len(w.entries)))
	if len(w.entries) == 0 {
		close(w.done)
	}
	return w
}

func (o *outcomes) isDone() bool {
	select {
	case <-o.done:
		return true
	default:
		return false
	}
}

// result returns the errors of a batch that is done, each with its message.
func (o *outcomes) result() error {
	failed := 0
	var first error
	for _, err := range o.errs {
		if err == nil {
			continue
		}
		if failed++; first == nil {
			first = err
		}
	}
	if failed == 0 {
		return nil
	}
	// For a batch of one message Benthos passes on the headline alone.
	headline := first
	if len(o.batch) > 1 {
		headline = fmt.Errorf("%d of %d messages failed, the first with: %w", failed, len(o.batch), first)
	}
	each := o.batchError(headline, func(err error) error { return err })
	return o.batchError(headline, func(err error) error { return &messageError{err, each} })
}

func (o *outcomes) batchError(headline error, of func(error) error) *service.BatchError {
	batchErr := service.NewBatchError(o.batch, headline)
	for i, err := range o.errs {
		if err != nil {
			batchErr.Failed(i, of(err))
		}
	}
	return batchErr
}

// messageError is the error of one message that carries the errors of its whole batch.
// Benthos' batching passes on one message's error for all messages that came in one batch.
// What stands before the batching can still tell the failed messages from the others.
type messageError struct {
	error
	batch *service.BatchError
}

func (e *messageError) Unwrap() []error { return []error{e.error, e.batch} }
