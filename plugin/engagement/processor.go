// Package engagement is the processor liveperson_engagement. It asks LivePerson which engagement
// may be offered to a visitor, and puts the answer into the message.
//
// question.go turns a message into a question, and refuses a question that LivePerson would refuse.
// asker.go gets the answer from the cache, or from LivePerson in the consumer's session. result.go
// converts the answers of both APIs to one form.
package engagement

import (
	"context"
	"errors"
	"regexp"
	"sync"
	"time"

	"github.com/redpanda-data/benthos/v4/public/bloblang"
	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/panics"
	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
	"github.com/benthos-liveperson/benthos-liveperson/internal/session"
)

func init() {
	service.MustRegisterBatchProcessor("liveperson_engagement", spec(), register.BatchProcessor(func(conf *service.ParsedConfig, mgr *service.Resources) (service.BatchProcessor, error) {
		c, err := configFromParsed(conf)
		if err != nil {
			return nil, err
		}
		return newProcessor(c, mgr)
	}))
}

type processor struct {
	reader      reader
	consumers   session.Consumers
	identity    session.Identity
	requestMap  *bloblang.Executor // nil: the content is the request
	resultMap   *bloblang.Executor // nil: the content stays
	asker       *asker
	ask         func(context.Context, question) (result, error)
	cacheKey    *service.InterpolatedString // nil: there is no cache_key
	concurrency int
	maxWait     time.Duration // 0: no limit
	failures    *failureLog
}

func newProcessor(c config, mgr *service.Resources) (*processor, error) {
	a, err := newAsker(c, mgr)
	if err != nil {
		return nil, err
	}
	p := &processor{
		reader:      c.reader,
		consumers:   c.consumers,
		identity:    c.identity,
		requestMap:  c.requestMap,
		resultMap:   c.resultMap,
		asker:       a,
		ask:         a.ask,
		cacheKey:    c.cache.key,
		concurrency: c.requests.Concurrency,
		maxWait:     c.maxWait,
		failures:    newFailureLog(mgr.Logger()),
	}
	if c.operation == operationUpdate {
		p.ask = a.update
	}
	return p, nil
}

// ProcessBatch asks for the messages of a batch in parallel. Messages keep their order, and each
// fails alone. All have the same deadline, because they came at the same time.
func (p *processor) ProcessBatch(ctx context.Context, batch service.MessageBatch) ([]service.MessageBatch, error) {
	out := batch.Copy()
	values := p.evaluate(batch)
	room := make(chan struct{}, p.concurrency)
	var all sync.WaitGroup
	for i := range batch {
		room <- struct{}{}
		all.Go(func() {
			defer func() { <-room }()
			err := panics.Do(func() error {
				out[i] = p.process(ctx, batch[i], i, values)
				return nil
			})
			if err != nil {
				out[i] = p.failed(ctx, batch[i], err)
			}
		})
	}
	all.Wait()
	return []service.MessageBatch{out}, nil
}

// process returns the message with its answer. If it fails, it returns the message unchanged
// and marked as failed.
func (p *processor) process(ctx context.Context, msg *service.Message, i int, values expressions) *service.Message {
	if msg.GetError() != nil { // an earlier processor marked it as failed
		return msg
	}
	q, err := p.question(msg, i, values)
	switch {
	case errors.Is(err, errNotAsked):
		return msg
	case err != nil:
		return p.failed(ctx, msg, liveperson.NotSent(err))
	}
	r, err := p.asker.withDeadline(ctx, q, p.ask)
	if err != nil {
		return p.failed(ctx, msg, err)
	}
	answered, err := p.answered(msg, r)
	if err != nil {
		return p.failed(ctx, msg, err)
	}
	return answered
}

// failed returns a copy of the message that is marked as failed, and logs the failure.
func (p *processor) failed(ctx context.Context, msg *service.Message, err error) *service.Message {
	if ctx.Err() == nil { // otherwise the pipeline is stopping
		p.failures.note(err)
	}
	msg = msg.Copy()
	msg.SetError(err)
	return msg
}

