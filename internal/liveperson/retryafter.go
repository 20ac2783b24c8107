package liveperson

import (
	"errors"
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
	// A number out of range comes back as the largest one.
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil || errors.Is(err, strconv.ErrRange) {
		wait = time.Duration(seconds) * time.Second
	} else if date, err := http.ParseTime(value); err == nil {
		wait = date.Sub(now)
	}
	return min(max(wait, 0), maxRetryAfter)
}
