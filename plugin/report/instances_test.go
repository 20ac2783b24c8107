package report

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/output/outputtest"
)

// sharedCache is a cache server that several processes use. It answers after a delay.
type sharedCache struct {
	latency time.Duration

	mu   sync.Mutex
	kept map[string][]byte
}

func (c *sharedCache) Get(_ context.Context, key string) ([]byte, error) {
	time.Sleep(c.latency)
	c.mu.Lock()
	defer c.mu.Unlock()
	if value, known := c.kept[key]; known {
		return value, nil
	}
	return nil, service.ErrKeyNotFound
}

func (c *sharedCache) Set(_ context.Context, key string, value []byte, _ *time.Duration) error {
	time.Sleep(c.latency)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept[key] = value
	return nil
}

func (c *sharedCache) Add(ctx context.Context, key string, value []byte, ttl *time.Duration) error {
	return c.Set(ctx, key, value, ttl)
}

func (c *sharedCache) Delete(_ context.Context, key string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.kept, key)
	return nil
}

func (c *sharedCache) Close(context.Context) error { return nil }

// process returns the resources of one process. Processes share only the cache.
func process(t *testing.T, shared service.Cache) *service.Resources {
	t.Helper()
	env := service.NewEnvironment()
	require.NoError(t, env.RegisterCache("shared", service.NewConfigSpec(),
		func(*service.ParsedConfig, *service.Resources) (service.Cache, error) { return shared, nil }))
	builder := env.NewResourceBuilder()
	require.NoError(t, builder.AddCacheYAML("label: shared\nshared: {}"))
	mgr, stop, err := builder.Build()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, stop(context.Background())) })
	return mgr
}

// instance returns an output of a process that sends to a shop.
func instance(t *testing.T, s *shop, mgr *service.Resources) *reportOutput {
	t.Helper()
	client := &http.Client{Transport: s, Timeout: 10 * time.Second}
	return outputAt(t, client, mgr, "dedupe: events\ndedupe_cache: shared\nsession_cache: shared", nil)
}

// A broker gives the same events to a second instance while the first one waits for the end of an
// outage. Immediately before each request, an instance looks up what the other has delivered and
// which sessions it has started.
func TestTwoInstancesShareWhatWasDelivered(t *testing.T) {
	t.Parallel()
	for _, outage := range []time.Duration{0, 20 * time.Second, 2 * time.Minute, time.Hour} {
		for seed := range uint64(5) {
			t.Run(fmt.Sprint(outage, " ", seed), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					const consumers, each = 8, 5
					shared := &sharedCache{latency: time.Millisecond, kept: map[string][]byte{}}
					s := &shop{scripts: map[string][]string{}, accepted: map[string][]string{}, upAt: time.Now().Add(outage)}
					one := instance(t, s, process(t, shared))
					two := instance(t, s, process(t, shared))
					again := func() []service.MessageBatch {
						batches, _ := events(rand.New(rand.NewPCG(seed, 1)), consumers, each, 1)
						for _, batch := range batches {
							batch[0].MetaSetMut(metaEventID, leadID(batch[0]))
						}
						return batches
					}
					drive := func(out *reportOutput) *outputtest.Driver {
						d := driving(out, 64)
						d.Run(t.Context(), again())
						return d
					}
					var all sync.WaitGroup
					var first, second *outputtest.Driver
					all.Go(func() { first = drive(one) })
					time.Sleep(30 * time.Second)
					all.Go(func() { second = drive(two) })
					all.Wait()
					assert.Empty(t, first.Failed)
					assert.Empty(t, second.Failed)

					sent := 0
					for consumer, leads := range s.accepted {
						assert.GreaterOrEqual(t, len(leads), each, consumer)
						sent += len(leads)
					}
					const atOnce = 2 // both instances may have a request for the same event in flight
					assert.LessOrEqual(t, sent, consumers*each+atOnce, "events that LivePerson accepted")
					assert.LessOrEqual(t, s.sessions, consumers+atOnce, "visitors")
				})
			})
		}
	}
}
