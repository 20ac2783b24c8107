// Package report is the output liveperson_report. It sends reports to LivePerson's
// Monitoring API, and acknowledges each message when LivePerson has accepted it.
//
// WriteBatch reads the messages as items (encode.go) and puts them into a queue with one line for
// each consumer (internal/output, internal/delivery). The queue passes a consumer's next item, or
// several items to merge, to sender.deliver (send.go). deliver makes the request until LivePerson
// accepts it or it fails for good.
package report

import (
	"context"

	"github.com/redpanda-data/benthos/v4/public/service"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/output"
	"github.com/benthos-liveperson/benthos-liveperson/internal/receipt"
	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
	"github.com/benthos-liveperson/benthos-liveperson/internal/tally"
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
			policy, err := out.Batching(conf, roFieldBatching, mgr)
			return out, policy, c.maxInFlight, err
		}))
}

type reportOutput struct {
	*output.Writer[*item] // WriteBatch
	monitoring            *liveperson.Monitoring
	encoder               encoder
	sender                *sender
}

// item is a message on its way to LivePerson.
type item struct {
	outgoing
	ack     output.Ack
	marks   []mark
	changed bool             // attributes were removed since the report was merged
	span    oteltrace.Span   // the span of the message; never nil
	about   *receipt.Receipt // the receipt's values from the metadata; nil: no receipt is wanted
}

func newOutput(c config, mgr *service.Resources) (*reportOutput, error) {
	account, err := c.account.Client(c.requests.Concurrency)
	if err != nil {
		return nil, err
	}
	return outputFor(c, account, mgr)
}

func outputFor(c config, account *liveperson.Account, mgr *service.Resources) (*reportOutput, error) {
	monitoring, err := account.Monitoring(c.monitoring)
	if err != nil {
		return nil, err
	}
	o := &reportOutput{
		monitoring: monitoring,
		encoder:    encoder{consumers: c.consumers, identity: c.identity, validator: newValidator(c.validation, c.checks, mgr)},
	}
	c.requests.AboutAccount = true
	c.requests.OnRefused = c.onRefused
	c.requests.Resolve = monitoring.Resolve
	c.requests.Waiting = func() int { return o.Held() }
	if o.sender, err = newSender(c, monitoring, mgr); err != nil {
		return nil, err
	}
	o.Writer = output.New(output.Config[*item]{
		Ordered:   c.ordered,
		Running:   c.requests.Concurrency,
		Read:      o.read,
		Deliver:   o.sender.deliver,
		Joins:     c.coalesce.joins(),
		Down:      o.sender.retrier.Down,
		Failure:   o.sender.retrier.Failure,
		Refused:   liveperson.AccountRefused,
		OnRefused: c.onRefused,
		Failed:    tally.Failed,
		Kind:      liveperson.Kind,
		Class:     func(err error) string { return string(liveperson.ClassOf(err)) },
		Classes:   liveperson.Classes(),
		Log:       mgr.Logger(),
		Metrics:   mgr.Metrics(),
	})
	return o, nil
}

// read returns the function that reads a batch's messages.
func (o *reportOutput) read(batch service.MessageBatch) func(int, *service.Message, output.Ack) (string, *item, error) {
	encode := o.encoder.forBatch(batch)
	return func(i int, msg *service.Message, ack output.Ack) (string, *item, error) {
		tally.ReadReport(msg)
		out, err := encode(i, msg)
		if err != nil {
			err = liveperson.NotSent(err)
			o.sender.receipts.unreadable(msg, err)
			return "", nil, err
		}
		it := &item{outgoing: out, ack: ack, span: oteltrace.SpanFromContext(msg.Context()), marks: o.sender.dedupe.marks(msg, out), about: o.sender.receipts.about(msg)}
		return out.consumer, it, nil
	}
}

// Connect finds the monitoring domain.
func (o *reportOutput) Connect(ctx context.Context) error {
	return o.Writer.Connect(ctx, o.monitoring.Connect)
}

// ConnectionTest checks domain, account and app installation. It sends no report.
func (o *reportOutput) ConnectionTest(ctx context.Context) service.ConnectionTestResults {
	if err := o.monitoring.Probe(ctx); err != nil {
		return service.ConnectionTestFailed(err).AsList()
	}
	return service.ConnectionTestSucceeded().AsList()
}

// Close writes the last receipts and closes idle connections. No request is in flight then, because
// Benthos calls Close after each WriteBatch has returned.
func (o *reportOutput) Close(ctx context.Context) error {
	o.sender.receipts.Close(ctx)
	o.sender.retrier.Close()
	o.monitoring.Close()
	return nil
}
