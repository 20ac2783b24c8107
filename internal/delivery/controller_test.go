package delivery

import (
	"bytes"
	"cmp"
	"container/heap"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// scenario describes a service, its clients, and the levels that are expected of the controller.
// The files in testdata are scenarios.
type scenario struct {
	About    string       `json:"about"`
	Seed     uint64       `json:"seed"`
	Bound    int          `json:"bound"`
	Duration textDuration `json:"duration"`
	// Timeline has the conditions in order of time. The first ones begin at 0.
	Timeline []conditions  `json:"timeline"`
	Expect   []expectation `json:"expect"`
}

// conditions describe the service and its clients from a time on.
type conditions struct {
	From textDuration `json:"from"`
	// RoundTrip is how long the service takes for one request alone.
	RoundTrip textDuration `json:"round_trip"`
	// Jitter lengthens RoundTrip by this share on average, with an exponential distribution.
	Jitter float64 `json:"jitter"`
	// Each request in flight beyond Knee lengthens the round trip by Slope.
	Knee  int          `json:"knee"`
	Slope textDuration `json:"slope"`
	// The service refuses requests beyond Limit in flight. 0: no limit.
	Limit int `json:"limit"`
	// Timeout, if set, says that the service does not answer refused requests, and that the client
	// gives up after this time. Zero: the service refuses them after RoundTrip.
	Timeout textDuration `json:"timeout"`
	// Refused is the share of the requests that the service refuses for reasons other than load.
	Refused float64 `json:"refused"`
	// Demand is how many requests the clients want in flight; 0: more than any level.
	Demand int `json:"demand"`
}

// expectation says which levels are right in a span of time. Members that are not set are not
// checked.
type expectation struct {
	From textDuration `json:"from"`
	To   textDuration `json:"to"` // zero: the end
	// Level has the least and the greatest level allowed in the span.
	Level *[2]int `json:"level"`
	// Mean has the least and the greatest mean level allowed over the span.
	Mean *[2]float64 `json:"mean"`
	// Reaches is a level that the controller must reach at some time in the span.
	Reaches int `json:"reaches"`
}

type textDuration struct{ time.Duration }

func (d *textDuration) UnmarshalText(text []byte) (err error) {
	d.Duration, err = time.ParseDuration(string(text))
	return err
}

// answer is the answer to a request in flight.
type answer struct {
	at, took   time.Duration
	pushedBack bool
	number     int
}

type answers []answer

func (a answers) Len() int      { return len(a) }
func (a answers) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a *answers) Push(x any)   { *a = append(*a, x.(answer)) }
func (a answers) Less(i, j int) bool {
	return a[i].at < a[j].at || a[i].at == a[j].at && a[i].number < a[j].number
}

func (a *answers) Pop() any {
	last := (*a)[len(*a)-1]
	*a = (*a)[:len(*a)-1]
	return last
}

// simulation runs a scenario.
type simulation struct {
	scenario
	controller *controller
	random     *rand.Rand
	now        time.Duration
	inFlight   answers
	requests   int
}

// point is a level and the time at which it began.
type point struct {
	at    time.Duration
	level int
}

// simulate runs the scenario and returns all levels of the controller.
func (s scenario) simulate() []point {
	sim := &simulation{
		scenario:   s,
		controller: newController(s.Bound),
		random:     rand.New(rand.NewPCG(s.Seed, 6)),
	}
	levels := []point{{0, sim.controller.level}}
	start := time.Unix(0, 0)
	for {
		sim.fill()
		next := heap.Pop(&sim.inFlight).(answer)
		if sim.now = next.at; sim.now >= s.Duration.Duration {
			return levels
		}
		sim.controller.observe(start.Add(sim.now), next.took, next.pushedBack)
		if level := sim.controller.level; level != levels[len(levels)-1].level {
			levels = append(levels, point{sim.now, level})
		}
	}
}

// fill makes requests up to the level or the demand. It tells the controller when the level is
// reached, as the limiter does.
func (sim *simulation) fill() {
	c := sim.conditions()
	for (c.Demand == 0 || len(sim.inFlight) < c.Demand) && len(sim.inFlight) < sim.controller.level {
		sim.requests++
		request := sim.request(c, len(sim.inFlight)+1)
		heap.Push(&sim.inFlight, request)
	}
	if len(sim.inFlight) >= sim.controller.level {
		sim.controller.full = true
	}
}

