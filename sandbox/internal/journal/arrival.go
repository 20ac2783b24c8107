package journal

import (
	"context"
	"net/http"
	"time"
)

type arrivalKey struct{}

// arrival has what the sandbox knows about a request before an API reads it.
type arrival struct {
	time  time.Time
	fault string
}

// Arrive returns the request with the time at which it came in.
func Arrive(r *http.Request, now time.Time) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), arrivalKey{}, &arrival{time: now}))
}

// Strike notes the chaos rule that makes a request fail. Call it before NewEntry.
func Strike(r *http.Request, rule string) {
	if known, ok := r.Context().Value(arrivalKey{}).(*arrival); ok {
		known.fault = rule
	}
}

func arrivalOf(r *http.Request) arrival {
	if known, ok := r.Context().Value(arrivalKey{}).(*arrival); ok {
		return *known
	}
	return arrival{}
}
