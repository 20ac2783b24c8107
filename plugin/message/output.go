// Package message is the output and the processor liveperson_message: what consumers
// say and do, sent into their conversations through LivePerson's Connector API.
//
// A message's way: it is read as a job (reader.go, decode.go); one consumer's jobs go one
// after another to the engine, which finds or opens the conversation (target.go) and makes
// the requests (engine.go).
package message

import (
	"context"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/output"
	"github.com/benthos-liveperson/benthos-liveperson/internal/panics"
	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
)

func init() {
	service.MustRegisterBatchOutput("liveperson_message", outputSpec(),
		register.BatchOutput(func(conf *service.ParsedConfig, mgr *service.Resources) (register.TestableOutput, service.BatchPolicy, int, error) {
			c, err := configFromParsed(conf)
			if err != nil {
				return nil, service.BatchPolicy{}, 0, err
			}
			maxInFlight, err := output.MaxInFlight.FromParsed(conf)
			if err != nil {
				return nil, service.BatchPolicy{}, 0, err
			}
			onRefused, err := output.OnRefused(conf, mgr.Logger())
			if err != nil {
				return nil, service.BatchPolicy{}, 0, err
			}
			var out *messageOutput
			c.requests.Waiting = func() int { return out.writer.Held() }
			engine, err := newEngine(c, mgr)
			if err != nil {
				return nil, service.BatchPolicy{}, 0, err
			}
			out = newOutput(c, engine, onRefused)
			policy, err := out.writer.Policy(conf, lmFieldBatching, mgr)
			return out, policy, maxInFlight, err
		}))
}

type messageOutput struct {
	engine  *engine
	reading reading
	writer  *output.Writer[placed]
}

// placed is a job and its message's place.
type placed struct {
	job   *job
	place output.Ack
}

func newOutput(c config, engine *engine, onRefused func(error)) *messageOutput {
	o := &messageOutput{engine: engine, reading: c.reading}
	o.writer = output.New(output.Config[placed]{
		Ordered:   true,
		Read:      o.read,
		Deliver:   o.deliver,
		Down:      engine.retrier.Down,
		Failure:   engine.retrier.Failure,
		Refused:   liveperson.AccountRefused,
		OnRefused: onRefused,
		Kind:      liveperson.Kind,
		Log:       engine.log,
	})
	return o
}

// read gives the reading of a batch's messages.
func (o *messageOutput) read(batch service.MessageBatch) func(int, *service.Message, output.Ack) (string, placed, error) {
	read := o.reading.jobs(batch)
	return func(i int, msg *service.Message, place output.Ack) (string, placed, error) {
		j, err := read(i, msg)
		if err != nil {
			return "", placed{}, liveperson.NotSent(err)
		}
		return j.consumer, placed{j, place}, nil
	}
}

func (o *messageOutput) deliver(ctx context.Context, _ string, jobs []placed) {
	for _, p := range jobs {
		p.place.Finish(panics.Do(func() error {
			_, err := o.engine.do(ctx, p.job)
			return err
		}))
	}
}

// Connect finds LivePerson's services, and proves client id and secret.
func (o *messageOutput) Connect(ctx context.Context) error {
	return o.writer.Connect(ctx, o.engine.connector.Connect)
}

// ConnectionTest does the same, and touches no consumer.
func (o *messageOutput) ConnectionTest(ctx context.Context) service.ConnectionTestResults {
	if err := o.engine.connector.Connect(ctx); err != nil {
		return service.ConnectionTestFailed(err).AsList()
	}
	return service.ConnectionTestSucceeded().AsList()
}

// WriteBatch sends the messages and fails them one by one.
func (o *messageOutput) WriteBatch(ctx context.Context, batch service.MessageBatch) error {
	return o.writer.WriteBatch(ctx, batch)
}

// Close has no request to wait for: each belongs to a WriteBatch.
func (o *messageOutput) Close(context.Context) error {
	o.engine.connector.Close()
	return nil
}
