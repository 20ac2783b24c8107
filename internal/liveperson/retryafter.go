package liveperson

import (
	"errors"
	"net/http"
	"strconv"
	"time"
)

// maxRetryAfter is the longest pause that a Retry-After can cause. The caller has its own pauses
// for a longer outage. A date further away comes from a wrong clock.
const maxRetryAfter = 5 * time.Minute

// retryAfter reads the header's two forms, seconds and date (RFC 9110, 10.2.3). It returns zero if
// the header is absent, unreadable or past.
func retryAfter(value string, now time.Time) time.Duration {
	if value == "" {
		return 0
	}
	var wait time.Duration
	// For a number out of range, ParseUint returns the largest number.
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil || errors.Is(err, strconv.ErrRange) {
		wait = time.Duration(seconds) * time.Second
	} else if date, err := http.ParseTime(value); err == nil {
		wait = date.Sub(now)
	}
	return min(max(wait, 0), maxRetryAfter)
}
