package requests

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

var config = Config{
	RetryPauses: []time.Duration{3 * time.Second, 10 * time.Second},
	Concurrency: 4,
	Random:      func() float64 { return 0 },
}

func newRetrier(t *testing.T, c Config) *Retrier {
	t.Helper()
	d, err := New(c, service.MockResources())
	require.NoError(t, err)
	return d
}

// scripted is a request that fails with one error after another, and then succeeds.
func scripted(errs ...*liveperson.Error) (request func(context.Context) error, times *[]time.Duration) {
	start := time.Now()
	times = &[]time.Duration{}
	return func(context.Context) error {
		*times = append(*times, time.Since(start))
		if n := len(*times); n <= len(errs) {
			return errs[n-1]
		}
		return nil
	}, times
}

func TestFailuresAreRepeatedByTheirClass(t *testing.T) {
	t.Parallel()
	server := func() *liveperson.Error { return &liveperson.Error{Class: liveperson.ClassServer, Status: 503} }
	invalid := &liveperson.Error{Class: liveperson.ClassInvalid, Status: 400}
	tests := map[string]struct {
		errs     []*liveperson.Error
		times    []time.Duration
		attempts int // that the error tells; 0: no error
	}{
		"success":                         {nil, []time.Duration{0}, 0},
		"after one pause":                 {[]*liveperson.Error{server()}, []time.Duration{0, 3 * time.Second}, 0},
		"pauses used up":                  {[]*liveperson.Error{server(), server(), server()}, []time.Duration{0, 3 * time.Second, 13 * time.Second}, 3},
		"never for what is refused":       {[]*liveperson.Error{invalid}, []time.Duration{0}, 1},
		"Retry-After":                     {[]*liveperson.Error{{Class: liveperson.ClassServer, RetryAfter: 7 * time.Second}}, []time.Duration{0, 7 * time.Second}, 0},
		"a second at least after a 429":   {[]*liveperson.Error{{Class: liveperson.ClassThrottled, RetryAfter: time.Millisecond}}, []time.Duration{0, time.Second}, 0},
		"an account that is being loaded": {[]*liveperson.Error{{Class: liveperson.ClassLoading}}, []time.Duration{0, 3 * time.Second}, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				request, times := scripted(test.errs...)
				err := newRetrier(t, config).Do(t.Context(), "c", Request(request), nil)
				assert.Equal(t, test.times, *times)
				if test.attempts == 0 {
					require.NoError(t, err)
					return
				}
				var e *liveperson.Error
				require.ErrorAs(t, err, &e)
				assert.Equal(t, test.attempts, e.Attempts)
			})
		})
	}
}

func TestADifferentRequestGoesAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		refused := &liveperson.Error{Class: liveperson.ClassNotFound, Status: 404, Code: 39}
		request, times := scripted(refused, &liveperson.Error{Class: liveperson.ClassServer})
		var asked []int
		require.NoError(t, newRetrier(t, config).Do(t.Context(), "c", Request(request), func(e *liveperson.Error) bool {
			asked = append(asked, e.Code)
			return e == refused
		}))
		assert.Equal(t, []time.Duration{0, 0, 3 * time.Second}, *times)
		assert.Equal(t, []int{39, 0}, asked)
	})
}

func TestWhatIsNotLivePersonsIsNotRepeated(t *testing.T) {
	t.Parallel()
	calls := 0
	err := newRetrier(t, config).Do(t.Context(), "c", Request(func(context.Context) error { calls++; return errors.New("no") }), nil)
	require.EqualError(t, err, "no")
	assert.Equal(t, 1, calls)
}

func TestWhatIsPermanentIsNotRepeated(t *testing.T) {
	t.Parallel()
	calls := 0
	timedOut := &liveperson.Error{Class: liveperson.ClassNetwork}
	err := newRetrier(t, config).Do(t.Context(), "c", Request(func(context.Context) error { calls++; return Permanent(timedOut) }), nil)
	assert.Equal(t, error(timedOut), err)
	assert.Equal(t, 1, timedOut.Attempts)
	assert.Equal(t, 1, calls)
}

func TestAnOutageKeepsRequestsBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newRetrier(t, config)
		down := &liveperson.Error{Class: liveperson.ClassNetwork}
		request, times := scripted(slices.Repeat([]*liveperson.Error{down}, 8)...)
		require.NoError(t, d.Failure())
		require.NoError(t, d.Do(t.Context(), "c", Request(request), nil))
		require.EqualError(t, d.Failure(), "class=network status=0 code=0 attempts=1: LivePerson did not answer", "of one request, however many there were")
		const s = time.Second
		assert.Equal(t, []time.Duration{0, 3 * s, 13 * s, 18 * s, 28 * s, 43 * s, 163 * s, 403 * s, 883 * s}, *times,
			"two pauses of its own, then 5, 10 and 15 s, 2, 4 and 8 minutes")
		isDown, _ := d.Down()
		assert.False(t, isDown)
	})
}

