package cli

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/benthos-liveperson/benthos-liveperson/internal/receipt"
	"github.com/benthos-liveperson/benthos-liveperson/internal/tally"
)

// Retried events and the lag come from receipts.
func TestProgressShowsThePace(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	seen := &pace{}
	var out strings.Builder
	bar := progressBar{out: &out, pace: seen}
	bar.show(tally.Summary{}, 0)
	for _, r := range []receipt.Receipt{
		{Result: receipt.Accepted, Attempts: 1, EventTime: "2026-03-01T11:59:00Z"},
		{Result: receipt.Accepted, Attempts: 3, EventTime: "2026-03-01T11:59:57.75Z"},
		{Result: receipt.Accepted, Attempts: 1, EventTime: "2026-03-02T00:00:00Z"}, // the sender's clock is wrong
		{Result: receipt.Accepted, Attempts: 1, EventTime: "yesterday"},
		{Result: receipt.Refused, Attempts: 2, EventTime: "2026-03-01T11:00:00Z"},
		{Result: receipt.Dropped, EventTime: "2026-03-01T11:00:00Z"},
	} {
		r.Time = receipt.Time{Time: at}
		seen.see(r)
	}
	bar.show(tally.Summary{}, 0)
	lines := strings.Split(out.String(), "\n")
	assert.True(t, strings.HasSuffix(lines[0], "in flight 0  retried 0"), lines[0])
	assert.True(t, strings.HasSuffix(lines[1], "in flight 0  retried 2  lag 2.3s"), lines[1])
}

func TestProgressIsShownWhileARunGoesOn(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"terminal": "\r\x1b[Kread 10 (10/s)  reported 7  not reported 2  dead letters 1  in flight 0\r\x1b[Kread 20 (10/s)  reported 14  not reported 4  dead letters 2  in flight 0\n",
		"file":     "read 100 (10/s)  reported 70  not reported 20  dead letters 10  in flight 0\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				var out strings.Builder
				p := progressBar{out: &out, terminal: name == "terminal", totals: func() tally.Summary {
					seconds := int64(time.Since(began).Seconds())
					return tally.Summary{Read: 10 * seconds, Reported: 7 * seconds, Failed: seconds, Dropped: map[tally.Kind]int64{{}: 2 * seconds}}
				}}
				ctx, stop := context.WithCancel(t.Context())
				done := make(chan struct{})
				go func() { p.run(ctx); close(done) }()
				time.Sleep(2500 * time.Millisecond)
				if name != "terminal" {
					time.Sleep(9 * time.Second)
				}
				stop()
				<-done
				assert.Equal(t, want, out.String())
			})
		})
	}
}
