package message

import (
	"context"
	"encoding/json"
	"strconv"
	"sync"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/panics"
	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
)

func init() {
	service.MustRegisterBatchProcessor("liveperson_message", processorSpec(),
		register.BatchProcessor(func(conf *service.ParsedConfig, mgr *service.Resources) (service.BatchProcessor, error) {
			c, err := configFromParsed(conf)
			if err != nil {
				return nil, err
			}
			if err := c.readDownloading(conf); err != nil {
				return nil, err
			}
			engine, err := newEngine(c, mgr)
			if err != nil {
				return nil, err
			}
			return &processor{engine, c.reading}, nil
		}))
}

type processor struct {
	engine  *engine
	reading reading
}

// ProcessBatch sends the messages: one consumer's messages one after another, and different
// consumers in parallel. It does not send messages that failed in an earlier processor.
func (p *processor) ProcessBatch(ctx context.Context, batch service.MessageBatch) ([]service.MessageBatch, error) {
	out := make(service.MessageBatch, len(batch))
	read := p.reading.jobs(batch)
	jobs := map[string][]func(){} // by consumer
	for i, msg := range batch {
		out[i] = msg.Copy()
		if msg.GetError() != nil {
			continue
		}
		var j *job
		err := panics.Do(func() (err error) {
			j, err = read(i, msg)
			return err
		})
		if err != nil {
			err = liveperson.NotSent(err)
			p.engine.receipts.unreadable(msg, err)
			out[i].SetError(err)
			continue
		}
		j.trace = p.engine.receipts.trace(msg)
		jobs[j.consumer] = append(jobs[j.consumer], func() { p.process(ctx, j, out[i]) })
	}
	var all sync.WaitGroup
	for _, ofConsumer := range jobs {
		all.Go(func() {
			for _, process := range ofConsumer {
				process()
			}
		})
	}
	all.Wait()
	return []service.MessageBatch{out}, nil
}

// process runs a job and puts LivePerson's answer into its message.
func (p *processor) process(ctx context.Context, j *job, msg *service.Message) {
	r, err := p.engine.do(ctx, j)
	if err != nil {
		msg.SetError(err)
		return
	}
	if r.file != nil {
		r.file.into(msg)
		return
	}
	answer := map[string]any{}
	set := func(member, meta string, value any, text string) {
		answer[member] = value
		msg.MetaSetMut(meta, text)
	}
	if id := r.dialog.ConversationID; id != "" {
		set("conversation_id", metaConversationID, id, id)
	}
	if id := r.dialog.DialogID; id != "" {
		set("dialog_id", metaDialogID, id, id)
	}
	if r.hasSequence {
		set("sequence", metaSequence, r.sequence, strconv.FormatInt(r.sequence, 10))
	}
	var body any
	if j.action == actionRequest && json.Unmarshal(r.answer, &body) == nil && body != nil {
		answer["answer"] = body
	}
	msg.SetStructuredMut(answer)
}

// into puts a file, or its address, into a message.
func (f *downloaded) into(msg *service.Message) {
	if f.address == "" {
		msg.MetaSetMut(metaMediaType, f.mediaType)
		msg.SetBytes(f.content)
		return
	}
	answer := map[string]any{"url": f.address}
	if !f.expires.IsZero() {
		answer["expires_at"] = f.expires.Format(time.RFC3339)
	}
	msg.SetStructuredMut(answer)
}

// Close writes the last receipts and closes idle connections. No request is in flight then: each belongs to a ProcessBatch.
func (p *processor) Close(ctx context.Context) error {
	p.engine.close(ctx)
	return nil
}
