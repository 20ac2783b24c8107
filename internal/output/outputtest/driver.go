// Package outputtest drives outputs in tests as Benthos does, on the test's own clock.
package outputtest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// Output is an output of this project: its batching calls Number, and Benthos the rest.
type Output interface {
	service.BatchOutput
	Number(ctx context.Context, batch service.MessageBatch)
}

// Driver gives batches to an output. Several goroutines take them from one channel and race to
// write them. One of them connects when the output says that it is not connected.
type Driver struct {
	Output Output
	// Writers is Benthos' max_in_flight.
	Writers int
	// Name tells messages apart.
	Name func(*service.Message) string

	// Failed are the errors of messages by their names, Acked is how many messages have an
	// outcome. They are there when Run has returned.
	Failed map[string]error
	Acked  int
	// Disconnected are the errors of Connect, which Benthos logs.
	Disconnected []string

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
		d.Output.Number(ctx, batch)
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
			d.mu.Lock()
			d.Disconnected = append(d.Disconnected, backOff.Error())
			d.mu.Unlock()
			time.Sleep(backOff.Wait)
		}
		err = d.Output.WriteBatch(ctx, batch)
	}
	return err
}

// done notes the outcome of each message of a batch.
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
