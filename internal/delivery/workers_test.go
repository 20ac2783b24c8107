package delivery

import (
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestSoManyTasksAtATimeInTheirOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := NewWorkers(3)
		var begun []int
		ends := make(chan struct{})
		for i := range 10 {
			w.Go(func() { begun = append(begun, i); <-ends })
			synctest.Wait()
		}
		assert.Equal(t, []int{0, 1, 2}, begun)
		for i := range 7 {
			ends <- struct{}{}
			synctest.Wait()
			assert.Len(t, begun, 4+i)
		}
		close(ends)
		synctest.Wait()
		assert.IsIncreasing(t, begun)
		assert.Zero(t, w.busy)
	})
}

// One that waits aside holds up nobody, and goes on at once.
func TestWhoWaitsAsideDoesNotCount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := NewWorkers(1)
		ctx := w.Context(t.Context())
		back, busy, done := make(chan struct{}), make(chan struct{}), 0
		for range 5 {
			w.Go(func() {
				Aside(ctx, func() { <-back })
				done++
			})
		}
		w.Go(func() { <-busy })
		w.Go(func() { assert.Equal(t, 5, done) })
		synctest.Wait()
		close(back)
		synctest.Wait()
		assert.Equal(t, 5, done, "though one is busy")
		close(busy)
		synctest.Wait()
		assert.Zero(t, w.busy)
		assert.Empty(t, w.tasks)
	})
}

func TestAsideWithoutWorkersJustWaits(t *testing.T) {
	t.Parallel()
	waited := false
	Aside(t.Context(), func() { waited = true })
	assert.True(t, waited)
}

// crowd counts who works.
type crowd struct {
	t    *testing.T
	most int

	mu       sync.Mutex
	working  int // those who have not been aside yet
	returned int
	done     int
}

func (c *crowd) step(working, returned, done int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.working += working
	c.returned += returned
	c.done += done
	assert.LessOrEqual(c.t, c.working, c.most)
}

// Whatever tasks do, all are done, and no more than may be begin at a time.
func TestWorkersWithRandomTasks(t *testing.T) {
	t.Parallel()
	forEachSeed(t, func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 2))
		c := &crowd{t: t, most: 1 + r.IntN(8)}
		w := NewWorkers(c.most)
		ctx := w.Context(t.Context())
		tasks := 0
		var random func(depth int) func()
		random = func(depth int) func() {
			tasks++
			takes, aside := time.Duration(r.IntN(100)), time.Duration(max(0, r.IntN(400)-200))
			var then []func()
			for range r.IntN(3) * depth {
				then = append(then, random(depth-1))
			}
			return func() {
				c.step(1, 0, 0)
				time.Sleep(takes)
				for _, task := range then {
					w.Go(task)
				}
				c.step(-1, 0, 0)
				if aside > 0 {
					Aside(ctx, func() { time.Sleep(aside) })
					c.step(0, 1, 0)
					time.Sleep(takes)
					c.step(0, -1, 0)
				}
				c.step(0, 0, 1)
			}
		}
		for range 5 + r.IntN(40) {
			w.Go(random(2))
			time.Sleep(time.Duration(r.IntN(50)))
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		assert.Equal(t, tasks, c.done)
		assert.Zero(t, w.busy)
		assert.Empty(t, w.tasks)
	})
}
