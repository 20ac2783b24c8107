package delivery

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// gate has a limiter and a model of it: the requests in flight, and the waiting ones in their
// order.
type gate struct {
	t       *testing.T
	limiter *Limiter
	random  *rand.Rand

	pushBack float64 // the probability that the service pushes back

	next     int
	inFlight []int
	waiting  []int
	cancel   map[int]context.CancelFunc
	answers  chan admission
}

// admission is the result of Acquire for a request.
type admission struct {
	request int
	err     error
}

func newGate(t *testing.T, seed uint64, bound int) *gate {
	g := &gate{
		t: t, limiter: NewLimiter(bound), random: rand.New(rand.NewPCG(seed, 7)),
		pushBack: []float64{0, 0.05, 0.3}[seed%3],
		cancel:   map[int]context.CancelFunc{}, answers: make(chan admission, 1000),
	}
	g.limiter.controller.level = bound
	return g
}

func (g *gate) acquire() {
	ctx, cancel := context.WithCancel(g.t.Context())
	request := g.next
	g.next++
	g.cancel[request] = cancel
	g.waiting = append(g.waiting, request)
	go func() { g.answers <- admission{request, g.limiter.Acquire(ctx)} }()
	g.admit(nil)
}

func (g *gate) giveUp() {
	if len(g.waiting) == 0 {
		return
	}
	i := g.random.IntN(len(g.waiting))
	request := g.waiting[i]
	g.waiting = slices.Delete(g.waiting, i, i+1)
	g.cancel[request]()
	g.admit([]admission{{request, context.Canceled}})
}

func (g *gate) release() {
	if len(g.inFlight) == 0 {
		return
	}
	i := g.random.IntN(len(g.inFlight))
	g.cancel[g.inFlight[i]]()
	g.inFlight = slices.Delete(g.inFlight, i, i+1)
	took := 50 * time.Millisecond
	if g.random.IntN(8) == 0 {
		took *= 10
	}
	g.limiter.Release(took, g.random.Float64() < g.pushBack)
	g.admit(nil)
}

// admit checks which calls of Acquire have returned: those in want, and as many of the waiting
// requests, the oldest first, as the level allows.
func (g *gate) admit(want []admission) {
	for len(g.waiting) > 0 && len(g.inFlight) < g.limiter.level() {
		want = append(want, admission{g.waiting[0], nil})
		g.inFlight = append(g.inFlight, g.waiting[0])
		g.waiting = g.waiting[1:]
	}
	synctest.Wait()
	var got []admission
	for len(g.answers) > 0 {
		got = append(got, <-g.answers)
	}
	require.ElementsMatch(g.t, want, got, "level %d, %d in flight, %d waiting", g.limiter.level(), len(g.inFlight), len(g.waiting))
}

// Random steps, one after another. After each one, the limiter has admitted the same requests as
// the model, in the same order.
func TestLimiterStepByStep(t *testing.T) {
	t.Parallel()
	var fell, rose atomic.Int64
	forEachSeed(t, func(t *testing.T, seed uint64) {
		bound := 1 + int(seed%30)
		g := newGate(t, seed, bound)
		for range 2 * bound {
			g.acquire()
		}
		for range 150 {
			before := g.limiter.level()
			switch g.random.IntN(9) {
			case 0, 1, 2, 3:
				g.acquire()
			case 4:
				g.giveUp()
			case 5:
				time.Sleep(time.Duration(g.random.IntN(100)) * time.Millisecond)
			default:
				g.release()
			}
			level := g.limiter.level()
			if level < before && len(g.inFlight) > level {
				fell.Add(1)
			}
			if level > before && len(g.waiting) > 0 {
				rose.Add(1)
			}
		}
		for len(g.inFlight)+len(g.waiting) > 0 {
			g.release()
		}
		assert.Zero(t, g.limiter.inFlight)
		assert.Zero(t, g.limiter.waiting.Len())
	})
	assert.Greater(t, fell.Load(), int64(seeds), "the level falls below what is in flight at times")
	assert.Greater(t, rose.Load(), int64(seeds), "and rises while requests wait")
}

