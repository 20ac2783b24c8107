package liveperson

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	at := func(d time.Duration) string { return now.Add(d).Format(http.TimeFormat) }
	tests := map[string]struct {
		value string
		want  time.Duration
	}{
		"absent":                {"", 0},
		"zero":                  {"0", 0},
		"seconds":               {"7", 7 * time.Second},
		"zeros in front":        {"007", 7 * time.Second},
		"just the cap":          {"300", 5 * time.Minute},
		"over the cap":          {"301", 5 * time.Minute},
		"far over the cap":      {"2147483647", 5 * time.Minute},
		"beyond all numbers":    {"9999999999999999999999", 5 * time.Minute},
		"negative":              {"-7", 0},
		"with a sign":           {"+7", 0},
		"fraction":              {"1.5", 0},
		"a unit":                {"7s", 0},
		"garbage":               {"soon", 0},
		"blank":                 {" ", 0},
		"date":                  {at(42 * time.Second), 42 * time.Second},
		"date, RFC 850":         {now.Add(42 * time.Second).Format(time.RFC850), 42 * time.Second},
		"date, ANSI C":          {now.Add(42 * time.Second).Format(time.ANSIC), 42 * time.Second},
		"date that is now":      {at(0), 0},
		"past date":             {at(-time.Second), 0},
		"date over the cap":     {at(5*time.Minute + time.Second), 5 * time.Minute},
		"date of a wrong clock": {"Fri, 31 Dec 9999 23:59:59 GMT", 5 * time.Minute},
		"date before all":       {"Mon, 01 Jan 0001 00:00:00 GMT", 0},
		"date cut off":          {"Sun, 01 Mar 2026", 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, test.want, retryAfter(test.value, now))
		})
	}
}
