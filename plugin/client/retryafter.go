package client

import (
	"net/http"
	"strconv"
	"time"
)

// maxRetryAfter caps what is honoured of a Retry-After. A longer outage is met
// by the caller's own schedule, and a date far off is a wrong clock.
const maxRetryAfter = 5 * time.Minute

// retryAfter reads the header's two forms, seconds and date (RFC 9110, 10.2.3).
// Zero: absent, unreadable or past.
func retryAfter(value string, now time.Time) time.Duration {
	if value == "" {
		return 0
	}
	var wait time.Duration
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if date, err := http.ParseTime(value); err == nil {
		wait = date.Sub(now)
	}
	return min(max(wait, 0), maxRetryAfter)
}
