package delivery

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// outagePauses are the pauses between probes. LivePerson's retry policy has the first three for
// short outages and the others for long ones.
// https://developers.liveperson.com/retry-policy-recommendations.html
var outagePauses = []time.Duration{
	5 * time.Second, 10 * time.Second, 15 * time.Second, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute,
}

var errPoison = errors.New("500 for this consumer")

// span of time since the start.
type spanOfTime struct{ from, to time.Duration }

// downService answers after 20 ms. While it is down, all requests fail. Requests about a poisoned
// consumer always fail.
type downService struct {
	down     []spanOfTime
	poisoned map[string]bool
	health   Health // of failures; Failing if it is not set
	start    time.Time

	mu       sync.Mutex
	requests []time.Duration // when each request was made
	accepted []time.Duration
	order    map[string][]int // numbers of accepted events, by consumer
}

func (s *downService) isDown() bool {
	now := time.Since(s.start)
	return slices.ContainsFunc(s.down, func(d spanOfTime) bool { return now >= d.from && now < d.to })
}

func (s *downService) handle(consumer string, number int) error {
	s.mu.Lock()
	s.requests = append(s.requests, time.Since(s.start))
	s.mu.Unlock()
	time.Sleep(20 * time.Millisecond)
	if s.poisoned[consumer] {
		return errPoison
	}
	if s.isDown() {
		return errAttempt
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accepted = append(s.accepted, time.Since(s.start))
	s.order[consumer] = append(s.order[consumer], number)
	return nil
}

// between counts the times from one moment to another.
func between(times []time.Duration, from, to time.Duration) (n int) {
	for _, at := range times {
		if at >= from && at < to {
			n++
		}
	}
	return n
}

// firstAfter returns the time from a moment to the first of the times after it.
func firstAfter(times []time.Duration, moment time.Duration) time.Duration {
	first := time.Duration(1 << 62)
	for _, at := range times {
		if at >= moment {
			first = min(first, at)
		}
	}
	return first - moment
}

// drive lets consumers send events. Each consumer sends its events one after another. drive returns
// how many events failed for good.
func (s *downService) drive(t *testing.T, p *Policy, consumers, events int, every time.Duration, seed uint64) (failed int) {
	s.start, s.order = time.Now(), map[string][]int{}
	p.Judge = func(error) Verdict { return Verdict{Retry: true, Health: max(s.health, Failing)} }
	var mu sync.Mutex
	var all sync.WaitGroup
	for c := range consumers {
		consumer := fmt.Sprint("consumer ", c)
		r := rand.New(rand.NewPCG(seed, uint64(c)))
		all.Go(func() {
			for number := range events {
				time.Sleep(time.Duration(r.Float64() * 2 * float64(every)))
				_, err := p.Do(t.Context(), consumer, just(func(context.Context) error { return s.handle(consumer, number) }), nil)
				if err != nil {
					mu.Lock()
					failed++
					mu.Unlock()
				}
			}
		})
	}
	all.Wait()
	for consumer, numbers := range s.order {
		assert.IsIncreasing(t, append([]int{-1}, numbers...), consumer)
	}
	return failed
}

func outagePolicy() *Policy {
	p := policy(vendorPauses, nil)
	p.Limiter = NewLimiter(64)
	p.Breaker = NewBreaker(outagePauses, true)
	return p
}

func TestBlipsAndOutages(t *testing.T) {
	t.Parallel()
	const begins = 10 * time.Second
	tests := map[string]struct {
		length  time.Duration
		goesOn  time.Duration // the most time from the end of the outage to the next delivery
		probes  int           // the most requests, from a minute after the outage began
		outages int           // the most outages that the breaker reports
	}{
		"half a second": {length: 500 * time.Millisecond, goesOn: 15 * time.Second},
		"two seconds":   {length: 2 * time.Second, goesOn: 15 * time.Second},
		"six seconds":   {length: 6 * time.Second, goesOn: 15 * time.Second, outages: 1},
		"20 seconds":    {length: 20 * time.Second, goesOn: 30 * time.Second, outages: 1},
		"a minute":      {length: time.Minute, goesOn: 2 * time.Minute, outages: 1},
		"an hour":       {length: time.Hour, goesOn: 8 * time.Minute, outages: 1, probes: 2 + 60/8},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(5) {
				synctest.Test(t, func(t *testing.T) {
					p := outagePolicy()
					var lengths []time.Duration
					p.Breaker.OnClose = func(length time.Duration) { lengths = append(lengths, length) }
					s := &downService{down: []spanOfTime{{begins, begins + test.length}}}
					assert.Zero(t, s.drive(t, p, 300, 20, time.Second, seed), "no event is lost")
					assert.Len(t, s.accepted, 300*20)

					end := begins + test.length
					assert.LessOrEqual(t, firstAfter(s.accepted, end), test.goesOn)
					assert.LessOrEqual(t, len(lengths), test.outages)
					if test.length >= 20*time.Second {
						assert.Len(t, lengths, test.outages)
					}
					for _, length := range lengths {
						assert.InDelta(t, test.length.Seconds(), length.Seconds(), test.goesOn.Seconds(), "the length that is told")
					}
					if test.probes > 0 {
						assert.LessOrEqual(t, between(s.requests, begins+time.Minute, end), test.probes)
					}
				})
			}
		})
	}
}