// A short timeout ends requests to a service that is just slow. A long one does not.
func TestTimeoutsCountTowardsAnOutageOnlyAfterALongTime(t *testing.T) {
	t.Parallel()
	timedOut := liveperson.Unanswered(context.DeadlineExceeded)
	refused := liveperson.Unanswered(errors.New("connection refused"))
	tests := map[string]struct {
		timeout time.Duration
		failure *liveperson.Error
		down    bool
	}{
		"a short timeout":                     {time.Second, timedOut, false},
		"a long timeout":                      {5 * time.Second, timedOut, true},
		"a timeout that is not known":         {0, timedOut, true},
		"no connection, with a short timeout": {time.Second, refused, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := Config{Concurrency: 4, FailWhileDown: true, Timeout: test.timeout}
				d := newRetrier(t, c)
				for range 12 {
					failure := *test.failure
					require.Error(t, d.Do(t.Context(), "c", Request(func(context.Context) error { return &failure }), nil))
					time.Sleep(time.Second)
				}
				isDown, _ := d.Down()
				assert.Equal(t, test.down, isDown)
			})
		})
	}
}

func TestTheLimitMayBeFixed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fixed bool
		first int // requests in flight at the start
	}{"fixed": {true, 100}, "found out": {false, 8}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newRetrier(t, Config{Concurrency: 100, FixedLimit: test.fixed})
				var inFlight atomic.Int64
				slow := Request(func(context.Context) error {
					inFlight.Add(1)
					time.Sleep(time.Second)
					return &liveperson.Error{Class: liveperson.ClassServer, Status: 503}
				})
				var all sync.WaitGroup
				for round := range 2 {
					inFlight.Store(0)
					for range 100 {
						all.Go(func() { _ = d.Do(t.Context(), "c", slow, nil) })
					}
					synctest.Wait()
					if round == 0 || test.fixed { // signs of overload do not lower a fixed limit
						assert.EqualValues(t, test.first, inFlight.Load())
					}
					all.Wait()
				}
			})
		})
	}
}

func TestRequestsMayFailWhileLivePersonIsDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := config
		c.FailWhileDown = true
		d := newRetrier(t, c)
		down := &liveperson.Error{Class: liveperson.ClassNetwork}
		request, times := scripted(down, down, down)
		require.ErrorIs(t, d.Do(t.Context(), "c", Request(request), nil), down)
		assert.Equal(t, []time.Duration{0, 3 * time.Second, 13 * time.Second}, *times)

		err := d.Do(t.Context(), "c", Request(request), nil)
		require.ErrorContains(t, err, "class=server status=0 code=0 attempts=0: not sent: LivePerson is down; the next request is made in 5s")
		assert.Len(t, *times, 3, "and is not made")

		time.Sleep(5 * time.Second)
		require.NoError(t, d.Do(t.Context(), "c", Request(request), nil), "a probe goes, and LivePerson is back")
		require.NoError(t, d.Do(t.Context(), "c", Request(request), nil))
	})
}

// Neither those that waited for their turn when LivePerson went down, nor those that come
// while a probe is under way, wait for the end of the outage.
func TestNothingWaitsForTheEndOfAnOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := config
		c.RetryPauses, c.FailWhileDown = nil, true
		d := newRetrier(t, c)
		var made atomic.Int32
		unanswered := func(context.Context) error {
			made.Add(1)
			time.Sleep(10 * time.Second) // the time-out
			return &liveperson.Error{Class: liveperson.ClassNetwork}
		}
		many := func() (took time.Duration) {
			start := time.Now()
			var all sync.WaitGroup
			for range 64 {
				all.Go(func() { assert.Error(t, d.Do(t.Context(), "c", Request(unanswered), nil)) })
			}
			all.Wait()
			return time.Since(start)
		}
		assert.LessOrEqual(t, many(), 40*time.Second)
		before := made.Load()
		assert.LessOrEqual(t, before, int32(4*4), "four at a time, until ten have failed")

		time.Sleep(2 * time.Minute)
		probe := make(chan error)
		go func() { probe <- d.Do(t.Context(), "c", Request(unanswered), nil) }()
		synctest.Wait()
		assert.Zero(t, many(), "the probe is answered for nobody else")
		require.ErrorContains(t, d.Do(t.Context(), "c", Request(unanswered), nil), "the next request is made in 1s")
		require.Error(t, <-probe)
		assert.Equal(t, before+1, made.Load())
	})
}

func TestEachAttemptAsksTheRateLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		mgr := service.MockResources(service.MockResourcesOptAddRateLimit("slow", func(context.Context) (time.Duration, error) {
			if asked++; asked%2 == 1 {
				return 5 * time.Second, nil
			}
			return 0, nil
		}))
		c := config
		c.RateLimit = "slow"
		d, err := New(c, mgr)
		require.NoError(t, err)
		request, times := scripted(&liveperson.Error{Class: liveperson.ClassServer})
		require.NoError(t, d.Do(t.Context(), "c", Request(request), nil))
		assert.Equal(t, []time.Duration{5 * time.Second, 13 * time.Second}, *times)
		assert.Equal(t, 4, asked)

		_, err = New(Config{Concurrency: 1, RateLimit: "gone"}, mgr)
		assert.ErrorContains(t, err, `rate_limit: there is no rate limit resource labelled "gone"`)
	})
}

