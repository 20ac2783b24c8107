package delivery

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRoomHoldsNoMoreThanItsCapacity(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := NewRoom(10)
		require.NoError(t, r.Enter(t.Context(), 7))
		require.NoError(t, r.Enter(t.Context(), 3))
		entered := false
		go func() {
			assert.NoError(t, r.Enter(t.Context(), 4))
			entered = true
		}()
		synctest.Wait()
		r.Leave(3)
		synctest.Wait()
		assert.False(t, entered, "3 are not enough for 4")
		r.Leave(1)
		synctest.Wait()
		assert.True(t, entered)
	})
}

func TestMoreThanTheWholeRoomEntersWhenItIsEmpty(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := NewRoom(10)
		require.NoError(t, r.Enter(t.Context(), 1))
		entered := false
		go func() {
			assert.NoError(t, r.Enter(t.Context(), 50))
			entered = true
		}()
		synctest.Wait()
		assert.False(t, entered)
		r.Leave(1)
		synctest.Wait()
		assert.True(t, entered)

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, r.Enter(ctx, 1), context.Canceled)
		r.Leave(50)
		require.NoError(t, r.Enter(t.Context(), 10), "who gave up holds nothing")
	})
}

func TestWhoReservesWaitsOnlyForThoseInside(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := NewRoom(10)
		for range 3 {
			require.NoError(t, r.Reserve(t.Context(), 8), "nobody is inside")
		}
		r.Arrive(8)
		reserved := false
		go func() {
			assert.NoError(t, r.Reserve(t.Context(), 1))
			reserved = true
		}()
		synctest.Wait()
		assert.False(t, reserved)
		r.Leave(8)
		synctest.Wait()
		assert.True(t, reserved, "none of those who are still to come would leave before")

		r.Arrive(17)
		r.Leave(10)
		require.NoError(t, r.Enter(t.Context(), 3))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, r.Enter(ctx, 1), context.Canceled)
	})
}

func TestRoomIsSharedByMany(t *testing.T) {
	t.Parallel()
	r := NewRoom(5)
	var mu sync.Mutex
	inside, most := 0, 0
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			n := 1 + i%3
			assert.NoError(t, r.Enter(t.Context(), n))
			mu.Lock()
			inside += n
			most = max(most, inside)
			mu.Unlock()
			mu.Lock()
			inside -= n
			mu.Unlock()
			r.Leave(n)
		})
	}
	all.Wait()
	assert.LessOrEqual(t, most, 5)
}
