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

// controller finds how many requests in flight a service takes well, below a bound:
// one more for each round trip that is no slower than those before while all are in
// use, a tenth less for slow answers and for refusals out of overload. It holds no lock, reads no
// clock and starts nothing.
type controller struct {
	level, bound int

	mean, deviation time.Duration // of past round trips; mean is 0 at first

	until time.Time // end of the present period, which lasts a round trip
	sum   time.Duration
	count int
	push  int  // how often the service pushed back in this period
	full  bool // the level was reached in this period
}

func newController(bound int) *controller {
	return &controller{level: min(firstLevel, bound), bound: bound}
}

// observe takes in the outcome of a request: how long it took, and whether the
// service pushed back.
func (c *controller) observe(now time.Time, took time.Duration, pushedBack bool) {
	if pushedBack {
		c.push++
	} else {
		c.sum += took
		c.count++
	}
	if now.Before(c.until) {
		return
	}
	c.adjust()
	c.until = now.Add(max(c.mean, slack))
	c.sum, c.count, c.push, c.full = 0, 0, 0, false
}

// adjust ends a period.
func (c *controller) adjust() {
	overloaded := c.push > 0 && c.push*overloadShare >= c.push+c.count
	if c.count == 0 {
		if overloaded {
			c.decrease()
		}
		return
	}
	now := c.sum / time.Duration(c.count)
	tolerated := max(slack, time.Duration(deviations*float64(c.deviation)))
	switch {
	case overloaded, c.mean > 0 && now > c.mean+tolerated:
		c.decrease()
	case c.full && (c.mean == 0 || now <= c.mean):
		c.level = min(c.level+1, c.bound)
	}
	c.learn(now)
}

func (c *controller) decrease() {
	c.level = max(1, int(math.Floor(float64(c.level)*decreaseRatio)))
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
