// Package report is the output liveperson_report: reports to LivePerson's
// Monitoring API, each message acknowledged when LivePerson has it.
//
// A message's way: the intake admits it, in order, to the lane of its consumer; the lane
// gives it to the sender, alone or merged with others; the sender repeats the request
// until LivePerson has it or never will.
package report

import (
	"context"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/output"
	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
)

func init() {
	service.MustRegisterBatchOutput("liveperson_report", spec(),
		register.BatchOutput(func(conf *service.ParsedConfig, mgr *service.Resources) (register.TestableOutput, service.BatchPolicy, int, error) {
			c, err := configFromParsed(conf)
			if err != nil {
				return nil, service.BatchPolicy{}, 0, err
			}
			if c.onRefused, err = output.OnRefused(conf, mgr.Logger()); err != nil {
				return nil, service.BatchPolicy{}, 0, err
			}
			out, err := newOutput(c, mgr)
			if err != nil {
				return nil, service.BatchPolicy{}, 0, err
			}
			policy, err := out.writer.Policy(conf, roFieldBatching, mgr)
			return out, policy, c.maxInFlight, err
		}))
}

type reportOutput struct {
	monitoring *liveperson.Monitoring
	encoder    encoder
	sender     *sender
	writer     *output.Writer[*item]
}

// item is a message on its way.
type item struct {
	outgoing
	place   output.Ack
	marks   []mark
	changed bool // something was taken out since the report was merged
}

func newOutput(c config, mgr *service.Resources) (*reportOutput, error) {
	acc, err := c.account.Client(c.requests.Concurrency)
	if err != nil {
		return nil, err
	}
	monitoring, err := acc.Monitoring(c.monitoring)
	if err != nil {
		return nil, err
	}
	o := &reportOutput{
		monitoring: monitoring,
		encoder:    encoder{consumers: c.consumers, validator: newValidator(c.validation, c.checks, mgr)},
	}
	c.requests.AboutAccount = true
	c.requests.OnRefused = c.onRefused
	c.requests.Resolve = monitoring.Resolve
	c.requests.Waiting = func() int { return o.writer.Held() }
	if o.sender, err = newSender(c, monitoring, mgr); err != nil {
		return nil, err
	}
	o.takeIn(c, mgr.Logger())
	return o, nil
}

// takeIn makes the writer. It needs a sender.
func (o *reportOutput) takeIn(c config, log *service.Logger) {
	o.writer = output.New(output.Config[*item]{
		Ordered:   c.ordered,
		AtATime:   c.requests.Concurrency,
		Read:      o.read,
		Deliver:   o.sender.deliverSafely,
		Joins:     c.coalesce.joins(),
		Down:      o.sender.retrier.Down,
		Failure:   o.sender.retrier.Failure,
		Refused:   liveperson.AccountRefused,
		OnRefused: c.onRefused,
		Kind:      liveperson.Kind,
		Log:       log,
	})
}

// read gives the reading of a batch's messages.
func (o *reportOutput) read(batch service.MessageBatch) func(int, *service.Message, output.Ack) (string, *item, error) {
	encode := o.encoder.forBatch(batch)
	return func(i int, msg *service.Message, place output.Ack) (string, *item, error) {
		out, err := encode(i, msg)
		if err != nil {
			return "", nil, liveperson.NotSent(err)
		}
		return out.consumer, &item{outgoing: out, place: place, marks: o.sender.dedupe.marks(msg, out)}, nil
	}
}

// Connect finds the monitoring domain.
func (o *reportOutput) Connect(ctx context.Context) error {
	return o.writer.Connect(ctx, o.monitoring.Connect)
}

// ConnectionTest proves that domain, account and app installation are right,
// without reporting anything.
func (o *reportOutput) ConnectionTest(ctx context.Context) service.ConnectionTestResults {
	if err := o.monitoring.Probe(ctx); err != nil {
		return service.ConnectionTestFailed(err).AsList()
	}
	return service.ConnectionTestSucceeded().AsList()
}

// WriteBatch reports the messages and fails them one by one.
func (o *reportOutput) WriteBatch(ctx context.Context, batch service.MessageBatch) error {
	return o.writer.WriteBatch(ctx, batch)
}

// Close has no request to wait for: each belongs to a WriteBatch.
func (o *reportOutput) Close(context.Context) error {
	o.monitoring.Close()
	return nil
}
