package report

import (
	"context"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/delivery"
	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/panics"
	"github.com/benthos-liveperson/benthos-liveperson/internal/requests"
	"github.com/benthos-liveperson/benthos-liveperson/internal/session"
)

// sender gets reports to LivePerson: within the limits, in the consumer's session,
// and as often as it takes.
type sender struct {
	monitoring *liveperson.Monitoring
	sessions   *session.Store
	dedupe     *dedupe
	retrier    *requests.Retrier
	metrics    *metrics
	refused    *refusedReports
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
	return &sender{
		monitoring: monitoring,
		sessions:   sessions,
		dedupe:     known,
		retrier:    retrier,
		metrics:    newMetrics(mgr.Metrics()),
		refused:    newRefusedReports(),
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
		it.place.DoneOnce(err)
	}
}

// group is the items of one consumer that go out as one report.
type group struct {
	*sender
	consumer string
	items    []*item // those that LivePerson may not have yet
	report   liveperson.Report
	merged   int // how many items the report is made of; 0: it is not made yet
	visit    *session.Visit
}

// deliverAll sends the items of one consumer as one report. If LivePerson refuses what was
// merged, each item goes by itself, so that one bad event takes no good one with it.
func (s *sender) deliverAll(ctx context.Context, consumer string, items []*item) {
	left, err := s.send(ctx, consumer, items)
	if len(left) > 1 && liveperson.ClassOf(err) == liveperson.ClassInvalid {
		for _, it := range left {
			one, err := s.send(ctx, consumer, []*item{it})
			s.finishAll(ctx, one, err)
		}
		return
	}
	s.finishAll(ctx, left, err)
}

func (s *sender) finishAll(ctx context.Context, items []*item, err error) {
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

// send makes the request for the items until LivePerson has accepted it or never will. It
// returns the items that the outcome is about. Those that turn out to be LivePerson's
// already are finished.
func (s *sender) send(ctx context.Context, consumer string, items []*item) (left []*item, err error) {
	g := &group{sender: s, consumer: consumer, items: items}
	first := items[0].report
	g.visit = s.sessions.Begin(consumer, first.VisitorID, first.SessionID)
	defer g.visit.End()
	err = s.retrier.Do(ctx, consumer, g.prepare, func(e *liveperson.Error) bool { return g.visit.Refused(ctx, e) })
	return g.items, err
}

// prepare looks up, immediately before a request, what LivePerson has accepted and which
// session the consumer has. Another instance may have sent the same events meanwhile.
func (g *group) prepare(ctx context.Context) (request func(context.Context) error, err error) {
	if wait := g.visit.Refresh(ctx); wait != nil {
		return nil, delivery.WaitFor(wait)
	}
	g.items = g.withoutRepeats(ctx, g.items)
	if len(g.items) == 0 {
		return nil, nil
	}
	if g.merged != len(g.items) || g.changed() {
		if g.report, err = mergeReports(g.items); err != nil {
			return nil, err
		}
		g.merged = len(g.items)
	}
	g.report.VisitorID, g.report.SessionID = g.visit.VisitorID, g.visit.SessionID
	return g.request, nil
}

func (g *group) request(ctx context.Context) error {
	answer, err := g.monitoring.Report(ctx, g.report)
	switch {
	case err == nil:
		g.visit.Accepted(ctx, answer)
	case liveperson.AccountRefused(err) && g.refused.seen(g.report.Body):
		return requests.RefusedAgain(err)
	}
	return err
}

// changed tells whether something was taken out of an item since the last call.
func (g *group) changed() (changed bool) {
	for _, it := range g.items {
		changed = changed || it.changed
		it.changed = false
	}
	return changed
}