func (sim *simulation) conditions() conditions {
	current := sim.Timeline[0]
	for _, c := range sim.Timeline {
		if c.From.Duration <= sim.now {
			current = c
		}
	}
	return current
}

func (sim *simulation) request(c conditions, inFlight int) answer {
	jitter, luck := sim.random.ExpFloat64(), sim.random.Float64()
	a := answer{number: sim.requests, pushedBack: luck < c.Refused}
	a.took = time.Duration(float64(c.RoundTrip.Duration) * (1 + c.Jitter*jitter))
	if inFlight > c.Knee {
		a.took += time.Duration(inFlight-c.Knee) * c.Slope.Duration
	}
	if c.Limit > 0 && inFlight > c.Limit {
		a.pushedBack = true
		if c.Timeout.Duration > 0 {
			a.took = c.Timeout.Duration
		}
	}
	a.at = sim.now + a.took
	return a
}

// check returns a text for each part of the expectation that does not hold.
func (e expectation) check(levels []point, end time.Duration) (failures []string) {
	to := e.To.Duration
	if to == 0 {
		to = end
	}
	least, greatest, mean := span(levels, e.From.Duration, to)
	failed := func(format string, args ...any) {
		failures = append(failures, fmt.Sprintf("%s to %s: ", e.From, to)+fmt.Sprintf(format, args...))
	}
	if e.Level != nil && (least < e.Level[0] || greatest > e.Level[1]) {
		failed("the level is from %d to %d, want from %d to %d", least, greatest, e.Level[0], e.Level[1])
	}
	if e.Mean != nil && (mean < e.Mean[0] || mean > e.Mean[1]) {
		failed("the mean level is %.1f, want from %v to %v", mean, e.Mean[0], e.Mean[1])
	}
	if greatest < e.Reaches {
		failed("the greatest level is %d, want %d", greatest, e.Reaches)
	}
	return failures
}

func span(levels []point, from, to time.Duration) (least, greatest int, mean float64) {
	least = int(^uint(0) >> 1)
	for i, p := range levels {
		end := to
		if i+1 < len(levels) {
			end = min(levels[i+1].at, to)
		}
		begin := max(p.at, from)
		if begin > end || begin == end && end < to {
			continue
		}
		least, greatest = min(least, p.level), max(greatest, p.level)
		mean += float64(p.level) * (end - begin).Seconds()
	}
	return least, greatest, mean / (to - from).Seconds()
}

func readScenario(t *testing.T, path string) scenario {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var s scenario
	require.NoError(t, decoder.Decode(&s))
	require.NotEmpty(t, s.Timeline)
	require.NotEmpty(t, s.Expect)
	for _, e := range s.Expect {
		require.True(t, e.Level != nil || e.Mean != nil || e.Reaches > 0, "an expectation of nothing")
	}
	return s
}

func runScenarios(t *testing.T, pattern string) {
	paths, err := filepath.Glob(pattern)
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".json"), func(t *testing.T) {
			t.Parallel()
			s := readScenario(t, path)
			levels := s.simulate()
			for _, e := range s.Expect {
				for _, failure := range e.check(levels, s.Duration.Duration) {
					t.Error(failure)
				}
			}
			if t.Failed() {
				t.Log(s.About)
				t.Log("every second:", everySecond(levels, s.Duration.Duration))
			}
		})
	}
}

func everySecond(levels []point, end time.Duration) (all []int) {
	for at := time.Duration(0); at < end; at += time.Second {
		_, level, _ := span(levels, at, at+1)
		all = append(all, level)
	}
	return all
}

func TestControllerScenarios(t *testing.T) {
	t.Parallel()
	runScenarios(t, filepath.Join("testdata", "*.json"))
}

