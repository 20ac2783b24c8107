package output

import (
	"errors"
	"fmt"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
)

// MaxInFlight is the field of an output that says how many batches Benthos gives it at a
// time. Benthos starts a goroutine for each, and more than MaxQueued messages never get in.
var MaxInFlight = settings.Count{Name: "max_in_flight", Least: 1, Most: MaxQueued}

// BatchingField is Benthos' field of an output's batching, with rules for the linter.
func BatchingField(name string) *service.ConfigField {
	return service.NewBatchPolicyField(name).LintRule(fmt.Sprintf(`root = if this.type() != "object" { [] } else if this.count.or(0) < 0 || this.byte_size.or(0) < 0 { %q } else if this.period.or("") != "" && !this.period.re_match("[$][{][^!]") && !(this.period.re_match("^%s$") && this.period.re_match("[1-9]")) { %q }`,
		negativeBatch(name), settings.DurationPattern, noPeriod(name)))
}

func checkBatching(name string, policy service.BatchPolicy) error {
	if policy.Count < 0 || policy.ByteSize < 0 {
		return errors.New(negativeBatch(name))
	}
	if policy.Period == "" {
		return nil
	}
	if period, err := time.ParseDuration(policy.Period); err != nil || period <= 0 {
		return errors.New(noPeriod(name))
	}
	return nil
}

func negativeBatch(name string) string {
	return name + ": count and byte_size must be at least 0, which is no limit"
}

func noPeriod(name string) string {
	return name + ".period: expected a duration such as 1s, more than 0s, or nothing"
}
