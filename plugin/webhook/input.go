// Package webhook takes the notifications that LivePerson posts to an app of the
// Connector API: what agents say to consumers, and what becomes of conversations.
//
// What is sent to LivePerson is for others. Of them it knows only which conversations
// they have opened (package conversation).
package webhook

import (
	"context"
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
		return &input{receiver: r, endpoint: newShared(r, mgr)}, nil
	}))
}

type input struct {
	*receiver
	endpoint endpoint
	close    sync.Once
}

func (i *input) Connect(ctx context.Context) error { return i.endpoint.open(ctx) }

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

// closeTimeout is how long clients that have begun a request have to finish it: Benthos
// gives no limit of its own.
const closeTimeout = 2 * time.Second

// Close answers requests that still wait with 503: LivePerson repeats them.
func (i *input) Close(ctx context.Context) error {
	i.close.Do(func() { close(i.closed) })
	ctx, cancel := context.WithTimeout(ctx, closeTimeout)
	defer cancel()
	return i.endpoint.close(ctx)
}
