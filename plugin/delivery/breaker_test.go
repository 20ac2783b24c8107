package delivery

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// How long to leave LivePerson alone, by its advice for longer outages.
// https://developers.liveperson.com/retry-policy-recommendations.html
var outagePauses = []time.Duration{2 * time.Minute, 4 * time.Minute, 8 * time.Minute}

// outage is a breaker and the requests that ask it.
type outage struct {
	t       *testing.T
	breaker *Breaker
	asked   map[string]chan error // holds what Allow returned
}

type step func(o *outage)

// requests are made one after another, none of which has to wait.
func requests(n int, up bool) step {
	return func(o *outage) {
		for range n {
			start := time.Now()
			assert.NoError(o.t, o.breaker.Allow(o.t.Context()))
			assert.Zero(o.t, time.Since(start))
			o.breaker.Report(up)
		}
	}
}

func succeed(n int) step { return requests(n, true) }
func fail(n int) step    { return requests(n, false) }

// ask makes requests ask, one after another.
func ask(names ...string) step { return askFor(never, names...) }

func askFor(patience time.Duration, names ...string) step {
	return func(o *outage) {
		for _, name := range names {
			answer := make(chan error, 1)
			o.asked[name] = answer
			ctx := parcel{patience: patience}.context(o.t)
			go func() { answer <- o.breaker.Allow(ctx) }()
			synctest.Wait()
		}
	}
}

// waiting asserts how many of the requests still wait.
func waiting(n int, names ...string) step {
	return func(o *outage) {
		synctest.Wait()
		still := 0
		for _, name := range names {
			if len(o.asked[name]) == 0 {
				still++
			}
		}
		assert.Equal(o.t, n, still, "requests that wait")
	}
}

func allowed(names ...string) step {
	return func(o *outage) {
		synctest.Wait()
		for _, name := range names {
			if assert.Len(o.t, o.asked[name], 1, "%s waits", name) {
				assert.NoError(o.t, <-o.asked[name], name)
			}
		}
	}
}

func gaveUp(names ...string) step {
	return func(o *outage) {
		synctest.Wait()
		for _, name := range names {
			if assert.Len(o.t, o.asked[name], 1, "%s waits", name) {
				assert.Equal(o.t, context.DeadlineExceeded, <-o.asked[name], name)
			}
		}
	}
}

// outcomes of requests that had been allowed.
func outcomes(up ...bool) step {
	return func(o *outage) {
		for _, up := range up {
			o.breaker.Report(up)
		}
		synctest.Wait()
	}
}

func pass(d time.Duration) step {
	return func(*outage) { time.Sleep(d); synctest.Wait() }
}

// isOpen asserts that the breaker is, and how much of its pause is left.
func isOpen(left time.Duration) step {
	return func(o *outage) {
		pause, _ := o.breaker.State()
		assert.Equal(o.t, left, pause)
		assert.NotZero(o.t, o.breaker.opened, "open")
	}
}

func isClosed(o *outage) {
	pause, _ := o.breaker.State()
	assert.Zero(o.t, pause)
	assert.Zero(o.t, o.breaker.opened, "open")
}

// changes asserts that of the steps the last one alone closes the channel.
func changes(steps ...step) step { return watched(true, steps) }

// changesNothing asserts that the steps leave the channel open.
func changesNothing(steps ...step) step { return watched(false, steps) }

func watched(change bool, steps []step) step {
	return func(o *outage) {
		_, changed := o.breaker.State()
		for i, step := range steps {
			step(o)
			select {
			case <-changed:
				assert.True(o.t, change && i == len(steps)-1, "step %d announces a change", i)
			default:
				assert.False(o.t, change && i == len(steps)-1, "no change announced")
			}
		}
	}
}

// opened brings the breaker to its nth opening in a row, the first pause of which is
// still to pass.
func opened(n int) step {
	return func(o *outage) {
		fail(10)(o)
		for i := range n - 1 {
			pass(outagePauses[min(i, len(outagePauses)-1)])(o)
			fail(1)(o)
		}
	}
}