func TestSpan(t *testing.T) {
	t.Parallel()
	levels := []point{{0, 8}, {2 * time.Second, 9}, {4 * time.Second, 3}}
	tests := map[string]struct {
		from, to        time.Duration
		least, greatest int
		mean            float64
	}{
		"one level":   {0, time.Second, 8, 8, 8},
		"two":         {time.Second, 3 * time.Second, 8, 9, 8.5},
		"all":         {0, 10 * time.Second, 3, 9, 5.2},
		"the last":    {5 * time.Second, 6 * time.Second, 3, 3, 3},
		"from a step": {2 * time.Second, 3 * time.Second, 9, 9, 9},
		"to a step":   {3 * time.Second, 4 * time.Second, 3, 9, 9},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			least, greatest, mean := span(levels, test.from, test.to)
			assert.Equal(t, test.least, least)
			assert.Equal(t, test.greatest, greatest)
			assert.InDelta(t, test.mean, mean, 1e-9)
		})
	}
}

func TestControllerBeginsBelowItsBound(t *testing.T) {
	t.Parallel()
	for bound, level := range map[int]int{1: 1, 7: 7, 8: 8, 9: 8, 64: 8} {
		assert.Equal(t, level, newController(bound).level, "bound %d", bound)
	}
}

// observation is one outcome, or several equal ones at the same time.
type observation struct {
	at         time.Duration
	took       time.Duration
	pushedBack bool
	full       bool // the level was reached before
	times      int
}

