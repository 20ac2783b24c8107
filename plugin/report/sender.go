package report

import (
	"context"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/plugin/client"
	"github.com/benthos-liveperson/benthos-liveperson/plugin/dispatch"
	"github.com/benthos-liveperson/benthos-liveperson/plugin/panics"
	"github.com/benthos-liveperson/benthos-liveperson/plugin/session"
)

// sender gets reports to LivePerson: within the limits, in the consumer's session,
// and as often as it takes.
type sender struct {
	monitoring *client.Monitoring
	sessions   *session.Store
	dedupe     *dedupe
	dispatcher *dispatch.Dispatcher
	metrics    *metrics
}

func newSender(c config, monitoring *client.Monitoring, mgr *service.Resources) (*sender, error) {
	known, err := newDedupe(c, mgr)
	if err != nil {
		return nil, err
	}
	sessions, err := session.Open(c.sessions, mgr, c.account.AccountID)
	if err != nil {
		return nil, err
	}
	dispatcher, err := dispatch.New(c.dispatch, mgr)
	if err != nil {
		return nil, err
	}
	return &sender{
		monitoring: monitoring,
		sessions:   sessions,
		dedupe:     known,
		dispatcher: dispatcher,
		metrics:    newMetrics(mgr.Metrics()),
	}, nil
}

// deliverSafely delivers, and fails the items that are left when that panics.
func (s *sender) deliverSafely(ctx context.Context, consumer string, items []*item) {
	err := panics.Do(func() error {
		s.deliver(ctx, consumer, items)
		return nil
	})
	if err == nil {
		return
	}
	for _, it := range items {
		it.place.FinishUnlessDone(err)
	}
}

// deliverAll sends the items of one consumer as one report. When LivePerson refuses
// what was merged, each goes by itself, so that one bad event takes no good one
// with it.
func (s *sender) deliverAll(ctx context.Context, consumer string, items []*item) {
	report, err := mergeReports(items)
	if err == nil {
		err = s.send(ctx, consumer, report)
	}
	if len(items) > 1 && client.ClassOf(err) == client.ClassInvalid {
		for _, it := range items {
			s.finish(ctx, it, s.send(ctx, consumer, it.report))
		}
		return
	}
	for _, it := range items {
		s.finish(ctx, it, err)
	}
}

// finish settles an item that was sent. What LivePerson has accepted is remembered
// before it is acknowledged: a crash in between sends it again, rather than never.
func (s *sender) finish(ctx context.Context, it *item, err error) {
	if err == nil {
		s.dedupe.remember(ctx, it.marks)
		s.metrics.sent(it.types)
	}
	it.place.Finish(err)
}

// send repeats the report until LivePerson has it or never will.
func (s *sender) send(ctx context.Context, consumer string, report client.Report) error {
	visit, release := s.sessions.Begin(ctx, consumer, report.VisitorID, report.SessionID)
	defer release()
	return s.dispatcher.Do(ctx,
		func(ctx context.Context) error {
			report.VisitorID, report.SessionID = visit.VisitorID, visit.SessionID
			answer, err := s.monitoring.Report(ctx, report)
			if err == nil {
				visit.Accepted(ctx, answer)
			}
			return err
		},
		func(e *client.Error) (different bool) { return visit.Refused(ctx, e) },
	)
}