// A request may give up in the moment in which the limiter admits it. Its slot is then free again.
func TestLimiterGivesUpAndLetsThroughAtOnce(t *testing.T) {
	t.Parallel()
	forEachSeed(t, func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 8))
		bound := 1 + r.IntN(10)
		l := NewLimiter(bound)
		var inFlight, most atomic.Int64
		var all sync.WaitGroup
		for range 100 {
			// There are few different times, so that many things happen at the same time.
			late := time.Duration(r.IntN(5)) * 10 * time.Millisecond
			takes := time.Duration(1+r.IntN(3)) * 10 * time.Millisecond
			patience := time.Duration(r.IntN(8)) * 10 * time.Millisecond
			pushedBack := r.IntN(10) == 0
			all.Go(func() {
				time.Sleep(late)
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				if err := l.Acquire(ctx); err != nil {
					assert.Equal(t, context.DeadlineExceeded, err)
					return
				}
				now := inFlight.Add(1)
				for before := most.Load(); now > before && !most.CompareAndSwap(before, now); before = most.Load() {
				}
				time.Sleep(takes)
				inFlight.Add(-1)
				l.Release(takes, pushedBack)
			})
		}
		all.Wait()
		assert.LessOrEqual(t, most.Load(), int64(bound))
		assertAllFree(t, l)
	})
}

// The same case, forced: the request has given up when the slot comes.
func TestLimiterPassesOnASlotThatComesTooLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(1)
		require.NoError(t, l.Acquire(t.Context()))
		ctx, cancel := context.WithCancel(t.Context())
		late, next := make(chan error, 1), make(chan error, 1)
		go func() { late <- l.Acquire(ctx) }()
		synctest.Wait()
		go func() { next <- l.Acquire(t.Context()) }()
		synctest.Wait()

		l.mu.Lock()
		cancel()
		l.leave()
		l.mu.Unlock()

		assert.Equal(t, context.Canceled, <-late)
		assert.NoError(t, <-next)
		assert.Equal(t, 1, l.inFlight)
	})
}

// assertAllFree asserts that as many requests can go as the level says, and no more.
func assertAllFree(t *testing.T, l *Limiter) {
	t.Helper()
	level := l.level()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for i := range level {
		require.NoError(t, acquireAtOnce(t, l), "%d of %d", i, level)
	}
	assert.Equal(t, context.Canceled, l.Acquire(ended))
	for range level {
		l.Release(time.Millisecond, false)
	}
	assert.Zero(t, l.inFlight)
	assert.Zero(t, l.waiting.Len())
}

func acquireAtOnce(t *testing.T, l *Limiter) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 1)
	defer cancel()
	return l.Acquire(ctx)
}

func TestAcquire(t *testing.T) {
	t.Parallel()
	const takes = 10 * time.Second
	tests := map[string]struct {
		bound, before int
		end           time.Duration
		after         time.Duration
		fails         bool
	}{
		"the first":                       {bound: 1, before: 0, end: never, after: 0},
		"up to the bound":                 {bound: 3, before: 2, end: never, after: 0},
		"beyond the bound":                {bound: 3, before: 3, end: never, after: takes},
		"beyond the others that wait":     {bound: 3, before: 8, end: never, after: 2 * takes},
		"up to the first level":           {bound: 64, before: 7, end: never, after: 0},
		"beyond the first level":          {bound: 64, before: 8, end: never, after: takes},
		"behind the others, one by one":   {bound: 1, before: 5, end: never, after: 5 * takes},
		"the context ends":                {bound: 1, before: 1, end: time.Second, after: time.Second, fails: true},
		"the context ends behind others":  {bound: 1, before: 3, end: takes + 1, after: takes + 1, fails: true},
		"the context ends after its turn": {bound: 1, before: 1, end: takes + 1, after: takes},
		"the context has ended":           {bound: 1, before: 1, end: -1, after: 0, fails: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := NewLimiter(test.bound)
				var all sync.WaitGroup
				for range test.before {
					all.Go(func() {
						assert.NoError(t, l.Acquire(t.Context()))
						time.Sleep(takes)
						l.Release(takes, false)
					})
				}
				synctest.Wait()
				start := time.Now()
				err := l.Acquire(withPatience(t, test.end))
				assert.Equal(t, test.after, time.Since(start))
				if test.fails {
					assert.Equal(t, context.DeadlineExceeded, err, "the context's error, as it was")
				} else {
					require.NoError(t, err)
					l.Release(takes, false)
				}
				all.Wait()
				assertAllFree(t, l)
			})
		})
	}
}

func TestLimiterIsFirstComeFirstServed(t *testing.T) {
	t.Parallel()
	for _, bound := range []int{1, 3, 64} {
		t.Run(fmt.Sprintf("bound %d", bound), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := NewLimiter(bound)
				first := l.level()
				for range first {
					require.NoError(t, l.Acquire(t.Context()))
				}
				served := make(chan int, 100)
				for i := range 100 {
					go func() {
						assert.NoError(t, l.Acquire(t.Context()))
						served <- i
					}()
					synctest.Wait()
				}
				assert.Empty(t, served)
				for i := 0; i < 100; {
					time.Sleep(time.Second)
					l.Release(time.Second, false)
					synctest.Wait()
					var together []int
					for len(served) > 0 {
						together = append(together, <-served)
					}
					slices.Sort(together)
					for _, got := range together {
						assert.Equal(t, i, got)
						i++
					}
				}
			})
		})
	}
}

