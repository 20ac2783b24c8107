package report

import (
	"encoding/json"
	"fmt"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// metaTurn numbers the messages in the order in which they reached the output.
//
// Benthos gives an output's batches to max_in_flight goroutines, which race to
// WriteBatch. The last place where their order is settled is the output's batching,
// a single goroutine. So a batching processor numbers the messages there, and
// WriteBatch admits them by number.
const metaTurn = "liveperson_turn"

// A message that has failed before gets no number: Benthos may keep it from
// WriteBatch (error_handling.strict), and no number may be missing there.
const numbering = `meta ` + metaTurn + ` = if errored() { deleted() } else { counter() }`

// batchPolicy gives the user's batching, and behind it the numbering.
func batchPolicy(conf *service.ParsedConfig, ordered bool) (service.BatchPolicy, error) {
	policy, err := conf.FieldBatchPolicy(roFieldBatching)
	if err != nil || !ordered {
		return policy, err
	}
	processors, err := conf.FieldAny(roFieldBatching, "processors")
	if err != nil {
		return policy, err
	}
	list, _ := processors.([]any)
	list = append(list[:len(list):len(list)], map[string]any{"mutation": numbering})

	numbered, err := withProcessors(list)
	if err != nil {
		return policy, fmt.Errorf("%s.processors: %w", roFieldBatching, err)
	}
	numbered.ByteSize, numbered.Count, numbered.Check, numbered.Period = policy.ByteSize, policy.Count, policy.Check, policy.Period
	if policy.ByteSize == 0 && policy.Count == 0 && policy.Check == "" && policy.Period == "" {
		numbered.Count = 1 // what comes goes on as it came, whatever its size
	}
	return numbered, nil
}

// withProcessors makes a policy with processors, which only parsing one can.
func withProcessors(list []any) (service.BatchPolicy, error) {
	text, err := json.Marshal(map[string]any{roFieldBatching: map[string]any{"processors": list}})
	if err != nil {
		return service.BatchPolicy{}, err
	}
	parsed, err := service.NewConfigSpec().Field(service.NewBatchPolicyField(roFieldBatching)).ParseYAML(string(text), nil)
	if err != nil {
		return service.BatchPolicy{}, err
	}
	return parsed.FieldBatchPolicy(roFieldBatching)
}

// turnOf gives a message's number; 0 when it has none.
func turnOf(msg *service.Message) int64 {
	value, _ := msg.MetaGetMut(metaTurn)
	turn, _ := value.(int64)
	return turn
}
