package output

import (
	"errors"
	"fmt"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
)

// MaxInFlight is the field of an output that says how many batches Benthos gives it at a
// time. Benthos starts a goroutine for each. The output holds MaxQueued messages at the most.
//
// The default of 1,000 is for batches of one message. A simulation with 64 requests in flight,
// answers after 10 ms and 20 events of each consumer in a row sent 8,000 events in 1.3 s with
// 1,000, in 1.6 s with 512 and in 3.2 s with 256.
var MaxInFlight = settings.Count{Name: "max_in_flight", Least: 1, Most: MaxQueued}

// MaxInFlightDescription describes the field.
var MaxInFlightDescription = fmt.Sprintf("The most batches that Benthos gives the output at a time. Without batching, each batch is one message. Messages of one consumer are sent one after another. If 20 messages of a consumer come in a row, 64 requests in flight need about 1,000 messages here. Messages that wait for a retry count as well. Benthos starts a goroutine for each batch; 1,000 goroutines take about 2 MiB. In all batches together, the output holds at most %d messages in memory.", MaxQueued)

// BatchingField is Benthos' field of an output's batching, with rules for the linter.
func BatchingField(name string) *service.ConfigField {
	return service.NewBatchPolicyField(name).LintRule(settings.Lint(fmt.Sprintf(`root = if this.type() != "object" { [] } else if this.count.or(0) < 0 || this.byte_size.or(0) < 0 { %q } else if this.period.or("") != "" && !this.period.re_match("[$][{][^!]") && !(this.period.re_match("^%s$") && this.period.re_match("[1-9]")) { %q }`,
		negativeBatch(name), settings.DurationPattern, noPeriod(name))))
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
