package settings

import (
	"errors"
	"fmt"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// DurationPattern matches a duration that time.ParseDuration reads, without a minus and small
// enough for a time.Duration.
const DurationPattern = `[+]?(([0-9]{1,6}([.][0-9]*)?|[.][0-9]+)h|([0-9]{1,8}([.][0-9]*)?|[.][0-9]+)m|([0-9]{1,9}([.][0-9]*)?|[.][0-9]+)s|([0-9]{1,12}([.][0-9]*)?|[.][0-9]+)ms|([0-9]{1,15}([.][0-9]*)?|[.][0-9]+)(us|µs|μs)|([0-9]{1,18}([.][0-9]*)?|[.][0-9]+)ns)+`

// DurationLint is the lint rule of a duration that may be 0s. Benthos itself checks durations only
// when it starts. The rule ignores lists, because Benthos applies the rule of a list field to the
// list and to each item.
const DurationLint = `root = if this.type() != "array" && this != "" && !this.string().re_match("[$][{][^!]") && !this.string().re_match("^` + DurationPattern + `$") { "expected a duration such as 10s or 1m30s" }`

// DurationField returns a field for a duration of more than 0s.
func DurationField(name string) *service.ConfigField {
	return service.NewDurationField(name).LintRule(Lint(durationLint(name, "false", "")))
}

// Limit is an upper bound of a duration. Lint rules cannot calculate with durations, so TooLong is
// a regular expression. TooLong may miss a duration that sums up several units. The component finds
// it when it starts.
type Limit struct {
	TooLong string
	Message string // what is allowed, such as "must be at most 6h"
}

// DurationFieldUpTo returns a field for a duration of more than 0s and up to a limit.
func DurationFieldUpTo(name string, limit Limit) *service.ConfigField {
	return service.NewDurationField(name).LintRule(Lint(durationLint(name, fmt.Sprintf("this.re_match(%q)", limit.TooLong), name+": "+limit.Message)))
}

func durationLint(name, tooLong, message string) string {
	return fmt.Sprintf(`root = if this.re_match("[$][{][^!]") { [] } else if !this.re_match("^%s$") { %q } else if !this.re_match("[1-9]") { %q } else if %s { %q }`,
		DurationPattern, notDuration(name), noTime(name), tooLong, message)
}

// Duration reads a DurationField.
func Duration(conf *service.ParsedConfig, name string) (time.Duration, error) {
	duration, err := conf.FieldDuration(name)
	if err != nil {
		return 0, errors.New(notDuration(name))
	}
	if duration <= 0 {
		return 0, errors.New(noTime(name))
	}
	return duration, nil
}

// DurationFromZeroField returns a field for a duration that may be 0s.
func DurationFromZeroField(name string) *service.ConfigField {
	return service.NewDurationField(name).LintRule(fmt.Sprintf(`root = if !this.string().re_match("[$][{][^!]") && !this.string().re_match("^%s$") { %q }`,
		DurationPattern, notDurationFromZero(name)))
}

// DurationFromZero reads a DurationFromZeroField.
func DurationFromZero(conf *service.ParsedConfig, name string) (time.Duration, error) {
	duration, err := conf.FieldDuration(name)
	if err != nil || duration < 0 {
		return 0, errors.New(notDurationFromZero(name))
	}
	return duration, nil
}

func notDurationFromZero(name string) string {
	return name + ": expected a duration such as 10s, or 0s"
}

func notDuration(name string) string {
	return name + ": expected a duration such as 10s or 1m30s, more than 0s"
}

func noTime(name string) string { return name + ": must be more than 0s" }

// DurationsLint returns the lint rule of a field of any type that holds a list of durations, which
// may be 0s. The field is not a list field, because Benthos would apply its rule to each item too.
func DurationsLint(name string) string {
	return fmt.Sprintf(`root = if this.type() == "string" && this.re_match("[$][{][^!]") { [] } else if this.type() != "array" || this.any(d -> !d.string().re_match("[$][{][^!]") && !d.string().re_match("^%s$")) { %q }`, DurationPattern, name+": expected a list of durations such as [10s, 1m30s]")
}