// While the breaker is open, one request is made after each pause.
func TestOneRequestForEachPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := outagePolicy()
		s := &downService{down: []spanOfTime{{0, time.Hour}}}
		assert.Zero(t, s.drive(t, p, 100, 2, 0, 1))
		var last []time.Duration
		for _, at := range s.requests {
			if at < time.Hour && at > 14*time.Second {
				last = append(last, at)
			}
		}
		require.GreaterOrEqual(t, len(last), 11)
		var pauses []time.Duration
		for i := range last[1:] {
			pauses = append(pauses, (last[i+1] - last[i]).Truncate(time.Second))
		}
		tail := []time.Duration{10 * time.Second, 15 * time.Second, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 8 * time.Minute}
		at := slices.Index(pauses, tail[0])
		require.GreaterOrEqual(t, at, 0, pauses)
		assert.Equal(t, tail, pauses[at:at+len(tail)])
	})
}

// A consumer whose requests always fail does not open the breaker for the other consumers, at any
// rate of events. Its own events fail for good after the last pause.
func TestOnePoisonedConsumerIsNoOutage(t *testing.T) {
	t.Parallel()
	for _, every := range []time.Duration{100 * time.Millisecond, 10 * time.Second, 5 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			p := outagePolicy()
			p.Breaker.OnClose = func(time.Duration) { t.Error("an outage") }
			s := &downService{poisoned: map[string]bool{"consumer 0": true}}
			assert.Equal(t, 5, s.drive(t, p, 4, 5, every, 1))
			assert.Len(t, s.accepted, 3*5)
		})
	}
}

// Several such consumers look like an outage while no other consumer sends. The first event of
// another consumer becomes the next probe.
func TestProbesAreOfThoseThatHaveNotFailed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := outagePolicy()
		s := &downService{poisoned: map[string]bool{"a": true, "b": true}, start: time.Now(), order: map[string][]int{}}
		p.Judge = func(error) Verdict { return Verdict{Retry: true, Health: Failing} }
		ctx, stop := context.WithCancel(t.Context())
		send := func(consumer string) func() {
			return func() {
				_, err := p.Do(ctx, consumer, just(func(context.Context) error { return s.handle(consumer, 0) }), nil)
				assert.Equal(t, s.poisoned[consumer], err != nil)
			}
		}
		var all sync.WaitGroup
		all.Go(send("a"))
		all.Go(send("b"))
		time.Sleep(20 * time.Second)
		open, _ := p.Breaker.Open()
		require.True(t, open)
		all.Go(send("c"))
		all.Go(send("d"))
		time.Sleep(10 * time.Second)
		assert.Len(t, s.order, 2, "the others are served by now")
		stop()
		all.Wait()
	})
}

