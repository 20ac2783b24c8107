package report

import (
	"fmt"
	"sync/atomic"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/plugin/client"
)

// call is one WriteBatch: what becomes of each of its messages.
type call struct {
	batch service.MessageBatch
	// items are the messages that can be sent.
	items []*item
	// firstTurn and lastTurn are those of the batch; 0 when it has none.
	firstTurn, lastTurn int64

	errs []error // by message; written before open is counted down
	open atomic.Int32
	done chan struct{}
}

// item is a message on its way.
type item struct {
	outgoing
	call  *call
	index int
	marks []mark
}

// newCall reads a batch's messages. Those that can't be sent are finished at once.
func newCall(batch service.MessageBatch, e encoder, d *dedupe) *call {
	c := &call{batch: batch, errs: make([]error, len(batch)), done: make(chan struct{})}
	encode := e.forBatch(batch)
	for i, msg := range batch {
		if turn := turnOf(msg); turn != 0 {
			c.lastTurn = turn
			if c.firstTurn == 0 {
				c.firstTurn = turn
			}
		}
		out, err := encode(i, msg)
		if err != nil {
			c.errs[i] = client.NotSent(err)
			continue
		}
		c.items = append(c.items, &item{outgoing: out, call: c, index: i, marks: d.marks(msg, out)})
	}
	c.open.Store(int32(len(c.items)))
	if len(c.items) == 0 {
		close(c.done)
	}
	return c
}

// numbered gives how many of the messages have a number.
func (c *call) numbered() int {
	if c.firstTurn == 0 {
		return 0
	}
	return int(c.lastTurn - c.firstTurn + 1) // a batch's numbers have no gaps
}

// finish settles what becomes of a message; nil acknowledges it.
func (it *item) finish(err error) {
	it.call.errs[it.index] = err
	if it.call.open.Add(-1) == 0 {
		close(it.call.done)
	}
}

func (c *call) isDone() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// result gives the errors of a call that is done, each with its message; batched
// says that Benthos' batching stands before the output.
func (c *call) result(batched bool) error {
	failed := 0
	var first error
	for _, err := range c.errs {
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
	if len(c.batch) > 1 {
		headline = fmt.Errorf("%d of %d messages failed, the first with: %w", failed, len(c.batch), first)
	}
	each := c.batchError(headline, func(err error) error { return err })
	if !batched {
		return each
	}
	return c.batchError(headline, func(err error) error { return &messageError{err, each} })
}

func (c *call) batchError(headline error, of func(error) error) *service.BatchError {
	batchErr := service.NewBatchError(c.batch, headline)
	for i, err := range c.errs {
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
