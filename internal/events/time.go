package events

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/internal/text"
)

// timeLayouts are the layouts of times as text, besides RFC 3339.
var timeLayouts = []string{
	"2006-01-02T15:04:05Z0700", "2006-01-02T15:04Z07:00", "20060102T150405Z0700",
	"2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04:05 UTC",
}

// Time reads a time of an event: ISO 8601, in UTC if it has no zone, or a Unix time in seconds,
// milliseconds or microseconds. ok is false for anything else.
func Time(value any) (at time.Time, ok bool) {
	written, ok := text.Of(value)
	if !ok {
		return time.Time{}, false
	}
	if at, err := time.Parse(time.RFC3339Nano, written); err == nil {
		return at, true
	}
	_, isText := value.(string)
	if unix, isNumber := number(written, isText); isNumber {
		if math.IsNaN(unix) || math.Abs(unix) >= 1e17 {
			return time.Time{}, false
		}
		return time.UnixMicro(int64(unix * microseconds(unix))), true
	}
	if isText {
		for _, layout := range timeLayouts {
			if at, err := time.Parse(layout, written); err == nil {
				return at, true
			}
		}
	}
	return time.Time{}, false
}

// decimal matches a number that is written as text.
var decimal = regexp.MustCompile(`^-?([0-9]+\.?[0-9]*|\.[0-9]+)$`)

func number(written string, isText bool) (float64, bool) {
	if isText {
		if written = strings.TrimSpace(written); !decimal.MatchString(written) {
			return 0, false
		}
	}
	number, err := strconv.ParseFloat(written, 64)
	return number, err == nil
}

// microseconds returns how many microseconds the unit of a Unix time has. The unit (seconds,
// milliseconds or microseconds) follows from the size of the number. In each unit the sizes cover the
// years 1973 to 5138.
func microseconds(unix float64) float64 {
	switch size := math.Abs(unix); {
	case size < 1e11:
		return 1e6
	case size < 1e14:
		return 1e3
	}
	return 1
}