// If the service does not answer at all, one consumer is enough for an outage.
func TestAServiceOutOfReachIsAnOutageForOneConsumer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := outagePolicy()
		s := &downService{health: Unreachable, down: []spanOfTime{{0, 20 * time.Minute}}}
		assert.Zero(t, s.drive(t, p, 1, 3, 0, 1), "the event waits")
		assert.LessOrEqual(t, firstAfter(s.accepted, 20*time.Minute), 8*time.Minute)
	})
}

func TestWithoutRetriesAnOutageIsTenFailuresOverTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := outagePolicy()
		p.Pauses, p.Breaker = nil, NewBreaker(outagePauses, false)
		s := &downService{down: []spanOfTime{{0, time.Minute}}}
		failed := s.drive(t, p, 20, 100, time.Second, 1)
		assert.Less(t, failed, 20*10, "most events wait")
		assert.Greater(t, failed, 10)
	})
}

func TestARefusedAccount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := outagePolicy()
		refused := true
		p.Judge = func(error) Verdict { return Verdict{Health: RefusesAll} }
		var mu sync.Mutex
		requests, failed := 0, 0
		for range 15 {
			go func() {
				_, err := p.Do(t.Context(), "", just(func(context.Context) error {
					mu.Lock()
					defer mu.Unlock()
					requests++
					if refused {
						return errAttempt
					}
					return nil
				}), nil)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					failed++
				}
			}()
			synctest.Wait()
		}
		assert.Equal(t, 9, failed, "the tenth refusal in a row opens the breaker")
		time.Sleep(31 * time.Second)
		synctest.Wait()
		assert.Equal(t, 10+3, requests, "after 5, 10 and 15 s")
		mu.Lock()
		refused = false
		mu.Unlock()
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		assert.Equal(t, 9, failed)
		assert.Equal(t, 10+3+6, requests)
		down, _ := p.Breaker.Down()
		assert.False(t, down)
	})
}

// Policy calls BeforeProbe when the breaker opens and before each probe. If the service has moved,
// the probe goes at once.
func TestAServiceThatMoves(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		moves  time.Duration
		served time.Duration
	}{
		"before the breaker opens": {time.Second, 14 * time.Second},
		"while it is open":         {20 * time.Second, 40 * time.Second},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := outagePolicy()
				p.Random = always(0)
				s := &downService{health: Unreachable, down: []spanOfTime{{0, time.Hour}}}
				p.BeforeProbe = func(context.Context) bool {
					if time.Since(s.start) < test.moves || len(s.down) == 0 {
						return false
					}
					s.down = nil
					return true
				}
				assert.Zero(t, s.drive(t, p, 1, 1, 0, 1))
				require.Len(t, s.accepted, 1)
				assert.LessOrEqual(t, s.accepted[0], test.served)
			})
		})
	}
}

// Callers that do not wait get an error while the service is down, until a probe succeeds.
func TestRequestsThatDoNotWaitForTheEndOfAnOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		errDown := errors.New("down")
		p := outagePolicy()
		p.Pauses, p.Breaker = nil, NewBreaker(outagePauses, false)
		p.Judge = func(error) Verdict { return Verdict{Health: Unreachable} }
		var pauses []time.Duration
		p.Down = func(pause time.Duration) error { pauses = append(pauses, pause); return errDown }
		up := false
		ask := func() error {
			_, err := p.Do(t.Context(), "", just(func(context.Context) error {
				if up {
					return nil
				}
				return errAttempt
			}), nil)
			return err
		}
		for range 10 {
			require.Equal(t, errAttempt, ask())
			time.Sleep(time.Second)
		}
		require.Equal(t, errDown, ask())
		assert.Equal(t, []time.Duration{4 * time.Second}, pauses)
		time.Sleep(4 * time.Second)
		require.Equal(t, errAttempt, ask(), "the probe")
		require.Equal(t, errDown, ask())
		up = true
		time.Sleep(10 * time.Second)
		require.NoError(t, ask(), "the next probe")
		require.NoError(t, ask())
	})
}

