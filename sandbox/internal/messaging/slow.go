package messaging

import "time"

// LivePerson expects answers within slowAnswer, and may disable an app whose answers take longer for slowFor
// (Connector API, disclaimers).
const (
	slowAnswer = 2500 * time.Millisecond
	slowFor    = 2 * time.Minute
)

// appDisabled is the sandbox's own word, beside the states of the retry policy.
const appDisabled = "DISABLED"

// measure disables the app when nothing was answered in time for too long: an assumption, LivePerson does not say how it
// counts. One answer in time begins the count anew. It wants the lock.
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
