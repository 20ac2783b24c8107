package messaging

import "time"

// LivePerson expects an answer within slowAnswer. It may disable an app if all answers come later for the time
// slowFor (Connector API, disclaimers).
const (
	slowAnswer = 2500 * time.Millisecond
	slowFor    = 2 * time.Minute
)

// appDisabled is the sandbox's own name. The retry policy has no such state.
const appDisabled = "DISABLED"

// measure disables the app if all answers were late for too long. One answer in time starts the count again. LivePerson does
// not say how it counts, so this is an assumption. The caller holds the lock.
func (d *sender) measure(took time.Duration) {
	now := time.Now()
	switch {
	case took <= slowAnswer:
		d.slowSince = time.Time{}
	case d.slowSince.IsZero():
		d.slowSince = now.Add(-took)
	case d.config.DisableSlow && now.Sub(d.slowSince) > d.scaled(slowFor):
		d.begin(d.config)
		d.state = appDisabled
	}
}
