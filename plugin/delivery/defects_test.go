//go:build defects

// What is wrong, each as the test that it breaks:
//
//	go test -tags defects -run Defect ./plugin/delivery
//
// Once a defect is mended its test goes to the others.

package delivery

import (
	"context"
	"path/filepath"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A request from before the opening that comes back while the probe is under way is
// taken for the probe.
func TestDefectStaleOutcomes(t *testing.T) {
	t.Parallel()
	tests := map[string][]step{
		"a success does not close it": {
			ask("stale"), opened(1), pass(2 * time.Minute), ask("probe"), allowed("probe"),
			outcomes(true), isOpen(0), outcomes(false), isOpen(4 * time.Minute),
		},
		"a failure does not open it again": {
			ask("stale"), opened(1), pass(2 * time.Minute), ask("probe"), allowed("probe"),
			outcomes(false), isOpen(0), outcomes(true), isClosed,
		},
	}
	for name, steps := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := &outage{t: t, breaker: NewBreaker(10, outagePauses), asked: map[string]chan error{}}
				for _, step := range steps {
					step(o)
				}
				o.end()
			})
		})
	}
}

// Failures of requests from before the opening count once it has closed again.
func TestDefectStaleOutcomesAfterTheClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := NewBreaker(2, outagePauses)
		for range 4 {
			require.NoError(t, b.Allow(t.Context()))
		}
		b.Report(false)
		b.Report(false)
		time.Sleep(2 * time.Minute)
		require.NoError(t, b.Allow(t.Context()))
		b.Report(true)
		b.Report(false) // the two others
		b.Report(false)
		pause, _ := b.State()
		assert.Zero(t, pause, "the service has been up since")
	})
}

// A request whose context has ended becomes the probe, and no other may go.
func TestDefectProbeOfAnEndedContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := NewBreaker(1, outagePauses)
		b.Report(false)
		time.Sleep(2 * time.Minute)
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		assert.Equal(t, context.Canceled, b.Allow(ended))
	})
}

func TestDefectTurns(t *testing.T) {
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

// An item that is done with stays in memory until its lane has none left or grows.
func TestDefectLanesKeepWhatIsDone(t *testing.T) {
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

// Before any success there is no round trip to wait for, so that refusals of one
// moment count one by one: from 8 to 1 at once.
func TestDefectRefusalsOfOneMoment(t *testing.T) {
	t.Parallel()
	c := newController(64)
	for range 8 {
		c.observe(time.Unix(0, 0), time.Millisecond, true)
	}
	assert.Equal(t, 7, c.level)
}

func TestDefectControllerScenarios(t *testing.T) {
	t.Parallel()
	runScenarios(t, filepath.Join("testdata", "defects", "*.json"))
}
