package events_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/benthos-liveperson/benthos-liveperson/internal/events"
)

func TestTime(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)
	for _, value := range []any{
		"2026-03-14T09:26:53Z", "2026-03-14T10:26:53.000+01:00", "2026-03-14T09:26:53+0000", "2026-03-14 09:26:53", "2026-03-14T09:26:53", "20260314T092653Z",
		1773480413.0, int64(1773480413000), json.Number("1773480413000000"), " 1773480413 ", json.Number("1.773480413e12"),
	} {
		got, ok := events.Time(value)
		assert.True(t, ok, value)
		assert.True(t, at.Equal(got), value)
	}
	for _, value := range []any{nil, "", "yesterday", "1.7e12", true, map[string]any{}, 1e18, json.Number("1e400")} {
		_, ok := events.Time(value)
		assert.False(t, ok, value)
	}
}
