package delivery

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestThoseWhoWantTheSameShareAFlight(t *testing.T) {
	t.Parallel()
	for name, failure := range map[string]error{"that succeeds": nil, "that fails": errors.New("no")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var flights Flights[int]
				var fetched atomic.Int32
				fetch := func(context.Context) (int, error) {
					time.Sleep(time.Second)
					return int(fetched.Add(1)), failure
				}
				var all sync.WaitGroup
				for range 50 {
					all.Go(func() {
						got, err := flights.Do(t.Context(), "a", fetch)
						assert.Equal(t, failure, err)
						assert.Equal(t, 1, got)
					})
				}
				all.Wait()
				got, _ := flights.Do(t.Context(), "a", fetch)
				assert.Equal(t, 2, got, "what has landed is not given again")
				assert.Empty(t, flights.underWay)
			})
		})
	}
}

func TestFlightsOfOtherKeysDoNotWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var flights Flights[string]
		start := time.Now()
		var all sync.WaitGroup
		for _, key := range []string{"a", "b", "c"} {
			all.Go(func() {
				got, err := flights.Do(t.Context(), key, func(context.Context) (string, error) {
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

func TestAFlightThatIsGivenUpFailsNobodyElse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var flights Flights[int]
		slow := func(ctx context.Context) (int, error) {
			select {
			case <-time.After(time.Minute):
				return 1, nil
			case <-ctx.Done():
				return 0, ctx.Err()
			}
		}
		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var all sync.WaitGroup
		all.Go(func() {
			_, err := flights.Do(impatient, "a", slow)
			assert.ErrorIs(t, err, context.DeadlineExceeded)
		})
		synctest.Wait()
		for range 3 {
			all.Go(func() {
				got, err := flights.Do(t.Context(), "a", slow)
				assert.NoError(t, err)
				assert.Equal(t, 1, got)
			})
		}
		short, cancelShort := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancelShort()
		all.Go(func() {
			_, err := flights.Do(short, "b", slow) // flies by itself
			assert.ErrorIs(t, err, context.DeadlineExceeded)
		})
		start := time.Now()
		all.Wait()
		assert.Equal(t, 61*time.Second, time.Since(start), "one of those who wait flies anew")
	})
}
