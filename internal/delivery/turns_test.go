package delivery

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// stretch is a range of numbers that pass as one.
type stretch struct {
	first, last int64
	late        time.Duration   // before it waits
	patience    []time.Duration // of each attempt to wait but the last, which has time
	takes       time.Duration   // once it is its turn
}

func randomStretches(seed uint64) []stretch {
	r := rand.New(rand.NewPCG(seed, 4))
	stretches := make([]stretch, 5+r.IntN(40))
	next := int64(1)
	for i := range stretches {
		s := stretch{first: next, last: next + r.Int64N(5)}
		s.late = time.Duration(r.IntN(2000)) * time.Millisecond
		if r.IntN(3) > 0 { // and the others at once
			s.takes = time.Duration(r.IntN(100)) * time.Millisecond
		}
		for range r.IntN(3) {
			s.patience = append(s.patience, time.Duration(r.IntN(500))*time.Millisecond)
		}
		next = s.last + 1
		stretches[i] = s
	}
	r.Shuffle(len(stretches), func(i, j int) { stretches[i], stretches[j] = stretches[j], stretches[i] })
	return stretches
}

// wait waits for a stretch's turn, again and again if it must.
func (s stretch) wait(t *testing.T, turns *Turns) error {
	for _, patience := range s.patience {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		err := turns.Wait(ctx, s.first)
		cancel()
		if err == nil {
			return nil
		}
		assert.Equal(t, context.DeadlineExceeded, err)
	}
	return turns.Wait(t.Context(), s.first)
}

func TestTurnsKeepTheOrder(t *testing.T) {
	t.Parallel()
	forEachSeed(t, func(t *testing.T, seed uint64) {
		stretches := randomStretches(seed)
		turns := NewTurns()
		var mu sync.Mutex
		var got []int64
		last := int64(0)
		for _, s := range stretches {
			last = max(last, s.last)
			go func() {
				time.Sleep(s.late)
				if !assert.NoError(t, s.wait(t, turns)) {
					return
				}
				for number := s.first; number <= s.last; number++ {
					mu.Lock()
					got = append(got, number)
					mu.Unlock()
					time.Sleep(s.takes)
				}
				turns.Passed(s.last)
			}()
		}
		time.Sleep(time.Hour)
		synctest.Wait()

		want := make([]int64, last)
		for i := range want {
			want[i] = int64(i) + 1
		}
		assert.Equal(t, want, got)
		assert.Empty(t, turns.waiting)
	})
}

// Goroutines that never rest, so that Wait and Passed meet.
func TestTurnsUnderContention(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const goroutines, each = 16, 100
		turns := NewTurns()
		var got []int64 // guarded by the turns
		var all sync.WaitGroup
		for g := range int64(goroutines) {
			all.Go(func() {
				for i := range int64(each) {
					number := i*goroutines + g + 1
					if !assert.NoError(t, turns.Wait(t.Context(), number)) {
						return
					}
					got = append(got, number)
					turns.Passed(number)
				}
			})
		}
		all.Wait()
		require.Len(t, got, goroutines*each)
		for i, number := range got {
			require.EqualValues(t, i+1, number)
		}
		assert.Empty(t, turns.waiting)
	})
}

func TestTurnsWait(t *testing.T) {
	t.Parallel()
	// The ranges pass one after another, each a second after the one before.
	tests := map[string]struct {
		passed []int64 // the last number of each range
		number int64
		end    time.Duration
		after  time.Duration
		fails  bool
	}{
		"the first number waits for none":          {passed: nil, number: 1, end: never, after: 0},
		"the second waits for the first":           {passed: []int64{1}, number: 2, end: never, after: time.Second},
		"a number waits for all before it":         {passed: []int64{1, 2, 3}, number: 4, end: never, after: 3 * time.Second},
		"a range passes as one":                    {passed: []int64{5}, number: 6, end: never, after: time.Second},
		"ranges of several sizes":                  {passed: []int64{2, 3, 9}, number: 10, end: never, after: 3 * time.Second},
		"numbers behind it do not matter":          {passed: []int64{2, 4, 9}, number: 5, end: never, after: 2 * time.Second},
		"the end of the context":                   {passed: []int64{1, 2, 3}, number: 4, end: 2500 * time.Millisecond, after: 2500 * time.Millisecond, fails: true},
		"the end of the context, with none before": {passed: nil, number: 2, end: time.Minute, after: time.Minute, fails: true},
		"a context that has ended":                 {passed: []int64{1}, number: 2, end: -1, after: 0, fails: true},
		"the end comes later":                      {passed: []int64{1}, number: 2, end: 1001 * time.Millisecond, after: time.Second},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				turns := NewTurns()
				go func() {
					for _, last := range test.passed {
						time.Sleep(time.Second)
						turns.Passed(last)
					}
				}()
				ctx := parcel{patience: test.end}.context(t)
				start := time.Now()
				err := turns.Wait(ctx, test.number)
				assert.Equal(t, test.after, time.Since(start))
				if test.fails {
					assert.Equal(t, context.DeadlineExceeded, err, "the context's error, as it was")
				} else {
					assert.NoError(t, err)
				}
				time.Sleep(time.Minute)
			})
		})
	}
}

// Who gave up still has the turn: the numbers behind it wait until it has passed.
func TestTurnsWaitForWhoGaveUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		turns := NewTurns()
		ctx, cancel := context.WithCancel(t.Context())
		gaveUp := make(chan error)
		go func() { gaveUp <- turns.Wait(ctx, 2) }()
		third := make(chan error, 1)
		go func() { third <- turns.Wait(t.Context(), 3) }()
		synctest.Wait()
		cancel()
		assert.Equal(t, context.Canceled, <-gaveUp)

		turns.Passed(1)
		synctest.Wait()
		assert.Empty(t, third, "the second has not passed")
		assert.NoError(t, turns.Wait(t.Context(), 2), "its turn has come meanwhile")
		turns.Passed(2)
		assert.NoError(t, <-third)
	})
}
