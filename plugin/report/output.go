// Package report is the output liveperson_report: reports to LivePerson's
// Monitoring API, each message acknowledged when LivePerson has it.
//
// A message's way: WriteBatch admits it, in the order that admission.go has settled, to
// the lane of its consumer; the lane gives it to the sender, alone or merged with
// others; the sender repeats the request until LivePerson has it or never will.
package report

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/plugin/client"
	"github.com/benthos-liveperson/benthos-liveperson/plugin/delivery"
)

const (
	// maxQueued bounds the messages that are inside the output, whatever their
	// batches: some 10 KB each.
	maxQueued = 1 << 12

	// The pause between attempts to connect grows from the first to the second.
	minConnectPause = time.Second
	maxConnectPause = time.Minute
)

// metaCall marks a batch that Benthos will write again.
const metaCall = "liveperson_call"

func init() {
	service.MustRegisterBatchOutput("liveperson_report", spec(),
		func(conf *service.ParsedConfig, mgr *service.Resources) (service.BatchOutput, service.BatchPolicy, int, error) {
			c, err := configFromParsed(conf)
			if err != nil {
				return nil, service.BatchPolicy{}, 0, err
			}
			out, err := newOutput(c, mgr)
			if err != nil {
				return nil, service.BatchPolicy{}, 0, err
			}
			policy, err := batchPolicy(conf, c.ordered, leaveRoom(mgr, out.room))
			if err != nil {
				return nil, policy, 0, err
			}
			out.batched = !policy.IsNoop()
			return out, policy, c.maxInFlight, nil
		})
}

type output struct {
	monitoring *client.Monitoring
	encoder    encoder
	sender     *sender
	ordered    bool
	batched    bool // Benthos' batching stands before the output
	room       *delivery.Room
	turns      *delivery.Turns
	lanes      *delivery.Lanes[*item]

	connectPause time.Duration // Connect is never called twice at a time

	mu     sync.Mutex
	calls  int
	parked map[string]*call // by their metaCall
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
	sender, err := newSender(c, monitoring, mgr)
	if err != nil {
		return nil, err
	}
	return assemble(c, monitoring, sender, newValidator(c.validation, c.checks, mgr)), nil
}

func assemble(c config, monitoring *client.Monitoring, s *sender, v *validator) *output {
	o := &output{
		room:         delivery.NewRoom(maxQueued),
		monitoring:   monitoring,
		encoder:      encoder{consumers: c.consumers, validator: v},
		sender:       s,
		ordered:      c.ordered,
		turns:        delivery.NewTurns(),
		connectPause: minConnectPause,
		parked:       map[string]*call{},
	}
	o.lanes = delivery.NewLanes(maxQueued, s.deliver, c.coalesce.joins())
	return o
}

// Connect finds the monitoring domain. While it can't be found, and while
// LivePerson is down, the output stays unconnected, and asks less and less often.
func (o *output) Connect(ctx context.Context) error {
	if pause, _ := o.sender.dispatcher.Down(); pause > 0 {
		return service.NewErrBackOff(fmt.Errorf("%w; the next request goes in %s", errDown, pause.Round(time.Second)), pause)
	}
	err := o.monitoring.Connect(ctx)
	if err == nil {
		o.connectPause = minConnectPause
		return nil
	}
	pause := o.connectPause
	o.connectPause = min(2*pause, maxConnectPause)
	return service.NewErrBackOff(err, pause)
}

var errDown = errors.New("LivePerson does not answer, or with errors alone: messages wait")

// ConnectionTest proves that domain, account and app installation are right,
// without reporting anything.
func (o *output) ConnectionTest(ctx context.Context) service.ConnectionTestResults {
	if err := o.monitoring.Probe(ctx); err != nil {
		return service.ConnectionTestFailed(err).AsList()
	}
	return service.ConnectionTestSucceeded().AsList()
}

// WriteBatch sends the messages and fails them one by one.
//
// While LivePerson is down it says that it is not connected, so that Benthos shows
// it and calls Connect. The messages stay in their lanes meanwhile; Benthos writes
// the same batch again, which then takes up where it was.
func (o *output) WriteBatch(ctx context.Context, batch service.MessageBatch) error {
	c := o.resume(batch)
	if c == nil {
		c = newCall(batch, o.encoder, o.sender.dedupe)
		if err := o.admit(ctx, c); err != nil {
			o.room.Leave(c.numbered())
			return err
		}
	}
	for {
		pause, changed := o.sender.dispatcher.Down()
		if pause > 0 && ctx.Err() == nil && !c.isDone() {
			return o.park(c)
		}
		select {
		case <-c.done:
			o.room.Leave(c.numbered())
			return c.result(o.batched)
		case <-changed:
		}
	}
}

// admit puts the messages into their consumers' lanes. An error means that none of
// them is there.
func (o *output) admit(ctx context.Context, c *call) error {
	if !o.ordered {
		for _, it := range c.items {
			go o.sender.deliver(ctx, it.consumer, []*item{it})
		}
		return nil
	}
	// Without a number: messages that had failed before, or none of them came by
	// way of the output's batching.
	if c.lastTurn != 0 {
		if err := o.turns.Wait(ctx, c.firstTurn); err != nil {
			return err
		}
		defer o.turns.Passed(c.lastTurn)
	}
	for _, it := range c.items {
		run, err := o.lanes.Put(ctx, it.consumer, it)
		switch {
		case err != nil:
			it.finish(err)
		case run != nil:
			go run()
		}
	}
	return nil
}

// park keeps a call until its batch is written again.
func (o *output) park(c *call) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.calls++
	id := strconv.Itoa(o.calls)
	c.batch[0].MetaSetMut(metaCall, id)
	o.parked[id] = c
	return service.ErrNotConnected
}

// resume gives the call of a batch that was parked, nil for any other.
func (o *output) resume(batch service.MessageBatch) *call {
	id, marked := batch[0].MetaGet(metaCall)
	if !marked {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	c := o.parked[id]
	delete(o.parked, id)
	return c
}

// Close has no request to wait for: each belongs to a WriteBatch.
func (o *output) Close(context.Context) error {
	o.monitoring.Close()
	return nil
}