func TestBreaker(t *testing.T) {
	t.Parallel()
	tests := map[string][]step{
		"is closed at first":              {isClosed},
		"stays closed while all is well":  {succeed(1000), isClosed},
		"stays closed short of the count": {fail(9), isClosed},
		"opens at the count":              {fail(9), changes(fail(1)), isOpen(2 * time.Minute)},
		"counts failures in a row only": {
			fail(9), succeed(1), fail(9), isClosed, succeed(1), fail(9), isClosed, fail(1), isOpen(2 * time.Minute),
		},
		"counts no time":                       {fail(9), pass(24 * time.Hour), fail(1), isOpen(2 * time.Minute)},
		"announces nothing short of the count": {changesNothing(fail(9), succeed(1), fail(9), succeed(3)), isClosed},
		"tells how much of the pause is left": {
			fail(10), isOpen(2 * time.Minute), pass(90 * time.Second), isOpen(30 * time.Second),
			pass(30*time.Second - 1), isOpen(1), pass(1), isOpen(0), pass(time.Hour), isOpen(0),
		},
		"lets none go before the pause is over": {
			fail(10), ask("a", "b"), pass(2*time.Minute - 1), waiting(2, "a", "b"),
		},
		"lets one go when the pause is over": {
			fail(10), ask("a", "b", "c"), pass(2 * time.Minute), waiting(2, "a", "b", "c"), isOpen(0),
			pass(24 * time.Hour), waiting(2, "a", "b", "c"), isOpen(0),
		},
		"lets one go that comes later": {
			fail(10), pass(time.Hour), ask("a", "b"), waiting(1, "a", "b"), allowed("a"),
		},
		"is open while the probe is under way": {
			fail(10), changesNothing(pass(2*time.Minute), ask("a"), allowed("a"), ask("b"), pass(time.Minute)), isOpen(0), waiting(1, "b"),
		},
		"closes with the probe's success": {
			fail(10), pass(2 * time.Minute), ask("probe"), allowed("probe"), ask("a", "b", "c"), waiting(3, "a", "b", "c"),
			changes(outcomes(true)), isClosed, allowed("a", "b", "c"),
		},
		"lets those go at once that come after the probe's success": {
			opened(1), pass(2 * time.Minute), succeed(5), isClosed,
		},
		"opens again with the probe's failure": {
			fail(10), ask("a", "b"), pass(2 * time.Minute), waiting(1, "a", "b"),
			changes(outcomes(false)), isOpen(4 * time.Minute), pass(4*time.Minute - 1), waiting(1, "a", "b"),
			pass(1), allowed("a", "b"),
		},
		"pauses longer and longer": {
			fail(10), isOpen(2 * time.Minute),
			pass(2 * time.Minute), fail(1), isOpen(4 * time.Minute),
			pass(4 * time.Minute), fail(1), isOpen(8 * time.Minute),
			pass(8 * time.Minute), fail(1), isOpen(8 * time.Minute),
			pass(8 * time.Minute), fail(1), isOpen(8 * time.Minute),
		},
		"a pause begins with the failure, not with the pause before": {
			fail(10), pass(2 * time.Minute), ask("probe"), pass(30 * time.Second), allowed("probe"), outcomes(false), isOpen(4 * time.Minute),
		},
		"each probe's failure announces a change": {
			opened(1), pass(2 * time.Minute), changes(fail(1)), pass(4 * time.Minute), changes(fail(1)),
			pass(8 * time.Minute), changes(fail(1)), pass(8 * time.Minute), changes(succeed(1)), isClosed,
		},
		"begins with the first pause after it was closed": {
			opened(4), isOpen(8 * time.Minute), pass(8 * time.Minute), succeed(1), isClosed,
			changes(fail(10)), isOpen(2 * time.Minute), pass(2 * time.Minute), fail(1), isOpen(4 * time.Minute),
		},
		"counts anew after it was closed": {
			opened(2), pass(4 * time.Minute), succeed(1), fail(9), isClosed, fail(1), isOpen(2 * time.Minute),
		},
		"hears no outcomes from before the opening": {
			ask("a", "b", "c"), allowed("a", "b", "c"), opened(1),
			changesNothing(outcomes(true, false, false)), isOpen(2 * time.Minute), pass(2 * time.Minute), isOpen(0),
		},
		"hears none even when the pause is over": {
			ask("a", "b"), opened(1), pass(3 * time.Minute),
			changesNothing(outcomes(true, false)), isOpen(0), fail(1), isOpen(4 * time.Minute),
		},
		"does not count those from before the opening": {
			ask("a", "b", "c", "d", "e"), opened(1), outcomes(false, false, false, false, false),
			pass(2 * time.Minute), succeed(1), fail(9), isClosed,
		},
		"the end of a context": {
			fail(10), askFor(time.Minute, "a"), ask("b"), pass(time.Minute - 1), waiting(2, "a", "b"),
			pass(1), gaveUp("a"), waiting(1, "b"), pass(time.Minute), allowed("b"),
		},
		"the end of a context while a probe is under way": {
			fail(10), pass(2 * time.Minute), ask("probe"), allowed("probe"), askFor(time.Minute, "a"), pass(time.Minute), gaveUp("a"),
			outcomes(true), isClosed, fail(9), isClosed,
		},
		"a context that has ended": {
			fail(10), askFor(-1, "a"), gaveUp("a"),
		},
		"who gives up does not count as the probe": {
			fail(10), askFor(time.Minute, "a", "b", "c"), pass(2 * time.Minute), gaveUp("a", "b", "c"), ask("d"), allowed("d"),
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

// end lets all that wait go, so that no goroutine is left.
func (o *outage) end() {
	for range 10 {
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		o.breaker.Report(true)
	}
}

func TestBreakerOpensAfterAnyCount(t *testing.T) {
	t.Parallel()
	for _, count := range []int{1, 2, 3, 10, 100} {
		t.Run(fmt.Sprint(count), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := &outage{t: t, breaker: NewBreaker(count, []time.Duration{time.Second})}
				for _, step := range []step{
					fail(count - 1), isClosed, fail(1), isOpen(time.Second),
					pass(time.Second), fail(1), isOpen(time.Second),
					pass(time.Second), succeed(1), isClosed,
				} {
					step(o)
				}
			})
		})
	}
}

