package cli

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	ucli "github.com/urfave/cli/v2"

	"github.com/benthos-liveperson/benthos-liveperson/internal/receipt"
	"github.com/benthos-liveperson/benthos-liveperson/internal/tally"
)

const progressFlagName = "progress"

var progressFlag = &ucli.BoolFlag{
	Name:  progressFlagName,
	Usage: "show on stderr, while the pipeline runs, how many events were read, reported, dropped, retried and failed, the rate, and how old the last event was when LivePerson took it (lag); --" + summaryFlagName + " is set too",
}

const (
	// redrawTime is how often a terminal shows the progress.
	redrawTime = time.Second
	// lineTime is how often a line is written where there is no terminal.
	lineTime = 10 * time.Second
	// lagUnit is to what the lag is rounded.
	lagUnit = 100 * time.Millisecond
)

// progressBar shows the progress of a run.
type progressBar struct {
	out      io.Writer
	terminal bool
	totals   func() tally.Summary
	pace     *pace // may be nil
}

// pace is what receipts say about the speed of a run.
type pace struct {
	retried atomic.Int64 // events that took more than one request
	lag     atomic.Int64 // the age of the last event when LivePerson took it; 0: unknown
}

// see reads a receipt.
func (p *pace) see(r receipt.Receipt) {
	if r.Attempts > 1 {
		p.retried.Add(1)
	}
	if r.Result != receipt.Accepted {
		return
	}
	if at, err := time.Parse(time.RFC3339, r.EventTime); err == nil && r.Time.After(at) {
		p.lag.Store(int64(r.Time.Sub(at)))
	}
}

// run shows the progress until the context ends, and once more then.
func (p progressBar) run(ctx context.Context) {
	every := lineTime
	if p.terminal {
		every = redrawTime
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	last, at := p.totals().Read, time.Now()
	for {
		select {
		case now := <-tick.C:
			totals := p.totals()
			p.show(totals, float64(totals.Read-last)/now.Sub(at).Seconds())
			last, at = totals.Read, now
		case <-ctx.Done():
			if p.terminal {
				fmt.Fprintln(p.out)
			}
			return
		}
	}
}

// show writes one line. A terminal gets it in the place of the last one.
func (p progressBar) show(s tally.Summary, rate float64) {
	var dropped int64
	for _, count := range s.Dropped {
		dropped += count
	}
	line := fmt.Sprintf("read %d (%.0f/s)  reported %d  not reported %d  dead letters %d  in flight %d", s.Read, rate, s.Reported, dropped, s.Failed, s.Elsewhere)
	if p.pace != nil {
		line += fmt.Sprintf("  retried %d", p.pace.retried.Load())
		if lag := time.Duration(p.pace.lag.Load()); lag > 0 {
			line += fmt.Sprintf("  lag %s", lag.Round(lagUnit))
		}
	}
	if p.terminal {
		fmt.Fprintf(p.out, "\r\x1b[K%s", line)
		return
	}
	fmt.Fprintf(p.out, "%s\n", line)
}
