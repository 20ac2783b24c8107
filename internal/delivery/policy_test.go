package delivery

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The pauses that LivePerson asks for.
// https://developers.liveperson.com/monitoring-api-overview.html
var vendorPauses = []time.Duration{3 * time.Second, 10 * time.Second, 30 * time.Second, 90 * time.Second}

var errAttempt = errors.New("503")

func always(value float64) func() float64 { return func() float64 { return value } }

// policy returns a Policy without a limit on requests in flight and without a breaker.
func policy(pauses []time.Duration, random func() float64) *Policy {
	return &Policy{
		Pauses:    pauses,
		Random:    random,
		Limiter:   NewLimiter(1000),
		Breaker:   NewBreaker([]time.Duration{time.Hour}, true),
		Judge:     func(error) Verdict { return Verdict{Retry: true} },
		Requested: func(context.Context, time.Duration, error) {},
		Retried:   func(error) {},
	}
}

// just returns the Prepare of a request that needs no look-up.
func just(request func(context.Context) error) Prepare {
	return func(context.Context) (func(context.Context) error, error) { return request, nil }
}

// run makes a request that fails some times before it succeeds, and returns when each attempt was
// made. Each failure gets the next verdict. The last verdict repeats.
func run(ctx context.Context, p *Policy, failures int, verdicts ...Verdict) (at []time.Duration, err error) {
	own := *p
	start := time.Now()
	failed := 0
	verdict := func() Verdict { return verdicts[min(failed, len(verdicts)-1)] }
	own.Judge = func(error) Verdict { return verdict() }
	attempts, err := own.Do(ctx, "consumer",
		just(func(context.Context) error {
			at = append(at, time.Since(start))
			if len(at) <= failures {
				return errAttempt
			}
			return nil
		}),
		func(error) bool {
			defer func() { failed++ }()
			return verdict().Changed
		},
	)
	if attempts != len(at) {
		return at, fmt.Errorf("%d attempts were counted of %d", attempts, len(at))
	}
	return at, err
}

