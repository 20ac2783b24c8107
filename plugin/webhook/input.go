// Package webhook is the input liveperson_webhook. It receives the notifications that
// LivePerson posts to an app of the Connector API: the messages of agents, and the states of
// conversations.
//
// A request takes this way: endpoint.go or server.go receives it, and handler.go reads the body.
// receiver.go checks the request and waits for the pipeline. filter.go chooses the changes to pass
// on, and dedupe.go recognises repetitions.
package webhook

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
)

const name = "liveperson_webhook"

func init() {
	service.MustRegisterBatchInput(name, spec(), register.BatchInput(func(conf *service.ParsedConfig, mgr *service.Resources) (service.BatchInput, error) {
		c, err := configFromParsed(conf)
		if err != nil {
			return nil, err
		}
		r, err := newReceiver(c, mgr)
		if err != nil {
			return nil, err
		}
		if c.address != "" {
			return &input{receiver: r, endpoint: newServer(r)}, nil
		}
		return &input{receiver: r, endpoint: newBenthosServer(r, mgr)}, nil
	}))
}

type input struct {
	*receiver
	endpoint endpoint
	close    sync.Once
}

func (i *input) Connect(ctx context.Context) error {
	if err := i.poison.open(); err != nil {
		return err
	}
	return i.endpoint.open(ctx)
}

func (i *input) ReadBatch(ctx context.Context) (service.MessageBatch, service.AckFunc, error) {
	select {
	case d := <-i.deliveries:
		return d.batch, d.ack, nil
	case <-i.endpoint.gone():
		return nil, nil, service.ErrNotConnected
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
}

// closeTimeout is how long clients have to finish their requests. Benthos sets no limit.
const closeTimeout = 2 * time.Second

// Close answers 503 to requests that wait. LivePerson repeats them.
func (i *input) Close(ctx context.Context) error {
	i.close.Do(func() { close(i.closed) })
	ctx, cancel := context.WithTimeout(ctx, closeTimeout)
	defer cancel()
	return errors.Join(i.endpoint.close(ctx), i.poison.close(ctx))
}
