package register

import (
	"context"
	"errors"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/panics"
)

// Processor makes of a constructor one whose processors do not panic.
func Processor[P service.Processor](construct func(*service.ParsedConfig, *service.Resources) (P, error)) service.ProcessorConstructor {
	return func(conf *service.ParsedConfig, mgr *service.Resources) (service.Processor, error) {
		p := &processor{watch: NewWatch(mgr)}
		err := p.watch.Do(func() (err error) {
			p.Processor, err = construct(conf, mgr)
			return err
		})
		return p, err
	}
}

type processor struct {
	service.Processor
	watch *Watch
}

func (p *processor) Process(ctx context.Context, msg *service.Message) (batch service.MessageBatch, err error) {
	err = p.watch.Do(func() (err error) {
		batch, err = p.Processor.Process(ctx, msg)
		return err
	})
	return batch, err
}

// BatchProcessor does the same for batches. If a processor panics all the same, and does
// not fail the one message by itself, all messages of the batch fail: which of them was
// handled already is not known, and some things must not be done twice.
func BatchProcessor[P service.BatchProcessor](construct func(*service.ParsedConfig, *service.Resources) (P, error)) service.BatchProcessorConstructor {
	return func(conf *service.ParsedConfig, mgr *service.Resources) (service.BatchProcessor, error) {
		p := &batchProcessor{watch: NewWatch(mgr)}
		err := p.watch.Do(func() (err error) {
			p.BatchProcessor, err = construct(conf, mgr)
			return err
		})
		return p, err
	}
}

type batchProcessor struct {
	service.BatchProcessor
	watch *Watch
}

func (p *batchProcessor) ProcessBatch(ctx context.Context, batch service.MessageBatch) (batches []service.MessageBatch, err error) {
	err = p.watch.Do(func() (err error) {
		batches, err = p.BatchProcessor.ProcessBatch(ctx, batch)
		return err
	})
	for _, batch := range batches {
		for _, msg := range batch {
			_ = p.watch.see(msg.GetError())
		}
	}
	return batches, err
}

// TestableOutput is an output that Benthos can test the connection of.
type TestableOutput interface {
	service.BatchOutput
	service.ConnectionTestable
}

// BatchOutput makes of a constructor one whose outputs do not panic.
func BatchOutput(construct func(*service.ParsedConfig, *service.Resources) (TestableOutput, service.BatchPolicy, int, error)) service.BatchOutputConstructor {
	return func(conf *service.ParsedConfig, mgr *service.Resources) (service.BatchOutput, service.BatchPolicy, int, error) {
		o := &batchOutput{watch: NewWatch(mgr)}
		var policy service.BatchPolicy
		var maxInFlight int
		err := o.watch.Do(func() (err error) {
			o.TestableOutput, policy, maxInFlight, err = construct(conf, mgr)
			return err
		})
		return o, policy, maxInFlight, err
	}
}

type batchOutput struct {
	TestableOutput
	watch *Watch
}

func (o *batchOutput) Connect(ctx context.Context) error {
	return o.watch.Do(func() error { return o.TestableOutput.Connect(ctx) })
}

func (o *batchOutput) WriteBatch(ctx context.Context, batch service.MessageBatch) error {
	err := panics.Do(func() error { return o.TestableOutput.WriteBatch(ctx, batch) })
	if err == nil {
		return nil
	}
	var each *service.BatchError
	if errors.As(err, &each) {
		//nolint:staticcheck // each error is looked at, and its index is not used
		each.WalkMessages(func(_ int, _ *service.Message, err error) bool {
			_ = o.watch.see(err)
			return true
		})
	}
	return o.watch.see(err)
}

// BatchInput makes of a constructor one whose inputs do not panic. What an input does in
// goroutines of its own, such as answering HTTP requests, it does with its own Watch.
func BatchInput[I service.BatchInput](construct func(*service.ParsedConfig, *service.Resources) (I, error)) service.BatchInputConstructor {
	return func(conf *service.ParsedConfig, mgr *service.Resources) (service.BatchInput, error) {
		i := &batchInput{watch: NewWatch(mgr)}
		err := i.watch.Do(func() (err error) {
			i.BatchInput, err = construct(conf, mgr)
			return err
		})
		return i, err
	}
}

type batchInput struct {
	service.BatchInput
	watch *Watch
}

func (i *batchInput) Connect(ctx context.Context) error {
	return i.watch.Do(func() error { return i.BatchInput.Connect(ctx) })
}

// ReadBatch also guards the acknowledgement, which Benthos gives in a goroutine of its own.
func (i *batchInput) ReadBatch(ctx context.Context) (batch service.MessageBatch, ack service.AckFunc, err error) {
	var inner service.AckFunc
	err = i.watch.Do(func() (err error) {
		batch, inner, err = i.BatchInput.ReadBatch(ctx)
		return err
	})
	return batch, func(ctx context.Context, err error) error {
		return i.watch.Do(func() error { return inner(ctx, err) })
	}, err
}
