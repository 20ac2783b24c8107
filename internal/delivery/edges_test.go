package delivery

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTurnsOutOfTheOrdinary(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		passed []int64
		number int64
	}{
		"a number that has passed waits for none":   {[]int64{5}, 3},
		"the last number passed":                    {[]int64{5}, 5},
		"passing a number again takes nothing back": {[]int64{1, 5, 3}, 6},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				turns := NewTurns()
				for _, last := range test.passed {
					turns.Passed(last)
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				assert.NoError(t, turns.Wait(ctx, test.number), "all below have passed")
			})
		})
	}
	t.Run("who waits for a number that passes goes on", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			turns := NewTurns()
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			third := make(chan error, 1)
			go func() { third <- turns.Wait(ctx, 3) }()
			synctest.Wait()
			turns.Passed(5)
			assert.NoError(t, <-third, "all below have passed")
		})
	})
	t.Run("two that wait for one number", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			turns := NewTurns()
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			both := make(chan error, 2)
			for range 2 {
				go func() { both <- turns.Wait(ctx, 2) }()
			}
			synctest.Wait()
			turns.Passed(1)
			assert.NoError(t, <-both)
			assert.NoError(t, <-both)
		})
	})
}

// A long-lived lane keeps no item in memory that is done with.
func TestLanesLetGoOfWhatIsDone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		next := make(chan struct{})
		lanes := NewLanes(8, func(context.Context, string, []*[1 << 20]byte) { <-next }, nil)
		var items []weak.Pointer[[1 << 20]byte]
		for range 8 {
			item := new([1 << 20]byte)
			items = append(items, weak.Make(item))
			deliver, err := lanes.Put(t.Context(), "a", item)
			require.NoError(t, err)
			if deliver != nil {
				go deliver()
			}
		}
		for range 6 {
			next <- struct{}{}
			synctest.Wait()
		}
		runtime.GC()
		kept := 0
		for _, item := range items[:6] {
			if item.Value() != nil {
				kept++
			}
		}
		assert.LessOrEqual(t, kept, 1, "of six that are done")
		next <- struct{}{}
		next <- struct{}{}
	})
}
