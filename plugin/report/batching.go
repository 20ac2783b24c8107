package report

import (
	"encoding/json"
	"fmt"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// batchPolicy gives the user's batching, and behind it the admission to the output of
// that name.
func batchPolicy(conf *service.ParsedConfig, ordered bool, output string) (service.BatchPolicy, error) {
	policy, err := conf.FieldBatchPolicy(roFieldBatching)
	if err != nil || !ordered {
		return policy, err
	}
	processors, err := conf.FieldAny(roFieldBatching, "processors")
	if err != nil {
		return policy, err
	}
	list, _ := processors.([]any)
	list = append(list[:len(list):len(list)], map[string]any{AdmissionName: map[string]any{admissionFieldOutput: output}})

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
