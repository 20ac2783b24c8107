package singleflight

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/benthos-liveperson/benthos-liveperson/internal/panics"
)

func TestCallersShareOneFetch(t *testing.T) {
	t.Parallel()
	for name, failure := range map[string]error{"that succeeds": nil, "that fails": errors.New("no")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var group Group[int]
				var fetched atomic.Int32
				fetch := func(context.Context) (int, error) {
					time.Sleep(time.Second)
					return int(fetched.Add(1)), failure
				}
				var all sync.WaitGroup
				for range 50 {
					all.Go(func() {
						got, err := group.Do(t.Context(), "a", fetch)
						assert.Equal(t, failure, err)
						assert.Equal(t, 1, got)
					})
				}
				all.Wait()
				got, _ := group.Do(t.Context(), "a", fetch)
				assert.Equal(t, 2, got, "a later caller fetches anew")
			})
		})
	}
}

func TestOtherKeysDoNotWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var group Group[string]
		start := time.Now()
		var all sync.WaitGroup
		for _, key := range []string{"a", "b", "c"} {
			all.Go(func() {
				got, err := group.Do(t.Context(), key, func(context.Context) (string, error) {
					time.Sleep(time.Second)
					return key, nil
				})
				assert.NoError(t, err)
				assert.Equal(t, key, got)
			})
		}
		all.Wait()
		assert.Equal(t, time.Second, time.Since(start))
	})
}

// The first caller's context ends, and the fetch goes on for the others.
func TestACallerThatLeavesFailsNobodyElse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var group Group[int]
		var fetched atomic.Int32
		slow := func(ctx context.Context) (int, error) {
			fetched.Add(1)
			select {
			case <-time.After(time.Minute):
				return 1, nil
			case <-ctx.Done():
				return 0, ctx.Err()
			}
		}
		start := time.Now()
		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var all sync.WaitGroup
		all.Go(func() {
			_, err := group.Do(impatient, "a", slow)
			assert.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Equal(t, time.Second, time.Since(start))
		})
		synctest.Wait()
		for range 3 {
			all.Go(func() {
				got, err := group.Do(t.Context(), "a", slow)
				assert.NoError(t, err)
				assert.Equal(t, 1, got)
			})
		}
		all.Wait()
		assert.Equal(t, time.Minute, time.Since(start))
		assert.EqualValues(t, 1, fetched.Load())
	})
}

func TestAPanicIsAnError(t *testing.T) {
	t.Parallel()
	var group Group[int]
	_, err := group.Do(t.Context(), "a", func(context.Context) (int, error) { panic("text of a consumer") })
	var panicked *panics.Error
	assert.ErrorAs(t, err, &panicked)
	assert.NotContains(t, err.Error(), "consumer")
}