func TestSchedule(t *testing.T) {
	t.Parallel()
	const forever = 1000
	retry := Verdict{Retry: true}
	changed := Verdict{Changed: true}
	tests := map[string]struct {
		pauses    []time.Duration
		random    float64
		failures  int
		decisions []Verdict
		at        []time.Duration // when each attempt was made
		fails     bool
	}{
		"success at once": {
			pauses: vendorPauses, failures: 0, decisions: []Verdict{retry},
			at: seconds(0),
		},
		"success after a pause": {
			pauses: vendorPauses, failures: 1, decisions: []Verdict{retry},
			at: seconds(0, 3),
		},
		"success at the last attempt": {
			pauses: vendorPauses, failures: 4, decisions: []Verdict{retry},
			at: seconds(0, 3, 13, 43, 133),
		},
		"pauses used up": {
			pauses: vendorPauses, failures: forever, decisions: []Verdict{retry},
			at: seconds(0, 3, 13, 43, 133), fails: true,
		},
		"a single pause": {
			pauses: vendorPauses[:1], failures: forever, decisions: []Verdict{retry},
			at: seconds(0, 3), fails: true,
		},
		"no pauses are a single attempt": {
			pauses: nil, failures: forever, decisions: []Verdict{retry},
			at: seconds(0), fails: true,
		},
		"no pauses, even with one asked for": {
			pauses: nil, failures: forever, decisions: []Verdict{{Retry: true, Pause: time.Second, AtLeast: time.Second}},
			at: seconds(0), fails: true,
		},
		"pauses of no length": {
			pauses: make([]time.Duration, 2), random: 0.999, failures: forever, decisions: []Verdict{retry},
			at: seconds(0, 0, 0), fails: true,
		},
		"failure for good": {
			pauses: vendorPauses, failures: forever, decisions: []Verdict{{}},
			at: seconds(0), fails: true,
		},
		"failure for good, whatever the pauses say": {
			pauses: vendorPauses, failures: forever, decisions: []Verdict{{Pause: time.Second, AtLeast: time.Second}},
			at: seconds(0), fails: true,
		},
		"failure for good after a pause": {
			pauses: vendorPauses, failures: forever, decisions: []Verdict{retry, {}},
			at: seconds(0, 3), fails: true,
		},
		"Pause replaces the schedule, and counts": {
			pauses: vendorPauses, failures: forever, decisions: []Verdict{retry, {Retry: true, Pause: time.Second}, retry},
			at: seconds(0, 3, 4, 34, 124), fails: true,
		},
		"Pause may be longer than the schedule": {
			pauses: vendorPauses, failures: 1, decisions: []Verdict{{Retry: true, Pause: 5 * time.Minute}},
			at: seconds(0, 300),
		},
		"AtLeast lengthens the schedule": {
			pauses: vendorPauses, failures: 1, decisions: []Verdict{{Retry: true, AtLeast: 5 * time.Second}},
			at: seconds(0, 5),
		},
		"AtLeast does not shorten the schedule": {
			pauses: vendorPauses, failures: 1, decisions: []Verdict{{Retry: true, AtLeast: time.Second}},
			at: seconds(0, 3),
		},
		"AtLeast lengthens Pause": {
			pauses: vendorPauses, failures: 1, decisions: []Verdict{{Retry: true, Pause: time.Second, AtLeast: 2 * time.Second}},
			at: seconds(0, 2),
		},
		"AtLeast does not shorten Pause": {
			pauses: vendorPauses, failures: 1, decisions: []Verdict{{Retry: true, Pause: 7 * time.Second, AtLeast: time.Second}},
			at: seconds(0, 7),
		},
		"AtLeast lengthens a pause of no length": {
			pauses: make([]time.Duration, 1), failures: 1, decisions: []Verdict{{Retry: true, AtLeast: time.Second}},
			at: seconds(0, 1),
		},
		"A changed request goes at once": {
			pauses: vendorPauses, failures: 1, decisions: []Verdict{changed},
			at: seconds(0, 0),
		},
		"a changed request: does not count": {
			pauses: vendorPauses, failures: forever, decisions: []Verdict{retry, changed, retry, changed, retry},
			at: seconds(0, 3, 3, 13, 13, 43, 133), fails: true,
		},
		"a changed request: with the pauses used up": {
			pauses: vendorPauses[:1], failures: forever, decisions: []Verdict{retry, changed, retry},
			at: seconds(0, 3, 3), fails: true,
		},
		"a changed request: without any pauses": {
			pauses: nil, failures: 1, decisions: []Verdict{changed},
			at: seconds(0, 0),
		},
		"a changed request: goes before the rest": {
			pauses: vendorPauses, failures: 1, decisions: []Verdict{{Changed: true, Retry: true, Pause: time.Minute, AtLeast: time.Minute}},
			at: seconds(0, 0),
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := policy(test.pauses, always(test.random))
				at, err := run(t.Context(), r, test.failures, test.decisions...)
				assert.Equal(t, test.at, at)
				if test.fails {
					assert.Equal(t, errAttempt, err, "the last attempt's error, as it was")
				} else {
					assert.NoError(t, err)
				}
			})
		})
	}
}

func seconds(of ...float64) []time.Duration {
	durations := make([]time.Duration, len(of))
	for i, s := range of {
		durations[i] = time.Duration(s * float64(time.Second))
	}
	return durations
}

func TestJitterLengthensByAFifthAtMost(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		random   func() float64
		decision Verdict
		min, max time.Duration
	}{
		"none":                   {always(0), Verdict{Retry: true}, 10 * time.Second, 10 * time.Second},
		"half":                   {always(0.5), Verdict{Retry: true}, 11 * time.Second, 11 * time.Second},
		"nearly all":             {always(0.999), Verdict{Retry: true}, 11990 * time.Millisecond, 12*time.Second - 1},
		"from math/rand":         {nil, Verdict{Retry: true}, 10 * time.Second, 12*time.Second - 1},
		"on Pause":               {always(0.5), Verdict{Retry: true, Pause: 20 * time.Second}, 22 * time.Second, 22 * time.Second},
		"on AtLeast":             {always(0.5), Verdict{Retry: true, AtLeast: 30 * time.Second}, 33 * time.Second, 33 * time.Second},
		"on top of AtLeast":      {always(0.5), Verdict{Retry: true, AtLeast: 10 * time.Second}, 11 * time.Second, 11 * time.Second},
		"not on what is at once": {always(0.999), Verdict{Changed: true}, 0, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := policy([]time.Duration{10 * time.Second}, test.random)
				at, err := run(t.Context(), r, 1, test.decision)
				require.NoError(t, err)
				require.Len(t, at, 2)
				assert.GreaterOrEqual(t, at[1], test.min)
				assert.LessOrEqual(t, at[1], test.max)
			})
		})
	}
}

// Each pause takes a new random number.
func TestJitterIsDrawnAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		numbers := []float64{0, 0.5, 0.25}
		r := policy([]time.Duration{10 * time.Second, 10 * time.Second, 10 * time.Second},
			func() float64 { next := numbers[0]; numbers = numbers[1:]; return next })
		at, err := run(t.Context(), r, 3, Verdict{Retry: true})
		require.NoError(t, err)
		assert.Equal(t, seconds(0, 10, 21, 31.5), at)
	})
}