// Do calls Prepare after each wait, immediately before the request.
func TestLookUpsAreOfNow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := policy(vendorPauses, always(0))
		p.RateLimit = func(context.Context) error { time.Sleep(time.Minute); return nil }
		var lookedUp, made []time.Duration
		start := time.Now()
		_, err := p.Do(t.Context(), "", func(context.Context) (func(context.Context) error, error) {
			lookedUp = append(lookedUp, time.Since(start))
			return func(context.Context) error {
				made = append(made, time.Since(start))
				if len(made) < 3 {
					return errAttempt
				}
				return nil
			}, nil
		}, nil)
		require.NoError(t, err)
		assert.Equal(t, []time.Duration{60 * time.Second, 123 * time.Second, 193 * time.Second}, made)
		assert.Equal(t, made, lookedUp)
	})
}

// A request that waits for another request holds no place in flight.
func TestWaitingForAnotherRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := policy(nil, nil)
		p.Limiter = NewLimiter(1)
		other := make(chan struct{})
		result := make(chan error)
		go func() {
			_, err := p.Do(t.Context(), "", func(context.Context) (func(context.Context) error, error) {
				select {
				case <-other:
					return nil, nil // nothing is left to send
				default:
					return nil, WaitFor(func(context.Context) error { <-other; return nil })
				}
			}, nil)
			result <- err
		}()
		synctest.Wait()
		_, err := p.Do(t.Context(), "", just(func(context.Context) error { close(other); return nil }), nil)
		require.NoError(t, err)
		require.NoError(t, <-result)
	})
}

// After a panic, the place in flight is free and no probe is under way.
func TestAPanicGivesEverythingBack(t *testing.T) {
	t.Parallel()
	for _, prepare := range []Prepare{
		just(func(context.Context) error { panic("in the request") }),
		func(context.Context) (func(context.Context) error, error) { panic("before it") },
	} {
		p := policy(nil, nil)
		p.Limiter = NewLimiter(1)
		for range 3 {
			assert.Panics(t, func() { _, _ = p.Do(t.Context(), "", prepare, nil) })
		}
		_, err := p.Do(t.Context(), "", just(func(context.Context) error { return nil }), nil)
		require.NoError(t, err)
	}
}

// A request whose caller gives up does not count towards an outage.
func TestCallersThatGoAwayAreNoOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := outagePolicy()
		p.Judge = func(error) Verdict { return Verdict{Retry: true, Health: Unreachable} }
		for range 100 {
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			_, err := p.Do(ctx, "", just(func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }), nil)
			require.Error(t, err)
			cancel()
		}
		open, _ := p.Breaker.Open()
		assert.False(t, open)
	})
}

// An answer that says nothing about the service neither ends an outage nor begins one.
func TestUnclearAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := outagePolicy()
		p.Pauses = nil
		var mu sync.Mutex
		health := Unclear
		p.Judge = func(error) Verdict {
			mu.Lock()
			defer mu.Unlock()
			return Verdict{Health: health}
		}
		send := func() error {
			_, err := p.Do(t.Context(), "", just(func(context.Context) error { return errAttempt }), nil)
			return err
		}
		for range 100 {
			require.Error(t, send())
			time.Sleep(time.Second)
		}
		open, _ := p.Breaker.Open()
		require.False(t, open)

		become := func(h Health) { mu.Lock(); health = h; mu.Unlock() }
		become(RefusesAll)
		for range 9 {
			require.Error(t, send())
		}
		ctx, stop := context.WithCancel(t.Context())
		waits := make(chan error)
		go func() {
			_, err := p.Do(ctx, "", just(func(context.Context) error { return errAttempt }), nil)
			waits <- err
		}()
		synctest.Wait()
		become(Unclear)
		time.Sleep(time.Hour)
		open, _ = p.Breaker.Open()
		assert.True(t, open)
		stop()
		require.ErrorIs(t, <-waits, context.Canceled)
	})
}