// A new request does not overtake waiting ones, even when a slot is free for a moment.
func TestLimiterIsFullWhileRequestsWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(1)
		require.NoError(t, l.Acquire(t.Context()))
		second := make(chan error, 1)
		go func() { second <- l.Acquire(t.Context()) }()
		synctest.Wait()
		l.Release(time.Second, false)
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		assert.Equal(t, context.Canceled, l.Acquire(ended), "the slot is the second's, whether it runs yet or not")
		assert.NoError(t, <-second)
	})
}

func TestLevelFallsInFlight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(64)
		for range 8 {
			require.NoError(t, l.Acquire(t.Context()))
		}
		admitted := make(chan error, 3)
		for range 3 {
			go func() { admitted <- l.Acquire(t.Context()) }()
		}
		synctest.Wait()
		l.controller.level, l.controller.safe, l.controller.bound = 3, 3, 3
		for inFlight := 7; inFlight >= 3; inFlight-- {
			l.Release(0, false)
			synctest.Wait()
			assert.Empty(t, admitted, "%d are in flight", inFlight)
		}
		for i := range 3 {
			l.Release(0, false)
			synctest.Wait()
			assert.Len(t, admitted, i+1)
		}
		assert.Equal(t, 3, l.inFlight)
	})
}

// The limiter passes outcomes on to the controller, which changes the level.
func TestLevel(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		bound, clients int
		pushedBack     bool
		lo, hi         int // bounds of the level at the end
	}{
		"of a service that takes everything":  {bound: 64, clients: 100, lo: 64, hi: 64},
		"up to the bound":                     {bound: 13, clients: 100, lo: 13, hi: 13},
		"of a bound of one":                   {bound: 1, clients: 100, lo: 1, hi: 1},
		"of a bound of one, in trouble":       {bound: 1, clients: 100, pushedBack: true, lo: 1, hi: 1},
		"of a service that pushes back":       {bound: 64, clients: 100, pushedBack: true, lo: 1, hi: 1},
		"as no more was ever needed":          {bound: 64, clients: 7, lo: 8, hi: 8},
		"a doubling more than was needed":     {bound: 64, clients: 8, lo: 16, hi: 16},
		"of clients that are just the bound":  {bound: 20, clients: 20, lo: 20, hi: 20},
		"of clients that are below the bound": {bound: 20, clients: 15, lo: 16, hi: 16},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := NewLimiter(test.bound)
				var all sync.WaitGroup
				for range test.clients {
					all.Go(func() {
						for range 100 {
							assert.NoError(t, l.Acquire(t.Context()))
							start := time.Now()
							time.Sleep(50 * time.Millisecond)
							l.Release(time.Since(start), test.pushedBack)
						}
					})
				}
				all.Wait()
				assert.GreaterOrEqual(t, l.level(), test.lo)
				assert.LessOrEqual(t, l.level(), test.hi)
				assertAllFree(t, l)
			})
		})
	}
}

// Waiting requests show that all slots are in use, even if no request was admitted in the period.
func TestWaitingShowsThatAllAreInUse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(2)
		for range 2 {
			require.NoError(t, l.Acquire(t.Context()))
		}
		l.controller.level, l.controller.bound, l.controller.full = 2, 64, false
		go func() { assert.NoError(t, l.Acquire(t.Context())) }()
		synctest.Wait()
		l.Release(time.Second, false)
		assert.Equal(t, 3, l.level())
		synctest.Wait()
	})
}

func BenchmarkLimiter(b *testing.B) {
	b.Run("free", func(b *testing.B) {
		l := NewLimiter(64)
		b.ReportAllocs()
		for b.Loop() {
			if err := l.Acquire(b.Context()); err != nil {
				b.Fatal(err)
			}
			l.Release(time.Millisecond, false)
		}
	})
	b.Run("contended", func(b *testing.B) {
		l := NewLimiter(8)
		b.ReportAllocs()
		b.SetParallelism(64)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if err := l.Acquire(b.Context()); err != nil {
					b.Error(err)
					return
				}
				l.Release(time.Millisecond, false)
			}
		})
	})
}

// level returns how many requests may be in flight now.
func (l *Limiter) level() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.controller.level
}
