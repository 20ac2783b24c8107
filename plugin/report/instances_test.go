package report

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
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

// Add ignores the time to live, as some caches do.
func (c *sharedCache) Add(_ context.Context, key string, value []byte, _ *time.Duration) error {
	time.Sleep(c.latency)
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.kept[key]; known {
		return service.ErrKeyAlreadyExists
	}
	c.kept[key] = value
	return nil
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

// A broker gives the same events to a second instance, at once or while the first one waits for the
// end of an outage. Immediately before each request, an instance looks up what the other has
// delivered or is sending, and which sessions it has started.
func TestTwoInstancesShareWhatWasDelivered(t *testing.T) {
	t.Parallel()
	for _, outage := range []time.Duration{0, 20 * time.Second, 2 * time.Minute, time.Hour} {
		for seed := range uint64(6) {
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
					time.Sleep([]time.Duration{0, 30 * time.Second}[seed%2])
					all.Go(func() { second = drive(two) })
					all.Wait()
					assert.Empty(t, first.Failed)
					assert.Empty(t, second.Failed)

					assert.Len(t, s.accepted, consumers)
					for consumer, leads := range s.accepted {
						assert.Len(t, leads, each, consumer)
						assert.IsNonDecreasing(t, leads, consumer)
					}
					assert.Equal(t, consumers, s.sessions, "visitors")
				})
			})
		}
	}
}

// A process that is killed leaves its claims. Another one waits for their end, also if the cache
// does not remove them.
func TestAClaimOfAKilledProcessEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shared := &sharedCache{kept: map[string][]byte{}}
		s := &shop{scripts: map[string][]string{}, accepted: map[string][]string{}}
		event := func() service.MessageBatch {
			msg := lead("c", "a")
			msg.MetaSetMut(metaEventID, "e1")
			return service.MessageBatch{msg}
		}
		require.NoError(t, instance(t, s, process(t, shared)).WriteBatch(t.Context(), event()))
		for key, value := range shared.kept {
			if at, err := strconv.ParseInt(string(value), 10, 64); err == nil && at > 0 {
				shared.kept[key] = []byte("-1") // as if it had not come further
			}
		}
		start := time.Now()
		two := instance(t, s, process(t, shared))
		require.NoError(t, two.WriteBatch(t.Context(), event()))
		assert.Equal(t, []string{"a", "a"}, s.accepted["c"])
		assert.InDelta(t, 15, time.Since(start).Seconds(), 1, "the request's timeout and 5 s")
		require.NoError(t, instance(t, s, process(t, shared)).WriteBatch(t.Context(), event()))
		assert.Len(t, s.accepted["c"], 2, "it has been remembered")
	})
}

// An event that waits for its retry is not claimed: another instance may send it.
func TestARequestThatFailedHoldsNoClaim(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shared := &sharedCache{kept: map[string][]byte{}}
		s := &shop{scripts: map[string][]string{"order 1": {"503"}}, accepted: map[string][]string{}}
		one, two := instance(t, s, process(t, shared)), instance(t, s, process(t, shared))
		var first sync.WaitGroup
		first.Go(func() { assert.NoError(t, one.WriteBatch(t.Context(), service.MessageBatch{purchase("c", "1")})) })
		time.Sleep(time.Second) // one waits for the retry
		start := time.Now()
		require.NoError(t, two.WriteBatch(t.Context(), service.MessageBatch{purchase("d", "1")}))
		assert.Less(t, time.Since(start), claimPause)
		first.Wait()
		assert.Equal(t, map[string][]string{"d": {"order 1"}}, s.accepted)
	})
}

// An order has one key in the cache, also if its event has an id: the order's key tells both.
func TestAnEventHasOneKey(t *testing.T) {
	t.Parallel()
	for name, report := range map[string]string{"order": order("c", "order 1"), "other": order("c", "lead")} {
		shared := &sharedCache{kept: map[string][]byte{}}
		server := &livePerson{script: []string{acceptedKnown}, start: time.Now()}
		out := outputAt(t, server, process(t, shared), "dedupe: events\ndedupe_cache: shared", exact)
		for range 2 {
			require.NoError(t, out.WriteBatch(t.Context(), service.MessageBatch{message(report, metaEventID, "e1")}))
		}
		assert.Len(t, server.requests, 1, name)
		assert.Len(t, shared.kept, 1, name)
	}
}
