package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// bareLoad sends reports without Benthos, with an http.Transport of its own.
type bareLoad struct {
	client   *http.Client
	url      string
	reports  [][]byte
	inFlight int
}

func startBare(o options, events sequence) (load, error) {
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

// mapped returns the reports of all distinct events.
func mapped(events sequence) (reports [][]byte, err error) {
	builder := service.NewResourceBuilder()
	if err := builder.AddProcessorYAML("label: map\nliveperson_retail: {}"); err != nil {
		return nil, err
	}
	resources, stop, err := builder.Build()
	if err != nil {
		return nil, err
	}
	for i := range distinctEvents {
		var batch service.MessageBatch
		accessErr := resources.AccessProcessor(context.Background(), "map", func(p *service.ResourceProcessor) {
			batch, err = p.Process(context.Background(), service.NewMessage(events.at(i)))
		})
		if err := errors.Join(accessErr, err); err != nil {
			return nil, err
		}
		report, err := batch[0].AsBytes()
		if err != nil {
			return nil, err
		}
		reports = append(reports, report)
	}
	return reports, stop(context.Background())
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
