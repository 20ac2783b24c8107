package cli

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestClockVerdict(t *testing.T) {
	t.Parallel()
	for ahead, want := range map[time.Duration]verdict{
		0:                  {Status: statusOK, Message: "this machine's clock is within 1m0s of LivePerson's"},
		time.Minute:        {Status: statusOK, Message: "this machine's clock is within 1m0s of LivePerson's"},
		61 * time.Second:   {Status: statusWarning, Message: "this machine's clock is 1m1s ahead of LivePerson's: let it follow a time server (NTP)"},
		-5 * time.Minute:   {Status: statusWarning, Message: "this machine's clock is 5m0s behind LivePerson's: let it follow a time server (NTP)"},
		-700 * time.Second: {Status: statusFailed, Message: "this machine's clock is 11m40s behind LivePerson's: let it follow a time server (NTP); otherwise tokens are used after their end, or are never used"},
		301 * time.Second:  {Status: statusFailed, Message: "this machine's clock is 5m1s ahead of LivePerson's: let it follow a time server (NTP); otherwise tokens are used after their end, or are never used"},
	} {
		assert.Equal(t, want, clockVerdict(ahead))
	}
}

func TestClockOfAnswers(t *testing.T) {
	t.Parallel()
	const date = "Sun, 06 Nov 1994 08:49:37 GMT"
	then := time.Date(1994, 11, 6, 8, 49, 37, 0, time.UTC)
	for name, test := range map[string]struct {
		header http.Header
		want   time.Time
		ok     bool
	}{
		"a date":          {http.Header{"Date": {date}}, then, true},
		"from a cache":    {http.Header{"Date": {date}, "Age": {"90"}}, then.Add(90 * time.Second), true},
		"an age of words": {http.Header{"Date": {date}, "Age": {"old"}}, then, true},
		"no date":         {http.Header{}, time.Time{}, false},
		"another form":    {http.Header{"Date": {"1994-11-06"}}, time.Time{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := clockOf(test.header)
			assert.Equal(t, test.want, got)
			assert.Equal(t, test.ok, ok)
		})
	}
}

func TestTheFurthestClockCounts(t *testing.T) {
	t.Parallel()
	var w clockWatch
	now := time.Now()
	for _, ahead := range []time.Duration{time.Second, -time.Hour, time.Minute} {
		w.compare(now.Add(-ahead), now)
	}
	assert.Equal(t, -time.Hour, w.ahead)
}

func TestWebhookVerdicts(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	assert.Equal(t, ok("the certificate is valid, until 2026-03-15"), webhookAnswer{until: now.Add(certificateWarning)}.certificate(now))
	assert.Equal(t, warn("the certificate expires on 2026-03-15: renew it"), webhookAnswer{until: now.Add(certificateWarning - time.Second)}.certificate(now))
	assert.Equal(t, statusFailed, webhookAnswer{invalid: errors.New("expired")}.certificate(now).Status)

	assert.Equal(t, ok("it answers in 1ms"), webhookAnswer{took: time.Microsecond}.speed())
	assert.Equal(t, ok("it answers in 1s"), webhookAnswer{took: time.Second}.speed())
	assert.Equal(t, warn("it takes 1.001s, and should take much less than 2.5s: check the proxies in front of it"), webhookAnswer{took: 1001 * time.Millisecond}.speed())
	assert.Equal(t, statusWarning, webhookAnswer{took: 2500 * time.Millisecond}.speed().Status)
	assert.Equal(t, statusFailed, webhookAnswer{took: 2501 * time.Millisecond}.speed().Status)
}

func TestChecksEndInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hangs := func(ctx context.Context) verdict {
			<-ctx.Done()
			return fail("%v", ctx.Err())
		}
		begun := time.Now()
		found := examine(t.Context(), []check{
			{name: "a", run: hangs},
			{name: "b", run: hangs},
			{name: "c", needs: []string{"a"}, run: hangs},
			{name: "d", needs: []string{"c"}, run: hangs},
			{name: "e", run: func(context.Context) verdict { return warn("late") }},
		}, time.Second, func(finding) {})
		assert.Equal(t, 2*time.Second, time.Since(begun))
		assert.Equal(t, examination{Status: statusFailed, Checks: []finding{
			{"a", verdict{Status: statusFailed, Temporary: true, Message: "no answer within 1s (--timeout): context deadline exceeded"}},
			{"b", verdict{Status: statusFailed, Temporary: true, Message: "no answer within 1s (--timeout): context deadline exceeded"}},
			{"c", skip("needs a, which has failed")},
			{"d", skip("needs c, which has been skipped")},
			{"e", warn("late")},
		}}, found)
	})
}

func TestTheWorstStatusCounts(t *testing.T) {
	t.Parallel()
	says := func(v verdict) check { return check{run: func(context.Context) verdict { return v }} }
	for want, checks := range map[status][]check{
		statusOK:      {says(skip("")), says(ok(""))},
		statusWarning: {says(ok("")), says(warn("")), says(skip(""))},
		statusFailed:  {says(fail("")), says(warn(""))},
	} {
		found := examine(t.Context(), checks, time.Second, func(finding) {})
		assert.Equal(t, want, found.Status)
		assert.Equal(t, want == statusFailed, found.err() != nil)
	}
}
