package delivery

import (
	"math"
	"time"
)

// The controller's first three constants are those that Vector found for its
// adaptive request concurrency.
const (
	// decreaseRatio is what is left of the level after a sign of overload.
	decreaseRatio = 0.9
	// smoothing is the weight of the newest round-trip time in the mean.
	smoothing = 0.4
	// deviations is by how many mean deviations a round trip must be slower than
	// the mean to be a sign of overload.
	deviations = 2.5
	// slack is by how much a round trip may vary without any meaning, and the
	// shortest period: it keeps the jitter of very fast servers out of the decision.
	slack = 5 * time.Millisecond
	// overloadShare is the part of the requests, one in so many, that must be
	// refused to be a sign of overload: a few are about what was sent.
	overloadShare = 10
	// firstLevel is where the search begins.
	firstLevel = 8
)

// controller finds how many requests in flight a service takes well, below a bound. The
// level doubles with each round trip until the first sign of overload. Then it goes back to
// the level before the doubling that was too much, and grows by one with each round trip.
// It falls by a tenth when answers get slow or the service rejects requests for load.
// After rejections it doubles again up to just below the level that was too much. It holds no
// lock, reads no clock and starts nothing.
type controller struct {
	level, bound int
	fixed        bool // the level stays as it is
	// known is the level that was not too much before the last overload. Below it the level
	// doubles.
	known   int
	falling bool // the last change of level was a decrease
	// before is what held before the last two doublings in a row, the older one last. Answers
	// tell of a level a round trip late.
	before []state
	// settling says that this period's answers are to requests of a level that was given up.
	settling bool

	mean, deviation time.Duration // of past round trips; mean is 0 at first

	until time.Time // end of the present period, which lasts a round trip
	sum   time.Duration
	count int
	push  int  // how often the service pushed back in this period
	full  bool // the level was reached in this period
}

// state is a level and what round trips were like at it.
type state struct {
	level           int
	mean, deviation time.Duration
}

func newController(bound int) *controller {
	return &controller{level: min(firstLevel, bound), bound: bound, known: bound}
}

// observe takes in the outcome of a request: how long it took, and whether the
// service pushed back.
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

// adjust ends a period, and gives the length of the next one.
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
		return max(c.mean, now) // what this level is like is not known yet
	case overloaded || slow:
		c.decrease()
		if slow { // what is too much has changed
			c.known = c.level
		}
	case c.full && c.level < c.known:
		c.double()
	case c.full && (c.mean == 0 || now <= c.mean):
		c.grow()
	}
	c.learn(now)
	return c.mean
}

func (c *controller) double() {
	c.before = append([]state{{c.level, c.mean, c.deviation}}, c.before[:min(len(c.before), 1)]...)
	c.level = min(2*c.level, c.known)
	c.falling = false
}

func (c *controller) grow() {
	if n := len(c.before); n > 0 { // the level is as it should be: one doubling less to doubt
		c.before = c.before[:n-1]
	}
	c.level = min(c.level+1, c.bound)
	c.known = max(c.known, c.level)
	c.falling = false
}

// decrease lowers the level by a tenth, or takes doublings back. The first of several
// decreases in a row tells what was too much.
func (c *controller) decrease() {
	if n := len(c.before); n > 0 {
		old := c.before[n-1]
		c.level, c.known = old.level, old.level
		if old.mean > 0 {
			c.mean, c.deviation = old.mean, old.deviation
		}
		c.before, c.settling = nil, true
		return
	}
	c.level = max(1, int(math.Floor(float64(c.level)*decreaseRatio)))
	if !c.falling {
		c.known = c.level
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
