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

	"github.com/benthos-liveperson/benthos-liveperson/plugin/client"
	"github.com/benthos-liveperson/benthos-liveperson/plugin/intake"
	"github.com/benthos-liveperson/benthos-liveperson/plugin/panics"
	"github.com/benthos-liveperson/benthos-liveperson/plugin/register"
)

func init() {
	service.MustRegisterBatchOutput("liveperson_message", outputSpec(),
		register.BatchOutput(func(conf *service.ParsedConfig, mgr *service.Resources) (register.TestableOutput, service.BatchPolicy, int, error) {
			c, err := configFromParsed(conf)
			if err != nil {
				return nil, service.BatchPolicy{}, 0, err
			}
			maxInFlight, err := intake.MaxInFlight.FromParsed(conf)
			if err != nil {
				return nil, service.BatchPolicy{}, 0, err
			}
			onRefused, err := intake.OnRefused(conf, mgr.Logger())
			if err != nil {
				return nil, service.BatchPolicy{}, 0, err
			}
			var out *output
			c.dispatch.Waiting = func() int { return out.intake.Held() }
			engine, err := newEngine(c, mgr)
			if err != nil {
				return nil, service.BatchPolicy{}, 0, err
			}
			out = newOutput(c, engine, onRefused)
			policy, err := out.intake.Policy(conf, lmFieldBatching, mgr)
			return out, policy, maxInFlight, err
		}))
}

type output struct {
	engine  *engine
	reading reading
	intake  *intake.Intake[placed]
}

// placed is a job and its message's place.
type placed struct {
	job   *job
	place intake.Place
}

func newOutput(c config, engine *engine, onRefused func(error)) *output {
	o := &output{engine: engine, reading: c.reading}
	o.intake = intake.New(intake.Config[placed]{
		Ordered:   true,
		Read:      o.read,
		Deliver:   o.deliver,
		Down:      engine.dispatcher.Down,
		Failure:   engine.dispatcher.Failure,
		Refused:   client.AccountRefused,
		OnRefused: onRefused,
		Kind:      client.Kind,
		Log:       engine.log,
	})
	return o
}

// read gives the reading of a batch's messages.
func (o *output) read(batch service.MessageBatch) func(int, *service.Message, intake.Place) (string, placed, error) {
	read := o.reading.jobs(batch)
	return func(i int, msg *service.Message, place intake.Place) (string, placed, error) {
		j, err := read(i, msg)
		if err != nil {
			return "", placed{}, client.NotSent(err)
		}
		return j.consumer, placed{j, place}, nil
	}
}

func (o *output) deliver(ctx context.Context, _ string, jobs []placed) {
	for _, p := range jobs {
		p.place.Finish(panics.Do(func() error {
			_, err := o.engine.do(ctx, p.job)
			return err
		}))
	}
}

// Connect finds LivePerson's services, and proves client id and secret.
func (o *output) Connect(ctx context.Context) error {
	return o.intake.Connect(ctx, o.engine.connector.Connect)
}

// ConnectionTest does the same, and touches no consumer.
func (o *output) ConnectionTest(ctx context.Context) service.ConnectionTestResults {
	if err := o.engine.connector.Connect(ctx); err != nil {
		return service.ConnectionTestFailed(err).AsList()
	}
	return service.ConnectionTestSucceeded().AsList()
}

// WriteBatch sends the messages and fails them one by one.
func (o *output) WriteBatch(ctx context.Context, batch service.MessageBatch) error {
	return o.intake.WriteBatch(ctx, batch)
}

// Close has no request to wait for: each belongs to a WriteBatch.
func (o *output) Close(context.Context) error {
	o.engine.connector.Close()
	return nil
}