// expressions has the results of the user's expressions for the messages of a batch. Its functions
// take the index of a message.
type expressions struct {
	consumer func(i int, content map[string]any, visitorID string) (string, error)
	key      func(i int) (string, error)
	deadline time.Time // zero: no deadline
}

// evaluate evaluates the expressions for all messages at once, because an expression may read any
// message of the batch.
func (p *processor) evaluate(batch service.MessageBatch) expressions {
	all := expressions{consumer: p.consumers.ForBatch(batch), key: func(int) (string, error) { return "", nil }}
	if p.maxWait > 0 {
		all.deadline = time.Now().Add(p.maxWait)
	}
	if p.cacheKey == nil {
		return all
	}
	keys, errs := make([]string, len(batch)), make([]error, len(batch))
	expression := batch.InterpolationExecutor(p.cacheKey)
	for i := range batch {
		if keys[i], errs[i] = expression.TryString(i); errs[i] != nil { // Bloblang's errors may contain values
			errs[i] = errors.New(leFieldCacheKey + ": can't be read from this message; correct the expression")
		}
	}
	all.key = func(i int) (string, error) { return keys[i], errs[i] }
	return all
}

// errNotAsked means that request_map returned deleted(). The message stays unchanged.
var errNotAsked = errors.New("the message asks for nothing")

func (p *processor) question(msg *service.Message, i int, values expressions) (q question, err error) {
	if msg, err = p.request(msg); err != nil {
		return q, err
	}
	content, err := msg.AsStructured()
	request, ok := content.(map[string]any)
	if err != nil || !ok {
		return q, errors.New("expected a JSON object with the request to LivePerson; make one with " + leFieldRequestMap)
	}
	if q, err = p.reader.read(request); err != nil {
		return q, err
	}
	q.ownVisitorID, q.ownSessionID = session.IDsOf(msg)
	if p.identity.LeftOut(q.ownVisitorID, q.ownSessionID) {
		delete(q.members, memberConsumerID)
		delete(q.members, memberIdentities)
	}
	q.deadline = values.deadline
	q.consumer, err = values.consumer(i, request, q.ownVisitorID) // the request still has its identities; the question may not
	if err == nil {
		q.key, err = values.key(i)
	}
	return q, err
}

// request returns the result of the user's request_map.
func (p *processor) request(msg *service.Message) (*service.Message, error) {
	if p.requestMap == nil {
		return msg, nil
	}
	mapped, err := msg.BloblangQuery(p.requestMap)
	switch {
	case err != nil:
		return nil, mappingError(leFieldRequestMap, err)
	case mapped == nil:
		return nil, errNotAsked
	}
	return mapped, nil
}

var mappingLine = regexp.MustCompile(`line [0-9]+`)

// mappingError names the line in which a mapping fails. Bloblang's own errors may contain values.
func mappingError(field string, err error) error {
	if line := mappingLine.FindString(err.Error()); line != "" {
		field += ", " + line
	}
	return errors.New(field + ": fails for this message; correct the mapping, or the message")
}

// answered puts the answer into a message, and its ids into the metadata.
func (p *processor) answered(msg *service.Message, r result) (*service.Message, error) {
	msg = msg.Copy()
	for name, id := range map[string]string{session.MetaVisitorID: r.VisitorID, session.MetaSessionID: r.SessionID} {
		if id != "" {
			msg.MetaSetMut(name, id)
		}
	}
	if p.resultMap == nil {
		return msg, nil
	}
	answer := msg.Copy()
	answer.SetStructuredMut(r.structured())
	answered, err := msg.BloblangMutateFrom(p.resultMap, answer)
	switch {
	case err != nil:
		return nil, mappingError(leFieldResultMap, err)
	case answered == nil:
		return nil, errors.New(leFieldResultMap + ": can't drop messages; do that in a mapping after this processor")
	}
	return answered, nil
}

// Close cancels the requests in flight. Requests may outlive their ProcessBatch, because other
// questions may wait for the same answer.
func (p *processor) Close(context.Context) error {
	p.asker.close()
	p.asker.retrier.Close()
	p.asker.livePerson.close()
	return nil
}
