// Package intaketest drives outputs in tests as Benthos does, on whatever clock the test
// has.
package outputtest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// Driver gives batches to an output: so many goroutines take them from one channel and race
// to write them, and one of them connects when the output says that it is not connected.
type Driver struct {
	Output service.BatchOutput
	// Number settles the order, as the output's batching does.
	Number func(context.Context, service.MessageBatch)
	// Writers is Benthos' max_in_flight.
	Writers int
	// Name tells messages apart.
	Name func(*service.Message) string

	// Failed are the errors of messages by their names, Acked is how many messages have an
	// outcome. They are there when Run has returned.
	Failed map[string]error
	Acked  int

	connecting chan struct{} // a lock that lets the fake clock go on
	mu         sync.Mutex
}

// Run writes the batches, and returns when each message has its outcome.
func (d *Driver) Run(ctx context.Context, batches []service.MessageBatch) {
	d.connecting, d.Failed = make(chan struct{}, 1), map[string]error{}
	channel := make(chan service.MessageBatch)
	var writers sync.WaitGroup
	for range d.Writers {
		writers.Go(func() {
			for batch := range channel {
				index := batch.Index()
				d.done(batch, index, d.write(ctx, batch))
			}
		})
	}
	for _, batch := range batches {
		d.Number(ctx, batch)
		channel <- batch
	}
	close(channel)
	writers.Wait()
}

func (d *Driver) write(ctx context.Context, batch service.MessageBatch) error {
	err := d.Output.WriteBatch(ctx, batch)
	if !errors.Is(err, service.ErrNotConnected) {
		return err
	}
	d.connecting <- struct{}{}
	defer func() { <-d.connecting }()
	for errors.Is(err, service.ErrNotConnected) {
		var backOff *service.ErrBackOff
		for errors.As(d.Output.Connect(ctx), &backOff) {
			time.Sleep(backOff.Wait)
		}
		err = d.Output.WriteBatch(ctx, batch)
	}
	return err
}

// done wants an error to tell the fate of each message.
func (d *Driver) done(batch service.MessageBatch, index *service.Indexer, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.Acked += len(batch)
	if err == nil {
		return
	}
	var batchErr *service.BatchError
	if !errors.As(err, &batchErr) {
		panic(err)
	}
	batchErr.WalkMessagesIndexedBy(index, func(_ int, msg *service.Message, err error) bool {
		if err != nil {
			d.Failed[d.Name(msg)] = err
		}
		return true
	})
}
