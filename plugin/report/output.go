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

	"github.com/benthos-liveperson/benthos-liveperson/plugin/client"
	"github.com/benthos-liveperson/benthos-liveperson/plugin/intake"
	"github.com/benthos-liveperson/benthos-liveperson/plugin/register"
)

func init() {
	service.MustRegisterBatchOutput("liveperson_report", spec(),
		register.BatchOutput(func(conf *service.ParsedConfig, mgr *service.Resources) (register.TestableOutput, service.BatchPolicy, int, error) {
			c, err := configFromParsed(conf)
			if err != nil {
				return nil, service.BatchPolicy{}, 0, err
			}
			if c.onRefused, err = intake.OnRefused(conf, mgr.Logger()); err != nil {
				return nil, service.BatchPolicy{}, 0, err
			}
			out, err := newOutput(c, mgr)
			if err != nil {
				return nil, service.BatchPolicy{}, 0, err
			}
			policy, err := out.intake.Policy(conf, roFieldBatching, mgr)
			return out, policy, c.maxInFlight, err
		}))
}

type output struct {
	monitoring *client.Monitoring
	encoder    encoder
	sender     *sender
	intake     *intake.Intake[*item]
}

// item is a message on its way.
type item struct {
	outgoing
	place   intake.Place
	marks   []mark
	changed bool // something was taken out since the report was merged
}

func newOutput(c config, mgr *service.Resources) (*output, error) {
	acc, err := c.account.Client(c.dispatch.Concurrency)
	if err != nil {
		return nil, err
	}
	monitoring, err := acc.Monitoring(c.monitoring)
	if err != nil {
		return nil, err
	}
	o := &output{
		monitoring: monitoring,
		encoder:    encoder{consumers: c.consumers, validator: newValidator(c.validation, c.checks, mgr)},
	}
	c.dispatch.AboutAccount = true
	c.dispatch.OnRefused = c.onRefused
	c.dispatch.Resolve = monitoring.Resolve
	c.dispatch.Waiting = func() int { return o.intake.Held() }
	if o.sender, err = newSender(c, monitoring, mgr); err != nil {
		return nil, err
	}
	o.takeIn(c, mgr.Logger())
	return o, nil
}

// takeIn makes the intake. It needs a sender.
func (o *output) takeIn(c config, log *service.Logger) {
	o.intake = intake.New(intake.Config[*item]{
		Ordered:   c.ordered,
		AtATime:   c.dispatch.Concurrency,
		Read:      o.read,
		Deliver:   o.sender.deliverSafely,
		Joins:     c.coalesce.joins(),
		Down:      o.sender.dispatcher.Down,
		Failure:   o.sender.dispatcher.Failure,
		Refused:   client.AccountRefused,
		OnRefused: c.onRefused,
		Kind:      client.Kind,
		Log:       log,
	})
}

// read gives the reading of a batch's messages.
func (o *output) read(batch service.MessageBatch) func(int, *service.Message, intake.Place) (string, *item, error) {
	encode := o.encoder.forBatch(batch)
	return func(i int, msg *service.Message, place intake.Place) (string, *item, error) {
		out, err := encode(i, msg)
		if err != nil {
			return "", nil, client.NotSent(err)
		}
		return out.consumer, &item{outgoing: out, place: place, marks: o.sender.dedupe.marks(msg, out)}, nil
	}
}

// Connect finds the monitoring domain.
func (o *output) Connect(ctx context.Context) error {
	return o.intake.Connect(ctx, o.monitoring.Connect)
}

// ConnectionTest proves that domain, account and app installation are right,
// without reporting anything.
func (o *output) ConnectionTest(ctx context.Context) service.ConnectionTestResults {
	if err := o.monitoring.Probe(ctx); err != nil {
		return service.ConnectionTestFailed(err).AsList()
	}
	return service.ConnectionTestSucceeded().AsList()
}

// WriteBatch reports the messages and fails them one by one.
func (o *output) WriteBatch(ctx context.Context, batch service.MessageBatch) error {
	return o.intake.WriteBatch(ctx, batch)
}

// Close has no request to wait for: each belongs to a WriteBatch.
func (o *output) Close(context.Context) error {
	o.monitoring.Close()
	return nil
}
