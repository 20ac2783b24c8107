package report

import (
	"context"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/benthos-liveperson/benthos-liveperson/internal/delivery"
	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/panics"
	"github.com/benthos-liveperson/benthos-liveperson/internal/receipt"
	"github.com/benthos-liveperson/benthos-liveperson/internal/requests"
	"github.com/benthos-liveperson/benthos-liveperson/internal/session"
	"github.com/benthos-liveperson/benthos-liveperson/internal/tally"
)

// sender sends reports to LivePerson, within the limits, in the consumer's session, and with
// retries.
type sender struct {
	monitoring *liveperson.Monitoring
	sessions   *session.Store
	identity   session.Identity
	dedupe     *dedupe
	retrier    *requests.Retrier
	metrics    *metrics
	refused    *refusedReports
	dropper    *tally.Dropper
	receipts   receipts
}

func newSender(c config, monitoring *liveperson.Monitoring, mgr *service.Resources) (*sender, error) {
	known, err := newDedupe(c, mgr)
	if err != nil {
		return nil, err
	}
	sessions, err := session.Open(c.sessions, mgr, c.account.AccountID)
	if err != nil {
		return nil, err
	}
	retrier, err := requests.New(c.requests, mgr)
	if err != nil {
		return nil, err
	}
	writer, err := receipt.NewWriter(c.receipts, "liveperson_report", mgr)
	if err != nil {
		return nil, err
	}
	return &sender{
		monitoring: monitoring,
		sessions:   sessions,
		identity:   c.identity,
		dedupe:     known,
		retrier:    retrier,
		metrics:    newMetrics(mgr.Metrics()),
		refused:    newRefusedReports(),
		dropper:    tally.NewDropper(mgr, writer),
		receipts:   receipts{writer},
	}, nil
}

// sending is one delivery: items of one consumer that are sent as one report.
type sending struct {
	*sender
	consumer string
	items    []*item // the items that LivePerson may not have yet
	release  func()  // see delivery.QueueOptions
	report   liveperson.Report
	merged   int // how many items were merged into the report; 0: it does not exist yet
	visit    *session.Visit
	trace    *trace // nil: no receipt is wanted

	claim     int64 // of the next request, see claim.go
	claimedAt time.Time
	claims    []string // keys
	other     otherClaim
}

// deliver sends the items of one consumer and settles them, also if sending them panics.
func (s *sender) deliver(ctx context.Context, consumer string, items []*item, release func()) {
	d := &sending{sender: s, consumer: consumer, items: items, release: release, trace: s.receipts.trace()}
	err := panics.Do(func() error { return d.deliver(ctx) })
	if err == nil {
		return
	}
	for _, it := range items {
		if !it.ack.IsDone() {
			d.done(ctx, it, err)
		}
	}
}

// deliver sends the items as one report. If LivePerson refuses a merged report, each item is sent
// alone, so that only the bad event fails. If deliver returns an error, no request was made.
func (d *sending) deliver(ctx context.Context) error {
	unlock, err := d.dedupe.lock(ctx, d.items, d.release)
	if err != nil {
		return err
	}
	defer unlock()
	err = d.send(ctx)
	if len(d.items) == 1 || liveperson.ClassOf(err) != liveperson.ClassInvalid {
		d.settle(ctx, err)
		return nil
	}
	merged := d.trace
	for _, it := range d.items {
		d.items, d.merged, d.trace = []*item{it}, 0, merged.copy()
		d.settle(ctx, d.send(ctx))
	}
	return nil
}

// settle settles the items that were sent. It remembers an accepted item before it acknowledges it.
// If the process crashes between the two, the item comes again and can be recognised.
func (d *sending) settle(ctx context.Context, err error) {
	for _, it := range d.items {
		if err == nil {
			d.remember(ctx, it)
			d.metrics.sent(it.types)
			tally.Reported(1)
		}
		d.done(ctx, it, err)
	}
}

// done writes the receipt of an item, and then gives the item its outcome.
func (d *sending) done(ctx context.Context, it *item, err error) {
	// If the pipeline was stopped, the message comes again, so it has no receipt yet.
	if stopped := err != nil && ctx.Err() != nil; !stopped {
		d.receipts.write(it, d.trace, err)
	}
	it.ack.Done(err)
}

func (d *sending) remember(ctx context.Context, it *item) {
	if len(it.marks) == 0 {
		return
	}
	if d.dedupe.remote {
		d.release()
	}
	d.dedupe.remember(ctx, it.marks)
}

// send makes the request until LivePerson accepts it or it fails for good. It settles items that
// LivePerson already has, and removes them from d.items.
func (d *sending) send(ctx context.Context) error {
	first := d.items[0].report
	d.visit = d.sessions.Begin(d.consumer, first.VisitorID, first.SessionID)
	defer d.visit.End()
	ctx = oteltrace.ContextWithSpan(ctx, d.items[0].span)
	err := d.retrier.Do(d.trace.record(ctx), d.consumer, d.prepare, func(e *liveperson.Error) (different bool) {
		d.release() // the pause before a retry may follow
		d.unclaim(ctx)
		return d.visit.Refused(ctx, e)
	})
	if err != nil {
		d.unclaim(ctx)
	}
	d.claims = nil // the acceptance takes their place
	return err
}

// prepare looks up which items LivePerson has accepted and which session the consumer has. It runs
// immediately before a request, because another instance may have sent the same events meanwhile.
func (d *sending) prepare(ctx context.Context) (request func(context.Context) error, err error) {
	if wait := d.withoutRepeats(ctx); wait != nil {
		return nil, delivery.WaitFor(wait)
	}
	if len(d.items) == 0 {
		return nil, nil
	}
	start := time.Now()
	wait := d.visit.Refresh(ctx)
	d.retrier.SessionLookedUp(ctx, start)
	if wait != nil {
		d.release()
		d.unclaim(ctx)
		return nil, delivery.WaitFor(wait)
	}
	if err := d.identify(); err != nil {
		return nil, err
	}
	if d.merged != len(d.items) || d.changed() {
		if d.report, err = mergeReports(d.items); err != nil {
			return nil, err
		}
		d.merged = len(d.items)
	}
	d.report.VisitorID, d.report.SessionID = d.visit.VisitorID, d.visit.SessionID
	return d.request, nil
}

func (d *sending) request(ctx context.Context) error {
	answer, err := d.monitoring.Report(ctx, d.report)
	d.trace.answered(d.report, answer)
	switch {
	case err == nil:
		if answer.New {
			d.metrics.sessions.Incr(1)
		}
		d.visit.Accepted(ctx, answer)
	case liveperson.AccountRefused(err) && d.refused.seen(d.report.Body):
		return requests.RefusedAgain(err)
	}
	return err
}

// changed tells whether attributes were removed from an item since the last call.
func (d *sending) changed() (changed bool) {
	for _, it := range d.items {
		changed = changed || it.changed
		it.changed = false
	}
	return changed
}
