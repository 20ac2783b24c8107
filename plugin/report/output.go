// Package report is the output liveperson_report: one message, one report to
// LivePerson's Monitoring API, acknowledged when LivePerson has it.
package report

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/plugin/client"
	"github.com/benthos-liveperson/benthos-liveperson/plugin/delivery"
)

const (
	// throttledPause is the least pause after a 429.
	// https://developers.liveperson.com/retry-policy-recommendations.html
	throttledPause = time.Second

	// The pause between attempts to connect grows from the first to the second.
	minConnectPause = time.Second
	maxConnectPause = time.Minute
)

func init() {
	service.MustRegisterBatchOutput("liveperson_report", spec(),
		func(conf *service.ParsedConfig, mgr *service.Resources) (service.BatchOutput, service.BatchPolicy, int, error) {
			policy, err := conf.FieldBatchPolicy(roFieldBatching)
			if err != nil {
				return nil, policy, 0, err
			}
			c, err := configFromParsed(conf)
			if err != nil {
				return nil, policy, 0, err
			}
			out, err := newOutput(c, mgr)
			return out, policy, c.maxInFlight, err
		})
}

type output struct {
	monitoring *client.Monitoring
	retrier    *delivery.Retrier
	metrics    *metrics

	connectPause time.Duration // Connect is never called twice at a time
}

func newOutput(c config, mgr *service.Resources) (*output, error) {
	acc, err := c.account.Client(c.maxInFlight)
	if err != nil {
		return nil, err
	}
	monitoring, err := acc.Monitoring(c.monitoring)
	if err != nil {
		return nil, err
	}
	return &output{
		monitoring:   monitoring,
		retrier:      &delivery.Retrier{Pauses: c.retryPauses},
		metrics:      newMetrics(mgr.Metrics()),
		connectPause: minConnectPause,
	}, nil
}

// Connect finds the monitoring domain. While it can't be found the output stays
// unconnected, and asks less and less often.
func (o *output) Connect(ctx context.Context) error {
	err := o.monitoring.Connect(ctx)
	if err == nil {
		o.connectPause = minConnectPause
		return nil
	}
	pause := o.connectPause
	o.connectPause = min(2*pause, maxConnectPause)
	return service.NewErrBackOff(err, pause)
}

// ConnectionTest proves that domain, account and app installation are right,
// without reporting anything.
func (o *output) ConnectionTest(ctx context.Context) service.ConnectionTestResults {
	if err := o.monitoring.Probe(ctx); err != nil {
		return service.ConnectionTestFailed(err).AsList()
	}
	return service.ConnectionTestSucceeded().AsList()
}

// WriteBatch sends the messages one after another and fails them one by one.
func (o *output) WriteBatch(ctx context.Context, batch service.MessageBatch) error {
	errs := make([]error, len(batch))
	failed := 0
	var first error
	for i, msg := range batch {
		if errs[i] = o.write(ctx, msg); errs[i] == nil {
			continue
		}
		if failed++; first == nil {
			first = errs[i]
		}
	}
	if failed == 0 {
		return nil
	}
	// Of a batch of one Benthos hands on the headline alone.
	headline := first
	if len(batch) > 1 {
		headline = fmt.Errorf("%d of %d messages failed, the first with: %w", failed, len(batch), first)
	}
	batchErr := service.NewBatchError(batch, headline)
	for i, err := range errs {
		if err != nil {
			batchErr.Failed(i, err)
		}
	}
	return batchErr
}

// Close has no request to wait for: each belongs to a WriteBatch.
func (o *output) Close(context.Context) error {
	o.monitoring.Close()
	return nil
}

func (o *output) write(ctx context.Context, msg *service.Message) error {
	out, err := encode(msg)
	if err != nil {
		return client.NotSent(err)
	}
	if err := o.send(ctx, out.report); err != nil {
		return err
	}
	o.metrics.sent(out.types)
	return nil
}

// send repeats the report until LivePerson has it or never will.
func (o *output) send(ctx context.Context, report client.Report) error {
	attempts := 0
	var last error
	err := o.retrier.Do(ctx,
		func(ctx context.Context) error {
			if attempts++; attempts > 1 {
				o.metrics.retried(last)
			}
			start := time.Now()
			_, last = o.monitoring.Report(ctx, report)
			o.metrics.requested(time.Since(start), last)
			return last
		},
		func(err error) delivery.Decision { return decide(&report, err) },
	)
	if err != nil && attempts > 1 {
		return fmt.Errorf("%w (after %d attempts)", err, attempts)
	}
	return err
}

// decide says what to do about a failed report, and prepares it for the next
// attempt.
func decide(report *client.Report, err error) delivery.Decision {
	var e *client.Error
	if !errors.As(err, &e) {
		return delivery.Decision{}
	}
	if e.StaleIDs() && (report.VisitorID != "" || report.SessionID != "") {
		report.VisitorID, report.SessionID = "", ""
		return delivery.Decision{Free: true}
	}
	if e.VisitorID != "" {
		report.VisitorID = e.VisitorID
	}
	decision := delivery.Decision{Retry: e.Retryable(), Pause: e.RetryAfter}
	if e.Class == client.ClassThrottled {
		decision.AtLeast = throttledPause
	}
	return decision
}
