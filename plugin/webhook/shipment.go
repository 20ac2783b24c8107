package webhook

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/panics"
)

// shipment is the flights of one batch.
type shipment struct {
	all     *flights
	batch   service.MessageBatch
	flights []*flight // by the message's index
	index   *service.Indexer
	landed  sync.Once
}

func (s *shipment) add(f *flight, msg *service.Message) {
	s.batch = append(s.batch, msg)
	s.flights = append(s.flights, f)
}

// ready gives the batch as it goes down the pipeline.
func (s *shipment) ready() delivery {
	s.index = s.batch.Index()
	return delivery{s.batch, s.acknowledge}
}

// withdraw ends flights that have not been sent.
func (s *shipment) withdraw(err error) {
	s.landed.Do(func() {
		for _, f := range s.flights {
			s.all.end(f, err)
		}
	})
}

// acknowledge is called with the pipeline's answer, of which Benthos says that it may
// come more than once. It does not pass a failure on: LivePerson repeats.
func (s *shipment) acknowledge(ctx context.Context, err error) (panicked error) {
	s.landed.Do(func() {
		for i, failure := range s.failures(err) {
			// The others land all the same.
			if err := panics.Do(func() error {
				s.all.land(ctx, s.flights[i], failure)
				return nil
			}); err != nil {
				panicked = err
			}
		}
	})
	return panicked
}

// failures gives the error of each message. An error that says nothing of any of them is
// about all.
func (s *shipment) failures(err error) []error {
	each := slices.Repeat([]error{err}, len(s.flights))
	var batchErr *service.BatchError
	if !errors.As(err, &batchErr) {
		return each
	}
	failed, about := make([]error, len(s.flights)), false
	batchErr.WalkMessagesIndexedBy(s.index, func(i int, _ *service.Message, err error) bool {
		about = true
		if err != nil { // of one of the messages that it has become, perhaps
			failed[i] = err
		}
		return true
	})
	if !about {
		return each
	}
	return failed
}
