// Package readback is the processor liveperson_readback. It asks LivePerson what it has of a report
// that it accepted, and puts the differences on the message.
//
// A message takes this way: message.go reads the receipt or the report, wait.go waits until
// LivePerson can show it, asker.go asks LivePerson, and package internal/readback compares.
package readback

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/metric"
	"github.com/benthos-liveperson/benthos-liveperson/internal/panics"
	"github.com/benthos-liveperson/benthos-liveperson/internal/readback"
	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
)

// The metadata with the result.
const (
	metaOutcome = "liveperson_readback_result"
	metaResult  = "liveperson_readback"
)

// skipped counts messages that are not in the sample.
const skipped = "skipped"

func init() {
	service.MustRegisterBatchProcessor("liveperson_readback", spec(), register.BatchProcessor(func(conf *service.ParsedConfig, mgr *service.Resources) (service.BatchProcessor, error) {
		c, err := configFromParsed(conf)
		if err != nil {
			return nil, err
		}
		return newProcessor(c, mgr)
	}))
}

type processor struct {
	config config
	asker  *asker
	// ask asks LivePerson once, with retries.
	ask func(context.Context, question) (found, error)

	results    *service.MetricCounter
	attributes *service.MetricCounter

	closed context.Context // ends when the processor closes
	close  context.CancelFunc
}

func newProcessor(c config, mgr *service.Resources) (*processor, error) {
	a, err := newAsker(c, mgr)
	if err != nil {
		return nil, err
	}
	p := &processor{
		config: c, asker: a, ask: a.ask,
		results: metric.Counter(mgr.Metrics(), "liveperson_readbacks",
			string(readback.Matched), string(readback.Missing), string(readback.Different), string(readback.Unknown), skipped),
		attributes: metric.Counter(mgr.Metrics(), "liveperson_readback_lost", append(sde.Names(), kindOther)...),
	}
	p.closed, p.close = context.WithCancel(context.Background())
	return p, nil
}

// ProcessBatch asks for the messages of a batch in parallel. Messages keep their order, and each
// fails by itself.
func (p *processor) ProcessBatch(ctx context.Context, batch service.MessageBatch) ([]service.MessageBatch, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(p.closed, cancel)()
	out := batch.Copy()
	var all sync.WaitGroup
	for i := range batch {
		all.Go(func() {
			err := panics.Do(func() error {
				p.process(ctx, i, batch, out[i])
				return nil
			})
			if err != nil {
				out[i].SetError(err)
			}
		})
	}
	all.Wait()
	return []service.MessageBatch{out}, nil
}

// process puts the result on a message.
func (p *processor) process(ctx context.Context, i int, batch service.MessageBatch, msg *service.Message) {
	if msg.GetError() != nil { // of an earlier processor
		return
	}
	q, reason, err := p.question(i, batch)
	if err == nil && reason == "" && !p.inSample(q) {
		p.results.Incr(1, skipped)
		return
	}
	var result readback.Result
	switch {
	case err != nil:
		reason = readback.Unreadable
		result = readback.UnknownBecause(reason)
	case reason != "":
		result = readback.UnknownBecause(reason)
	default:
		result, err = p.readBack(ctx, q)
	}
	p.results.Incr(1, string(result.Outcome()))
	for _, kind := range result.Lost() {
		p.attributes.Incr(1, kindOf(kind))
	}
	msg.MetaSetMut(metaOutcome, string(result.Outcome()))
	msg.MetaSetMut(metaResult, result.Structured())
	if err != nil {
		msg.SetError(err)
	}
}

// kindOther is the label of types that LivePerson does not document.
const kindOther = "other"

// kindOf is the label of a type. Other texts would make too many series.
func kindOf(kind string) string {
	if !sde.Known(kind) {
		return kindOther
	}
	return kind
}

// readBack asks LivePerson, and asks again while something is missing that LivePerson may not show
// yet. A failed request makes the result unknown, and is also an error.
func (p *processor) readBack(ctx context.Context, q question) (readback.Result, error) {
	if ok, err := p.wait(ctx, q); err != nil {
		return readback.UnknownBecause(readback.RequestFailed), liveperson.NotNow(err)
	} else if !ok {
		return readback.UnknownBecause(readback.TooEarly), nil
	}
	for n := 0; ; n++ {
		if p.config.ask == askVisit && !q.sent.IsZero() && time.Since(q.sent) > liveperson.VisitLifetime {
			return readback.UnknownBecause(readback.TooOld), nil
		}
		has, err := p.ask(ctx, q)
		switch {
		case liveperson.NoVisit(err):
			has.reason = readback.NoVisit
		case err != nil:
			return readback.UnknownBecause(readback.RequestFailed), err
		}
		result := p.compare(q, has)
		if !mayComeLater(result) || n >= len(p.config.recheckPauses) || p.settled(q, n) {
			return result, nil
		}
		if err := sleep(ctx, p.config.recheckPauses[n]); err != nil {
			return readback.UnknownBecause(readback.RequestFailed), liveperson.NotNow(err)
		}
	}
}

// mayComeLater tells whether another answer of LivePerson may be better.
func mayComeLater(r readback.Result) bool {
	switch r.Outcome() {
	case readback.Missing, readback.Different:
		return true
	case readback.Unknown:
		return r.Unknown[0].Reason == readback.NoConversation
	}
	return false
}

// clockTolerance is how much earlier than its receipt says LivePerson may have received an attribute. It covers
// clocks, whose difference is known to the second, and a process that was busy when the answer came. A false
// alarm is worse than to mistake an attribute for the same one of half a minute before.
const clockTolerance = 30 * time.Second

func (p *processor) compare(q question, has found) readback.Result {
	if has.reason != "" {
		return readback.UnknownBecause(has.reason)
	}
	look := readback.Question{Attributes: q.attributes, InConversation: p.config.ask != askVisit}
	if !q.begun.IsZero() {
		ahead := has.At.Sub(has.asked) // LivePerson's clock
		look.From = q.begun.Add(ahead - clockTolerance)
		look.To = q.sent.Add(ahead + clockTolerance)
	}
	return readback.Compare(look, has.Attributes)
}

// Close ends waits and requests whose ProcessBatch still runs.
func (p *processor) Close(context.Context) error {
	p.close()
	p.asker.retrier.Close()
	p.asker.closeIdle()
	return nil
}

var errClosed = errors.New("the pipeline stops")
