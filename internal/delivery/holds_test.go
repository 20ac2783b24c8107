package delivery

import (
	"context"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhatHasAKeyInCommonGoesOneAfterAnother(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name        string
		first, next []string
		want        time.Duration // until the next one goes
	}{
		{name: "the same key", first: []string{"a"}, next: []string{"a"}, want: time.Minute},
		{name: "one in common", first: []string{"a", "b"}, next: []string{"c", "b"}, want: time.Minute},
		{name: "a key twice", first: []string{"a", "a"}, next: []string{"a"}, want: time.Minute},
		{name: "none in common", first: []string{"a", "b"}, next: []string{"c"}},
		{name: "no keys", first: []string{"a"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				holds := NewHolds()
				start := time.Now()
				release, err := holds.Take(t.Context(), test.first)
				require.NoError(t, err)
				time.AfterFunc(time.Minute, release)

				release, err = holds.Take(t.Context(), test.next)
				require.NoError(t, err)
				assert.Equal(t, test.want, time.Since(start))
				release()
				time.Sleep(2 * time.Minute)
				synctest.Wait()
				assert.Empty(t, holds.held)
			})
		})
	}
}

func TestWaitingForAHoldEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		holds := NewHolds()
		release, err := holds.Take(t.Context(), []string{"b"})
		require.NoError(t, err)

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = holds.Take(ctx, []string{"a", "b"})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Len(t, holds.held, 1, "nothing is held while waiting")
		release()
	})
}

// Keys in any order, by many: each gets its turn, and no key is held twice.
func TestWhoWaitsForAHoldHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		holds := NewHolds()
		release, err := holds.Take(t.Context(), []string{"a"})
		require.NoError(t, err)
		workers := NewWorkers(1)
		ctx := workers.Context(t.Context())
		var done []string
		workers.Go(func() {
			release, err := holds.Take(ctx, []string{"a"})
			assert.NoError(t, err)
			defer release()
			done = append(done, "a")
		})
		workers.Go(func() { done = append(done, "other") })
		synctest.Wait()
		assert.Equal(t, []string{"other"}, done)
		release()
		synctest.Wait()
		assert.Equal(t, []string{"other", "a"}, done)
	})
}

func TestHoldsDoNotBlockEachOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		holds := NewHolds()
		random := rand.New(rand.NewPCG(1, 1))
		var users [5]atomic.Int32
		var all sync.WaitGroup
		for range 200 {
			chosen := random.Perm(len(users))[:1+random.IntN(3)]
			all.Go(func() {
				keys := make([]string, len(chosen))
				for i, k := range chosen {
					keys[i] = strconv.Itoa(k)
				}
				release, err := holds.Take(t.Context(), keys)
				if !assert.NoError(t, err) {
					return
				}
				defer release()
				for _, k := range chosen {
					assert.EqualValues(t, 1, users[k].Add(1))
				}
				time.Sleep(time.Second)
				for _, k := range chosen {
					users[k].Add(-1)
				}
			})
		}
		all.Wait()
		assert.Empty(t, holds.held)
	})
}
