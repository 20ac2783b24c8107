package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	_ "github.com/redpanda-data/benthos/v4/public/components/io"
	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
	"github.com/redpanda-data/benthos/v4/public/service"

	_ "github.com/benthos-liveperson/benthos-liveperson/plugin"
)

const inputName = "bench_events"

const pipelineYAML = `
input:
  %s: {}
pipeline:
  threads: -1
  processors:
    - liveperson_retail: {}
output: {%s}
logger:
  level: off
metrics:
  none: {}
`

// startLoad starts a row's Benthos stream, or its bare client.
func startLoad(o options, r row, batch int) (load, error) {
	events, err := newSequence(o.consumers, r.inARow)
	if err != nil {
		return nil, err
	}
	if r.output == nil {
		return startBare(o, events)
	}
	in := newInput(events, batch)
	built, err := build(in, r.output(o))
	if err != nil {
		return nil, fmt.Errorf("building the pipeline: %w", err)
	}
	p := &pipelineLoad{input: in, ended: make(chan struct{})}
	go func() {
		p.err = built.Run(context.Background())
		close(p.ended)
	}()
	return p, nil
}

func build(in *input, outputYAML string) (*service.Stream, error) {
	env := service.GlobalEnvironment().Clone()
	err := env.RegisterBatchInput(inputName, service.NewConfigSpec(),
		func(*service.ParsedConfig, *service.Resources) (service.BatchInput, error) { return in, nil })
	if err != nil {
		return nil, err
	}
	builder := env.NewStreamBuilder()
	if err := builder.SetYAML(fmt.Sprintf(pipelineYAML, inputName, outputYAML)); err != nil {
		return nil, err
	}
	return builder.Build()
}

// pipelineLoad is a running Benthos stream.
type pipelineLoad struct {
	input *input
	ended chan struct{}
	err   error // why it ended; read after ended is closed
}

func (p *pipelineLoad) send(ctx context.Context, t *tally) error {
	select {
	case p.input.work <- t:
	case <-p.ended:
		return p.failure()
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-t.done:
		return nil
	case <-p.ended:
		return p.failure()
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *pipelineLoad) failure() error {
	return errors.Join(errors.New("the pipeline ended early"), p.err)
}

func (p *pipelineLoad) close(ctx context.Context) error {
	close(p.input.work)
	select {
	case <-p.ended:
		return p.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// input makes batches of events. It counts a refused batch and does not send it again.
type input struct {
	events sequence
	batch  int
	work   chan *tally // closed after the last tally

	// ReadBatch alone uses these. One goroutine at a time calls it.
	tally *tally
	left  int // events of tally that have not been sent
	next  int // the number of the next event
}

func newInput(events sequence, batch int) *input {
	return &input{events: events, batch: batch, work: make(chan *tally)}
}

func (in *input) Connect(context.Context) error { return nil }

func (in *input) ReadBatch(ctx context.Context) (service.MessageBatch, service.AckFunc, error) {
	if in.left == 0 {
		select {
		case t, open := <-in.work:
			if !open {
				return nil, nil, service.ErrEndOfInput
			}
			in.tally, in.left = t, t.events
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
	}
	size := min(in.batch, in.left)
	batch := make(service.MessageBatch, size)
	for i := range batch {
		batch[i] = service.NewMessage(in.events.at(in.next + i))
	}
	in.next += size
	in.left -= size
	t, pushed := in.tally, time.Now()
	return batch, func(_ context.Context, err error) error {
		t.settle(size, time.Since(pushed), err)
		return nil
	}, nil
}

func (in *input) Close(context.Context) error { return nil }
