package cli

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/benthos-liveperson/benthos-liveperson/internal/tally"
)

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