// It may be shared by way of a server, which comes back.
func TestARateLimitThatFailsIsAskedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		failures := 0
		mgr := service.MockResources(service.MockResourcesOptAddRateLimit("shared", func(context.Context) (time.Duration, error) {
			if failures > 0 {
				failures--
				return 0, errors.New("connection refused")
			}
			return 0, nil
		}))
		c := config
		c.RateLimit, c.RetryPauses = "shared", []time.Duration{3 * time.Minute, 10 * time.Minute}
		d, err := New(c, mgr)
		require.NoError(t, err)

		failures = 2
		request, times := scripted()
		require.NoError(t, d.Do(t.Context(), "c", Request(request), nil))
		assert.Equal(t, []time.Duration{13 * time.Minute}, *times)

		failures = 3
		require.EqualError(t, d.Do(t.Context(), "c", Request(request), nil), "asking the rate limit shared: connection refused")
		assert.Len(t, *times, 1)
	})
}

// Failures that are about one consumer or one account say nothing about load: the number of
// requests in flight stays. It falls when LivePerson rejects requests for load.
func TestWhatLowersTheRequestsInFlight(t *testing.T) {
	t.Parallel()
	const (
		requests = 2600
		answer   = 40 * time.Millisecond
		full     = requests / 64 * answer // all 64 in flight
	)
	dial := &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	network := func(cause error) *liveperson.Error { return liveperson.Unanswered(cause) }
	tests := map[string]struct {
		failure *liveperson.Error
		lowers  bool
	}{
		"500 for some consumers":     {&liveperson.Error{Class: liveperson.ClassServer, Status: 500}, false},
		"502":                        {&liveperson.Error{Class: liveperson.ClassServer, Status: 502}, false},
		"an account that is loading": {&liveperson.Error{Class: liveperson.ClassLoading, Status: 202}, false},
		"404 with internalCode 37":   {&liveperson.Error{Class: liveperson.ClassNotFound, Status: 404, Code: 37}, false},
		"400":                        {&liveperson.Error{Class: liveperson.ClassInvalid, Status: 400}, false},
		"a connection that breaks":   {network(io.ErrUnexpectedEOF), false},
		"429":                        {&liveperson.Error{Class: liveperson.ClassThrottled, Status: 429}, true},
		"503":                        {&liveperson.Error{Class: liveperson.ClassServer, Status: 503}, true},
		"refused connections":        {network(dial), true},
		"time-outs":                  {network(context.DeadlineExceeded), true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newRetrier(t, Config{Concurrency: 64})
				start := time.Now()
				var all sync.WaitGroup
				for i := range requests {
					all.Go(func() {
						err := d.Do(t.Context(), "", Request(func(context.Context) error {
							time.Sleep(answer)
							if i%25 < 7 { // 28 %
								failure := *test.failure
								return &failure
							}
							return nil
						}), nil)
						assert.Equal(t, i%25 < 7, err != nil)
					})
				}
				all.Wait()
				if test.lowers {
					assert.Greater(t, time.Since(start), 4*full)
				} else {
					assert.Less(t, time.Since(start), full+full/4)
				}
			})
		})
	}
}

func TestNoMoreRequestsThanConcurrency(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newRetrier(t, config)
		var mu sync.Mutex
		inFlight, most, made := 0, 0, 0
		count := func(n int) {
			mu.Lock()
			defer mu.Unlock()
			inFlight += n
			most = max(most, inFlight)
			made += max(n, 0)
		}
		for range 20 {
			go func() {
				_ = d.Do(t.Context(), "c", Request(func(context.Context) error {
					count(1)
					defer count(-1)
					time.Sleep(time.Second)
					return nil
				}), nil)
			}()
		}
		time.Sleep(time.Minute)
		mu.Lock()
		defer mu.Unlock()
		assert.LessOrEqual(t, most, 4)
		assert.Equal(t, 20, made)
	})
}

func TestFields(t *testing.T) {
	t.Parallel()
	spec := service.NewConfigSpec().Fields(Fields("question", "5s", "10s", "15s")...)
	tests := map[string]struct {
		yaml        string
		want        Config
		errContains string
	}{
		"defaults":          {"{}", Config{RetryPauses: []time.Duration{5 * time.Second, 10 * time.Second, 15 * time.Second}, Concurrency: 64}, ""},
		"all":               {"retry_pauses: []\nconcurrency: 2\nrate_limit: slow", Config{RetryPauses: []time.Duration{}, Concurrency: 2, RateLimit: "slow"}, ""},
		"no time":           {"retry_pauses: [1s, soon]", Config{}, `retry_pauses[1]: "soon" is not a duration`},
		"nothing at a time": {"concurrency: 0", Config{}, "concurrency: must be at least 1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parsed, err := spec.ParseYAML(test.yaml, nil)
			require.NoError(t, err)
			got, err := FromParsed(parsed)
			if test.errContains != "" {
				require.ErrorContains(t, err, test.errContains)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.want, got)
		})
	}
}