// Do calls change once for each failure, with the unwrapped error. change may change the request.
func TestChangeIsAskedOncePerFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		failures := []error{errors.New("first"), errors.New("second"), errors.New("third")}
		var told []error
		attempts := 0
		r := policy(vendorPauses[:2], always(0))
		_, err := r.Do(t.Context(), "",
			just(func(context.Context) error { attempts++; return failures[attempts-1] }),
			func(err error) bool { told = append(told, err); return false },
		)
		assert.Equal(t, failures[2], err, "the last attempt's error")
		assert.Equal(t, failures, told)
		assert.Equal(t, 3, attempts)
	})
}

func TestContextReachesTheAttempt(t *testing.T) {
	t.Parallel()
	type key struct{}
	ctx := context.WithValue(t.Context(), key{}, "value")
	_, err := policy(nil, nil).Do(ctx, "", just(func(ctx context.Context) error {
		assert.Equal(t, "value", ctx.Value(key{}))
		return nil
	}), nil)
	assert.NoError(t, err)
}

func TestContextEnds(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		end      time.Duration // the deadline, counted from the start; 0: it has passed before
		pauses   []time.Duration
		decision Verdict
		attempts int
		elapsed  time.Duration
		want     error
	}{
		"during the first pause":   {time.Second, vendorPauses, Verdict{Retry: true}, 1, time.Second, context.Canceled},
		"during a later pause":     {60 * time.Second, vendorPauses, Verdict{Retry: true}, 4, 60 * time.Second, context.Canceled},
		"during a pause asked for": {time.Second, vendorPauses, Verdict{Retry: true, Pause: time.Hour}, 1, time.Second, context.Canceled},
		"before the start":         {0, vendorPauses, Verdict{Retry: true}, 1, 0, context.Canceled},
		"with nothing to wait for": {0, nil, Verdict{Retry: true}, 1, 0, errAttempt},
		"with a failure for good":  {0, vendorPauses, Verdict{}, 1, 0, errAttempt},
		"after all attempts":       {time.Hour, vendorPauses, Verdict{Retry: true}, 5, 133 * time.Second, errAttempt},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if test.end == 0 {
					cancel()
				}
				time.AfterFunc(test.end, cancel)
				r := policy(test.pauses, always(0))
				start := time.Now()
				at, err := run(ctx, r, 1000, test.decision)
				assert.Equal(t, test.want, err)
				assert.Len(t, at, test.attempts)
				assert.Equal(t, test.elapsed, time.Since(start))
			})
		})
	}
}

// Do returns at once if the pause would end after the deadline.
func TestAPauseThatIsLongerThanTheDeadline(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		left     time.Duration
		decision Verdict
		attempts int
		elapsed  time.Duration
	}{
		"the first pause":            {3 * time.Second, Verdict{Retry: true}, 1, 0},
		"a later pause":              {60 * time.Second, Verdict{Retry: true}, 4, 43 * time.Second},
		"a pause that was asked for": {time.Minute, Verdict{Retry: true, Pause: time.Hour}, 1, 0},
		"no pause":                   {time.Hour, Verdict{Retry: true}, 5, 133 * time.Second},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), test.left)
				defer cancel()
				start := time.Now()
				at, err := run(ctx, policy(vendorPauses, always(0)), 1000, test.decision)
				assert.Equal(t, errAttempt, err)
				assert.Len(t, at, test.attempts)
				assert.Equal(t, test.elapsed, time.Since(start))
			})
		})
	}
}

func TestCancellationEndsAPauseAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(7*time.Second, cancel)
		start := time.Now()
		at, err := run(ctx, policy([]time.Duration{time.Hour}, always(0)), 1000, Verdict{Retry: true})
		assert.Equal(t, context.Canceled, err)
		assert.Len(t, at, 1)
		assert.Equal(t, 7*time.Second, time.Since(start))
	})
}

// Requests share one Policy, and none delays another.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := policy(vendorPauses, nil)
		start := time.Now()
		var all sync.WaitGroup
		for range 64 {
			all.Go(func() {
				at, err := run(t.Context(), r, 4, Verdict{Retry: true})
				assert.NoError(t, err)
				assert.Len(t, at, 5)
			})
		}
		all.Wait()
		assert.GreaterOrEqual(t, time.Since(start), 133*time.Second)
		assert.Less(t, time.Since(start), 160*time.Second)
	})
}