func TestControllerObserves(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	// well is an observation at the end of a period: a round trip that took 100 ms.
	well := func(period int, full bool) observation {
		return observation{at: time.Duration(period) * 100 * ms, took: 100 * ms, full: full, times: 1}
	}
	refused := func(at time.Duration, times int) observation {
		return observation{at: at, took: 7 * time.Hour, pushedBack: true, full: true, times: times}
	}
	good := func(at, took time.Duration, times int) observation {
		return observation{at: at, took: took, full: true, times: times}
	}
	tests := map[string]struct {
		level, safe  int // at the start; zero: 20, and the same as level
		observations []observation
		want         int
	}{
		"nothing":                        {observations: nil, want: 20},
		"doubling below the safe level":  {level: 8, safe: 50, observations: []observation{well(0, true), well(1, true)}, want: 32},
		"doubling up to the safe level":  {level: 8, safe: 50, observations: []observation{well(0, true), well(1, true), well(2, true)}, want: 50},
		"then one more":                  {level: 8, safe: 50, observations: []observation{well(0, true), well(1, true), well(2, true), well(3, true)}, want: 51},
		"no doubling if not all in use":  {level: 8, safe: 50, observations: []observation{well(0, false), well(1, false)}, want: 8},
		"doubling back after a refusal":  {level: 60, safe: 60, observations: []observation{refused(0, 1), refused(100*ms, 1), refused(200*ms, 1), well(3, true)}, want: 54},
		"a round trip, all in use":       {observations: []observation{well(0, true)}, want: 21},
		"a round trip, not all in use":   {observations: []observation{well(0, false)}, want: 20},
		"one more for each round trip":   {observations: []observation{well(0, true), well(1, true), well(2, true)}, want: 23},
		"one more once in a round trip":  {observations: []observation{well(0, true), good(99*ms, 100*ms, 50)}, want: 21},
		"it is due after the round trip": {observations: []observation{well(0, true), good(99*ms, 100*ms, 50), good(100*ms, 100*ms, 1)}, want: 22},
		"all in use at any time in it": {
			observations: []observation{well(0, false), good(50*ms, 100*ms, 1), {at: 100 * ms, took: 100 * ms, times: 1}}, want: 21,
		},
		"all in use in the one before":       {observations: []observation{well(0, true), well(1, false)}, want: 21},
		"not beyond the bound":               {level: 63, observations: []observation{well(0, true), well(1, true), well(2, true)}, want: 64},
		"refusals before any success":        {observations: []observation{refused(0, 1)}, want: 18},
		"a tenth less, rounded down":         {level: 64, observations: []observation{refused(0, 1)}, want: 57},
		"one less at least":                  {level: 5, observations: []observation{refused(0, 1)}, want: 4},
		"never below one":                    {level: 2, observations: []observation{refused(0, 20)}, want: 1},
		"a tenth less once in a round trip":  {observations: []observation{well(0, false), refused(50*ms, 100)}, want: 20},
		"and not before it ends":             {observations: []observation{well(0, false), refused(50*ms, 100), refused(100*ms, 1)}, want: 18},
		"the round trip is the mean":         {observations: []observation{well(0, false), refused(100*ms, 1), refused(199*ms, 10)}, want: 18},
		"a refusal's time is no round trip":  {observations: []observation{well(0, false), refused(100*ms, 1), refused(200*ms, 1)}, want: 16},
		"one refused of ten":                 {observations: []observation{well(0, false), good(50*ms, 100*ms, 8), refused(60*ms, 1), good(100*ms, 100*ms, 1)}, want: 18},
		"one refused of eleven":              {observations: []observation{well(0, false), good(50*ms, 100*ms, 9), refused(60*ms, 1), good(100*ms, 100*ms, 1)}, want: 21},
		"two refused of twenty":              {observations: []observation{well(0, false), good(50*ms, 100*ms, 17), refused(60*ms, 2), good(100*ms, 100*ms, 1)}, want: 18},
		"refusals of the period before":      {observations: []observation{well(0, false), good(50*ms, 100*ms, 9), refused(60*ms, 1), good(100*ms, 100*ms, 1), refused(110*ms, 1), good(150*ms, 100*ms, 9), good(200*ms, 100*ms, 1)}, want: 22},
		"slower, within the slack":           {observations: []observation{well(0, true), {at: 100 * ms, took: 105 * ms, times: 1}}, want: 21},
		"slower than the slack":              {observations: []observation{well(0, true), good(100*ms, 105*ms+1, 1)}, want: 18}, // 21 * 0.9
		"slower for one of many":             {observations: []observation{well(0, false), {at: 50 * ms, took: 100 * ms, times: 9}, {at: 100 * ms, took: 140 * ms, times: 1}}, want: 20},
		"faster":                             {observations: []observation{well(0, true), good(100*ms, 1*ms, 1)}, want: 22},
		"slower, and not all in use":         {observations: []observation{well(0, false), {at: 100 * ms, took: 200 * ms, times: 1}}, want: 18},
		"slower, within the usual deviation": {observations: []observation{well(0, true), good(100*ms, 60*ms, 1), {at: 200 * ms, took: 123 * ms, times: 1}}, want: 22}, // mean 84, deviation 16
		"slower than the usual deviation":    {observations: []observation{well(0, true), good(100*ms, 60*ms, 1), good(200*ms, 125*ms, 1)}, want: 19},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newController(64)
			c.level, c.safe = 20, 20
			if test.level != 0 {
				c.level, c.safe = test.level, cmp.Or(test.safe, test.level)
			}
			start := time.Unix(0, 0)
			for _, o := range test.observations {
				for range o.times {
					c.full = c.full || o.full
					c.observe(start.Add(o.at), o.took, o.pushedBack)
				}
			}
			assert.Equal(t, test.want, c.level)
		})
	}
}

func TestControllerLearns(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		values          []float64 // seconds
		mean, deviation float64
	}{
		"nothing":           {nil, 0, 0},
		"the first value":   {[]float64{1}, 1, 0},
		"always the same":   {[]float64{1, 1, 1}, 1, 0},
		"greater":           {[]float64{1, 2}, 1.4, 0.4},
		"less":              {[]float64{2, 1}, 1.6, 0.4},
		"greater and less":  {[]float64{1, 2, 1}, 1.24, 0.4},
		"back to the rest":  {[]float64{1, 2, 1.4, 1.4}, 1.4, 0.144},
		"the newest counts": {[]float64{1, 11, 1}, 3.4, 4},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newController(64)
			for _, value := range test.values {
				c.learn(time.Duration(value * float64(time.Second)))
			}
			assert.InDelta(t, test.mean, c.mean.Seconds(), 1e-6)
			assert.InDelta(t, test.deviation, c.deviation.Seconds(), 1e-6)
		})
	}
}

func BenchmarkControllerObserve(b *testing.B) {
	c := newController(64)
	now := time.Unix(0, 0)
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(time.Millisecond)
		c.full = true
		c.observe(now, 50*time.Millisecond, false)
	}
}
