package sandbox

import (
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/clock"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
)

// control answers the pages under /sandbox that tell what came in: lists, export, events, wait, verify, consumers, metrics
// and the clock. It sees the journal and the clock, and not the account that the sandbox plays. Both have their own locks.
type control struct {
	clock   *clock.Clock
	journal *journal.Journal
}
