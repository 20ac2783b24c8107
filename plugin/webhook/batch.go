package webhook

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/panics"
)

// trackedBatch is a batch for the pipeline, with the pending change of each message.
type trackedBatch struct {
	dedupe  *dedupe
	poison  *poison
	batch   service.MessageBatch
	pending []*pending // by the message's index
	index   *service.Indexer
	ended   sync.Once
}

func (b *trackedBatch) add(p *pending, msg *service.Message) {
	b.batch = append(b.batch, msg)
	b.pending = append(b.pending, p)
}

// ready returns what ReadBatch returns.
func (b *trackedBatch) ready() delivery {
	b.index = b.batch.Index()
	return delivery{b.batch, b.acknowledge}
}

// withdraw ends the changes of a batch that was not sent.
func (b *trackedBatch) withdraw(err error) {
	b.ended.Do(func() {
		for _, p := range b.pending {
			b.dedupe.end(p, err)
		}
	})
}

// acknowledge is the batch's AckFunc. Benthos may call it more than once. It does not return
// the pipeline's failure, because LivePerson repeats the notification.
func (b *trackedBatch) acknowledge(ctx context.Context, err error) (panicked error) {
	b.ended.Do(func() {
		for i, failure := range b.failures(err) {
			// A panic for one change must not stop the others.
			if err := panics.Do(func() error {
				b.finish(ctx, b.pending[i], failure)
				return nil
			}); err != nil {
				panicked = err
			}
		}
	})
	return panicked
}

func (b *trackedBatch) finish(ctx context.Context, p *pending, failure error) {
	defer b.dedupe.finish(ctx, p, failure) // if the cache of failures panics
	if failure != nil {
		b.poison.failed(ctx, p.counted, failure)
		return
	}
	b.poison.arrived(ctx, p.counted)
}

// failures returns the error of each message. If an error names no message, it counts for all of
// them.
func (b *trackedBatch) failures(err error) []error {
	each := slices.Repeat([]error{err}, len(b.pending))
	var batchErr *service.BatchError
	if !errors.As(err, &batchErr) {
		return each
	}
	failed, named := make([]error, len(b.pending)), false
	batchErr.WalkMessagesIndexedBy(b.index, func(i int, _ *service.Message, err error) bool {
		named = true
		if err != nil { // a message may have become several, and one of them failed
			failed[i] = err
		}
		return true
	})
	if !named {
		return each
	}
	return failed
}
