package delivery

import (
	"math"
	"time"
)

// The first three constants are Vector's for its adaptive request concurrency.
const (
	// decreaseRatio is the factor by which a sign of overload lowers the level.
	decreaseRatio = 0.9
	// smoothing is the weight of the newest round-trip time in the mean.
	smoothing = 0.4
	// deviations is the number of mean deviations. A round trip that is slower than the mean by more
	// is a sign of overload.
	deviations = 2.5
	// slack is the difference between round trips that means nothing, and the shortest period. The
	// jitter of very fast servers is smaller.
	slack = 5 * time.Millisecond
	// overloadShare: one refused request in so many is a sign of overload. Fewer refusals may be about
	// what was sent.
	overloadShare = 10
	// firstLevel is the level at the start.
	firstLevel = 8
)

// controller finds how many requests in flight a service can take, up to a bound. That number is
// the level. The level doubles with each round trip until the first sign of overload. It then
// returns to the level before the doubling that was too much, and grows by one with each round
// trip. It falls by a tenth when answers get slow or the service rejects requests for load. After
// rejections it doubles again, up to just below the level that was too much.
type controller struct {
	level, bound int
	fixed        bool // the level stays as it is
	// safe is the highest level before the last overload. Below it the level doubles.
	safe    int
	falling bool // the last change of level was a decrease
	// before has the states before the last two doublings in a row, the older one last. Answers about
	// a level come a round trip later, so an overload may be due to either doubling.
	before []state
	// settling says that this period's answers belong to requests of an earlier, higher level.
	settling bool

	mean, deviation time.Duration // of the duration of past round trips; mean is 0 at first

	until time.Time // the end of the current period, which lasts a round trip
	sum   time.Duration
	count int
	push  int  // how often the service pushed back in this period
	full  bool // the level was reached in this period
}

// state is a level and the round trips at that level.
type state struct {
	level           int
	mean, deviation time.Duration
}

func newController(bound int) *controller {
	return &controller{level: min(firstLevel, bound), bound: bound, safe: bound}
}

// observe records the outcome of a request: how long it took, and whether the service pushed back.
func (c *controller) observe(now time.Time, took time.Duration, pushedBack bool) {
	if c.fixed {
		return
	}
	if pushedBack {
		c.push++
	} else {
		c.sum += took
		c.count++
	}
	if now.Before(c.until) {
		return
	}
	length := c.adjust()
	c.until = now.Add(max(length, slack))
	c.sum, c.count, c.push, c.full = 0, 0, 0, false
}

// adjust ends a period and returns the length of the next one.
func (c *controller) adjust() (next time.Duration) {
	if c.settling {
		c.settling = false
		return c.mean
	}
	overloaded := c.push > 0 && c.push*overloadShare >= c.push+c.count
	if c.count == 0 {
		if overloaded {
			c.decrease()
		}
		return c.mean
	}
	now := c.sum / time.Duration(c.count)
	tolerated := max(slack, time.Duration(deviations*float64(c.deviation)))
	slow := c.mean > 0 && now > c.mean+tolerated
	switch {
	case (overloaded || slow) && len(c.before) > 0:
		c.decrease()
		return max(c.mean, now) // the mean at the new level is not known yet
	case overloaded || slow:
		c.decrease()
		if slow { // the service has become slower, so the safe level is lower
			c.safe = c.level
		}
	case c.full && c.level < c.safe:
		c.double()
	case c.full && (c.mean == 0 || now <= c.mean):
		c.grow()
	}
	c.learn(now)
	return c.mean
}

func (c *controller) double() {
	c.before = append([]state{{c.level, c.mean, c.deviation}}, c.before[:min(len(c.before), 1)]...)
	c.level = min(2*c.level, c.safe)
	c.falling = false
}

func (c *controller) grow() {
	if n := len(c.before); n > 0 { // this level works, so the older doubling was not too much
		c.before = c.before[:n-1]
	}
	c.level = min(c.level+1, c.bound)
	c.safe = max(c.safe, c.level)
	c.falling = false
}

// decrease lowers the level by a tenth, or undoes the last doublings. The first of several
// decreases in a row sets the safe level.
func (c *controller) decrease() {
	if n := len(c.before); n > 0 {
		old := c.before[n-1]
		c.level, c.safe = old.level, old.level
		if old.mean > 0 {
			c.mean, c.deviation = old.mean, old.deviation
		}
		c.before, c.settling = nil, true
		return
	}
	c.level = max(1, int(math.Floor(float64(c.level)*decreaseRatio)))
	if !c.falling {
		c.safe = c.level
	}
	c.falling = true
}

// learn moves the mean and the mean deviation towards the newest value.
func (c *controller) learn(value time.Duration) {
	if c.mean == 0 {
		c.mean = value
		return
	}
	difference := value - c.mean
	c.mean += time.Duration(smoothing * float64(difference))
	c.deviation += time.Duration(smoothing * (math.Abs(float64(difference)) - float64(c.deviation)))
}