// Many clients, random round trips, a service that goes down for a while and comes
// back: while it is down it gets a probe after each pause and nothing else.
func TestBreakerKeepsManyClientsBack(t *testing.T) {
	t.Parallel()
	const (
		clients  = 40
		downFrom = 10 * time.Second
		downTo   = 27 * time.Minute
		end      = 31 * time.Minute
	)
	for seed := range uint64(10) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := NewBreaker(10, outagePauses)
				begin := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), end)
				defer cancel()
				var mu sync.Mutex
				var starts []time.Duration
				underWay, most := 0, 0 // after the outage has begun to show
				var all sync.WaitGroup
				for client := range uint64(clients) {
					r := rand.New(rand.NewPCG(seed, client))
					all.Go(func() {
						for b.Allow(ctx) == nil && ctx.Err() == nil {
							now := time.Since(begin)
							shows := now > downFrom+time.Second && now < downTo
							mu.Lock()
							starts = append(starts, now)
							if shows {
								underWay++
								most = max(most, underWay)
							}
							mu.Unlock()
							time.Sleep(time.Duration(100+r.IntN(400)) * time.Millisecond)
							mu.Lock()
							if shows {
								underWay--
							}
							mu.Unlock()
							b.Report(now < downFrom || now > downTo)
						}
					})
				}
				all.Wait()

				assert.Equal(t, 1, most, "at a time while it is down")
				slices.Sort(starts)
				var probes []time.Duration
				for _, at := range starts {
					if at > downFrom+time.Second && at < downTo {
						probes = append(probes, at.Truncate(10*time.Second))
					}
				}
				assert.Equal(t, []time.Duration{
					downFrom + 2*time.Minute, downFrom + 6*time.Minute, downFrom + 14*time.Minute, downFrom + 22*time.Minute,
				}, probes)
				after, _ := slices.BinarySearch(starts, downTo)
				assert.Equal(t, downFrom+30*time.Minute, starts[after].Truncate(10*time.Second), "the next probe ends it")
				assert.Greater(t, len(starts)-after, 1000, "and all go on")
			})
		})
	}
}

// Real contention: every Allow is followed by a Report, from many goroutines, while
// others look on.
func TestBreakerConcurrentUse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := NewBreaker(3, []time.Duration{time.Millisecond, 2 * time.Millisecond})
		var all sync.WaitGroup
		for client := range uint64(16) {
			r := rand.New(rand.NewPCG(5, client))
			all.Go(func() {
				for range 200 {
					assert.NoError(t, b.Allow(t.Context()))
					b.Report(r.IntN(2) == 0)
					pause, changed := b.State()
					assert.NotNil(t, changed)
					assert.GreaterOrEqual(t, pause, time.Duration(0))
					assert.LessOrEqual(t, pause, 2*time.Millisecond)
				}
			})
		}
		all.Wait()
	})
}

func TestThoseWhoDoNotWaitForABreaker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := NewBreaker(1, []time.Duration{time.Minute})
		assert.True(t, b.TryAllow())
		assert.True(t, b.TryAllow(), "any number while closed")
		b.Report(false)
		assert.True(t, b.Blocked())
		assert.False(t, b.TryAllow())

		time.Sleep(time.Minute)
		assert.False(t, b.Blocked())
		assert.True(t, b.TryAllow(), "the probe")
		assert.True(t, b.Blocked())
		assert.False(t, b.TryAllow(), "and nobody else")
		b.Report(true)
		assert.False(t, b.Blocked())
		assert.True(t, b.TryAllow())
	})
}
