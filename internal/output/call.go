package output

import (
	"fmt"
	"sync/atomic"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/panics"
)

// call is one WriteBatch: what becomes of each of its messages.
type call[T any] struct {
	outcome
	// items are what can be sent of the messages.
	items []laned[T]
	// firstTurn and lastTurn are those of the batch; 0 when it has none.
	firstTurn, lastTurn int64
}

// laned is an item on its way.
type laned[T any] struct {
	lane  string
	item  T
	place Ack
}

// outcome is what becomes of a batch's messages.
type outcome struct {
	batch service.MessageBatch
	errs  []error // by message; written before open is counted down
	ended []bool  // by message; each is its deliverer's alone
	open  atomic.Int32
	done  chan struct{}
}

// Ack is where it is told what has become of a message.
type Ack struct {
	outcome *outcome
	index   int
}

// Finish settles what becomes of the message; nil acknowledges it. It must be called
// once.
func (p Ack) Finish(err error) {
	p.outcome.errs[p.index] = err
	p.outcome.ended[p.index] = true
	if p.outcome.open.Add(-1) == 0 {
		close(p.outcome.done)
	}
}

// DoneOnce settles what becomes of the message where a delivery has broken off,
// perhaps after the message was finished.
func (p Ack) DoneOnce(err error) {
	if !p.outcome.ended[p.index] {
		p.Finish(err)
	}
}

// newCall reads a batch's messages. Those that can't be sent are finished at once.
func newCall[T any](batch service.MessageBatch, read func(int, *service.Message, Ack) (string, T, error)) *call[T] {
	c := &call[T]{outcome: outcome{batch: batch, errs: make([]error, len(batch)), ended: make([]bool, len(batch)), done: make(chan struct{})}}
	for i, msg := range batch {
		if turn := turnOf(msg); turn != 0 {
			c.lastTurn = turn
			if c.firstTurn == 0 {
				c.firstTurn = turn
			}
		}
		place := Ack{&c.outcome, i}
		var lane string
		var item T
		err := panics.Do(func() (err error) {
			lane, item, err = read(i, msg, place)
			return err
		})
		if err != nil {
			c.errs[i] = err
			continue
		}
		c.items = append(c.items, laned[T]{lane, item, place})
	}
	c.open.Store(int32(len(c.items)))
	if len(c.items) == 0 {
		close(c.done)
	}
	return c
}

// numbered gives how many of the messages have a number.
func (c *call[T]) numbered() int {
	if c.firstTurn == 0 {
		return 0
	}
	return int(c.lastTurn - c.firstTurn + 1) // a batch's numbers have no gaps
}

func (o *outcome) isDone() bool {
	select {
	case <-o.done:
		return true
	default:
		return false
	}
}

// result gives the errors of a call that is done, each with its message.
func (o *outcome) result() error {
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
	// Of a batch of one Benthos hands on the headline alone.
	headline := first
	if len(o.batch) > 1 {
		headline = fmt.Errorf("%d of %d messages failed, the first with: %w", failed, len(o.batch), first)
	}
	each := o.batchError(headline, func(err error) error { return err })
	return o.batchError(headline, func(err error) error { return &messageError{err, each} })
}

func (o *outcome) batchError(headline error, of func(error) error) *service.BatchError {
	batchErr := service.NewBatchError(o.batch, headline)
	for i, err := range o.errs {
		if err != nil {
			batchErr.Failed(i, of(err))
		}
	}
	return batchErr
}

// messageError is the error of one message that carries those of its batch. Benthos'
// batching hands on one message's error for all that came in one batch; with this
// one, what stands before the batching can still tell the failed messages from the
// others.
type messageError struct {
	error
	batch *service.BatchError
}

func (e *messageError) Unwrap() []error { return []error{e.error, e.batch} }
