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

func TestLockWaitsForNamesInCommon(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name        string
		first, next []string
		want        time.Duration // until the next caller has the lock
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
				locks := &Locks{}
				start := time.Now()
				unlock, err := locks.Lock(t.Context(), test.first...)
				require.NoError(t, err)
				time.AfterFunc(time.Minute, unlock)

				unlock, err = locks.Lock(t.Context(), test.next...)
				require.NoError(t, err)
				assert.Equal(t, test.want, time.Since(start))
				unlock()
				time.Sleep(2 * time.Minute)
				synctest.Wait()
				assert.Zero(t, locks.Len())
			})
		})
	}
}

func TestLockEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		locks := &Locks{}
		unlock, err := locks.Lock(t.Context(), "b")
		require.NoError(t, err)

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = locks.Lock(ctx, "a", "b")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, 1, locks.Len(), "nothing is locked while waiting")
		unlock()
	})
}

// Many callers lock names in any order. Each caller gets its locks, and no name is locked twice.
func TestLocksDoNotBlockEachOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		locks := &Locks{}
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
				unlock, err := locks.Lock(t.Context(), keys...)
				if !assert.NoError(t, err) {
					return
				}
				defer unlock()
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
		assert.Zero(t, locks.Len())
	})
}
