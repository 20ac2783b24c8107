package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// bareLoad sends reports without Benthos, with a transport made for it.
type bareLoad struct {
	client   *http.Client
	url      string
	reports  [][]byte
	inFlight int
}

func startBare(o options, r row) (load, error) {
	events, err := newSequence(o.consumers, r.inARow)
	if err != nil {
		return nil, err
	}
	reports, err := mapped(events)
	if err != nil {
		return nil, fmt.Errorf("making the reports: %w", err)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns = 0
	transport.MaxIdleConnsPerHost = o.inFlight
	return &bareLoad{
		client:   &http.Client{Transport: transport},
		url:      o.server + reportTarget,
		reports:  reports,
		inFlight: o.inFlight,
	}, nil
}

// mapped gives the reports of one event of each sort.
func mapped(events sequence) ([][]byte, error) {
	var reports [][]byte
	builder := service.NewStreamBuilder()
	if err := builder.SetLoggerYAML("level: off"); err != nil {
		return nil, err
	}
	push, err := builder.AddBatchProducerFunc()
	if err != nil {
		return nil, err
	}
	if err := builder.AddProcessorYAML("liveperson_retail: {}"); err != nil {
		return nil, err
	}
	err = builder.AddBatchConsumerFunc(func(_ context.Context, batch service.MessageBatch) error {
		return batch.WalkWithBatchedErrors(func(_ int, msg *service.Message) error {
			report, err := msg.AsBytes()
			reports = append(reports, report)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	built, err := builder.Build()
	if err != nil {
		return nil, err
	}
	batch := make(service.MessageBatch, distinctEvents)
	for i := range batch {
		batch[i] = service.NewMessage(events.at(i))
	}
	pushed := make(chan error, 1)
	go func() {
		pushed <- push(context.Background(), batch)
		_ = built.StopWithin(stopTime)
	}()
	if err := built.Run(context.Background()); err != nil {
		return nil, err
	}
	return reports, <-pushed
}

func (b *bareLoad) send(ctx context.Context, t *tally) error {
	var taken atomic.Int64
	var senders sync.WaitGroup
	for range b.inFlight {
		senders.Go(func() {
			for ctx.Err() == nil {
				i := int(taken.Add(1)) - 1
				if i >= t.events {
					return
				}
				start := time.Now()
				err := b.post(ctx, b.reports[i%len(b.reports)])
				t.settle(1, time.Since(start), err)
			}
		})
	}
	senders.Wait()
	return ctx.Err()
}

func (b *bareLoad) post(ctx context.Context, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-HTTP-Method-Override", http.MethodPut)
	res, err := b.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK && res.StatusCode != http.StatusCreated {
		return fmt.Errorf("unexpected status %d", res.StatusCode)
	}
	return nil
}

func (b *bareLoad) close(context.Context) error {
	b.client.CloseIdleConnections()
	return nil
}
