// Package message is the output and the processor liveperson_message. They send consumers'
// messages and actions to their conversations, through LivePerson's Connector API.
//
// A message is read as a job (reader.go, decode.go). One consumer's jobs go to the engine one
// after another. For each job, the engine finds or opens the conversation (target.go) and makes
// the requests (engine.go).
package message

import (
	"context"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/output"
	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
)

func init() {
	service.MustRegisterBatchOutput("liveperson_message", outputSpec(),
		register.BatchOutput(func(conf *service.ParsedConfig, mgr *service.Resources) (register.TestableOutput, service.BatchPolicy, int, error) {
			maxInFlight, err := output.MaxInFlight.FromParsed(conf)
			if err != nil {
				return nil, service.BatchPolicy{}, 0, err
			}
			out, err := buildOutput(conf, mgr, newEngine)
			if err != nil {
				return nil, service.BatchPolicy{}, 0, err
			}
			policy, err := out.Batching(conf, lmFieldBatching, mgr)
			return out, policy, maxInFlight, err
		}))
}

// buildOutput returns the output for a config. engineOf makes the engine, so that tests can make
// their own.
func buildOutput(conf *service.ParsedConfig, mgr *service.Resources, engineOf func(config, *service.Resources) (*engine, error)) (*messageOutput, error) {
	c, err := configFromParsed(conf)
	if err != nil {
		return nil, err
	}
	onRefused, err := output.OnRefused(conf, mgr.Logger())
	if err != nil {
		return nil, err
	}
	if c.failRefused, err = output.FailRefused(conf); err != nil {
		return nil, err
	}
	c.requests.HoldRefused = !c.failRefused
	var out *messageOutput
	c.requests.Waiting = func() int { return out.Held() }
	e, err := engineOf(c, mgr)
	if err != nil {
		return nil, err
	}
	out = newOutput(c, e, onRefused)
	return out, nil
}

type messageOutput struct {
	*output.Writer[item] // WriteBatch
	engine               *engine
	reading              reading
}

// item is a message in the queue: its job, and the way to settle it.
type item struct {
	job *job
	ack output.Ack
}

func newOutput(c config, engine *engine, onRefused func(error)) *messageOutput {
	o := &messageOutput{engine: engine, reading: c.reading}
	o.Writer = output.New(output.Config[item]{
		Ordered:     true,
		Read:        o.read,
		Deliver:     o.deliver,
		Down:        engine.retrier.Down,
		Failure:     engine.retrier.Failure,
		Refused:     liveperson.AccountRefused,
		OnRefused:   onRefused,
		FailRefused: c.failRefused,
		Kind:        liveperson.Kind,
		Class:       func(err error) string { return string(liveperson.ClassOf(err)) },
		Classes:     liveperson.Classes(),
		Log:         engine.log,
		Metrics:     engine.stats,
	})
	return o
}

// read returns the function that reads a batch's messages.
func (o *messageOutput) read(batch service.MessageBatch) func(int, *service.Message, output.Ack) (string, item, error) {
	read := o.reading.jobs(batch)
	return func(i int, msg *service.Message, ack output.Ack) (string, item, error) {
		j, err := read(i, msg)
		if err != nil {
			err = liveperson.NotSent(err)
			o.engine.receipts.unreadable(msg, err)
			return "", item{}, err
		}
		j.trace = o.engine.receipts.trace(msg)
		return j.consumer, item{j, ack}, nil
	}
}

func (o *messageOutput) deliver(ctx context.Context, _ string, items []item, _ func()) {
	for _, it := range items {
		_, err := o.engine.do(ctx, it.job)
		it.ack.Done(err)
	}
}

// Connect looks up LivePerson's services, and checks client id and secret.
func (o *messageOutput) Connect(ctx context.Context) error {
	return o.Writer.Connect(ctx, o.engine.connector.Connect)
}

// ConnectionTest does the same as Connect. It sends nothing for a consumer.
func (o *messageOutput) ConnectionTest(ctx context.Context) service.ConnectionTestResults {
	if err := o.engine.connector.Connect(ctx); err != nil {
		return service.ConnectionTestFailed(err).AsList()
	}
	return service.ConnectionTestSucceeded().AsList()
}

// Close writes the last receipts and closes idle connections. No request is in flight then: each belongs to a WriteBatch,
// and Benthos closes an output after all of them have returned.
func (o *messageOutput) Close(ctx context.Context) error {
	o.engine.close(ctx)
	return nil
}
