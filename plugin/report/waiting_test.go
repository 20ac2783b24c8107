package report

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
)

// slowToStore is a cache whose Set takes an hour.
type slowToStore struct{ *sharedCache }

func (c slowToStore) Set(ctx context.Context, key string, value []byte, ttl *time.Duration) error {
	time.Sleep(time.Hour)
	return c.sharedCache.Set(ctx, key, value, ttl)
}

// A delivery that waits for a cache or a lock delays no other consumer, even if more deliveries
// wait than requests may be in flight.
func TestADeliveryThatWaitsHoldsUpNoOtherConsumer(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		yaml    string
		answers []string
		waiting []string
	}{
		"for a session that another event makes": {
			yaml:    "ordering: none",
			answers: []string{serverError},
			waiting: slices.Repeat([]string{order("troubled", "lead")}, 5),
		},
		"for a copy of its order": {
			yaml:    "dedupe: purchases",
			answers: []string{serverError},
			waiting: []string{order("a", "order 1"), order("b", "order 1"), order("c", "order 1"), order("d", "order 1")},
		},
		"for a cache": {
			yaml:    "dedupe: purchases\ndedupe_cache: shared",
			waiting: []string{order("a", "order 1"), order("b", "order 2"), order("c", "order 3")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				mgr := process(t, slowToStore{&sharedCache{kept: map[string][]byte{}}})
				server := &livePerson{script: append(test.answers, slices.Repeat([]string{acceptedNew}, 20)...), start: time.Now()}
				out := outputAt(t, server, mgr, "concurrency: 2\nretry_pauses: [1h]\n"+test.yaml, exact)

				var writes sync.WaitGroup
				for _, report := range test.waiting {
					writes.Go(func() {
						assert.NoError(t, out.WriteBatch(t.Context(), service.MessageBatch{message(report)}))
					})
				}
				synctest.Wait()
				start := time.Now()
				assert.NoError(t, out.WriteBatch(t.Context(), service.MessageBatch{message(order("other", "lead"))}))
				assert.Zero(t, time.Since(start))
				writes.Wait()
			})
		})
	}
}
