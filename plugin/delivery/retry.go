// Package delivery decides how requests go out: when they are repeated and how
// long that takes. It knows nothing of LivePerson or Benthos; what a request is
// and what its errors mean comes in from outside.
package delivery

import (
	"context"
	"math/rand/v2"
	"time"
)

// jitter is the largest part by which a pause is lengthened, so that requests
// that failed together do not come back together. It never shortens: the pauses
// are what the other side asks for at least.
const jitter = 0.2

// Decision is what to do about a failed attempt.
type Decision struct {
	// Retry says that another attempt may succeed.
	Retry bool
	// Pause before it, such as a Retry-After. Zero: what the schedule says.
	Pause time.Duration
	// AtLeast is the least pause, whatever the schedule says.
	AtLeast time.Duration
	// Free makes the attempt at once and not count: the request was changed, so
	// it is a different one.
	Free bool
}

// Retrier repeats what failed after a schedule of pauses. It is safe for
// concurrent use.
type Retrier struct {
	// Pauses before the second attempt, the third, and so on; after the last the
	// failure is final. Empty: a single attempt.
	Pauses []time.Duration
	// Random gives numbers in [0,1) for the jitter. Nil: math/rand.
	Random func() float64
}

// Do makes attempts until one succeeds, one fails for good, the pauses are used
// up or the context ends. It returns the last attempt's error, or the context's
// if that has ended.
//
// decide is asked once per failure and may prepare the next attempt.
func (r *Retrier) Do(ctx context.Context, attempt func(context.Context) error, decide func(error) Decision) error {
	for used := 0; ; {
		err := attempt(ctx)
		if err == nil {
			return nil
		}
		decision := decide(err)
		if !decision.Free && (!decision.Retry || used == len(r.Pauses)) {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if decision.Free {
			continue
		}
		pause := decision.Pause
		if pause == 0 {
			pause = r.Pauses[used]
		}
		if ctxErr := sleep(ctx, r.lengthen(max(pause, decision.AtLeast))); ctxErr != nil {
			return ctxErr
		}
		used++
	}
}

func (r *Retrier) lengthen(pause time.Duration) time.Duration {
	random := r.Random
	if random == nil {
		random = rand.Float64
	}
	return pause + time.Duration(jitter*random()*float64(pause))
}

// sleep waits aside for the pause or the end of the context, whichever is first.
func sleep(ctx context.Context, pause time.Duration) (err error) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	Aside(ctx, func() {
		select {
		case <-timer.C:
		case <-ctx.Done():
			err = ctx.Err()
		}
	})
	return err
}
