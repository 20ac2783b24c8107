package output

import (
	"encoding/json"
	"fmt"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// Batching returns the user's batching of that field with the output's own numbering, which
// runs after the user's processors. It must be called before the first batch.
func (w *Writer[T]) Batching(conf *service.ParsedConfig, field string, mgr *service.Resources) (service.BatchPolicy, error) {
	policy, err := conf.FieldBatchPolicy(field)
	if err != nil {
		return policy, err
	}
	if err := checkBatching(field, policy); err != nil {
		return policy, err
	}
	list, err := processorsOf(conf, field)
	if err != nil {
		return policy, err
	}
	numbering := map[string]any{numberingFieldOutput: leave(mgr, w)}
	if len(list) > 0 {
		// Benthos' own processor "processors" runs them as in any batching.
		numbering[numberingFieldProcessors] = []any{map[string]any{"processors": list}}
	}
	numbered, err := withProcessors(field, []any{map[string]any{numberingName: numbering}})
	if err != nil {
		return policy, fmt.Errorf("%s.processors: %w", field, err)
	}
	numbered.ByteSize, numbered.Count, numbered.Check, numbered.Period = policy.ByteSize, policy.Count, policy.Check, policy.Period
	if policy.ByteSize == 0 && policy.Count == 0 && policy.Check == "" && policy.Period == "" {
		numbered.Count = 1 // each batch goes on as it came, whatever its size
	}
	return numbered, nil
}

// processorsOf returns the user's processors as plain values. Benthos holds them as nodes of
// YAML.
func processorsOf(conf *service.ParsedConfig, field string) ([]any, error) {
	value, err := conf.FieldAny(field, "processors")
	if err != nil {
		return nil, err
	}
	nodes, _ := value.([]any)
	list := make([]any, len(nodes), len(nodes)+1)
	for i, node := range nodes {
		list[i] = node
		if node, is := node.(interface{ Decode(any) error }); is {
			if err := node.Decode(&list[i]); err != nil {
				return nil, fmt.Errorf("%s.processors[%d]: %w", field, i, err)
			}
		}
	}
	return list, nil
}

// withProcessors returns a policy with processors. Only a parsed policy can have them.
func withProcessors(field string, list []any) (service.BatchPolicy, error) {
	text, err := json.Marshal(map[string]any{field: map[string]any{"processors": list}})
	if err != nil {
		return service.BatchPolicy{}, err
	}
	parsed, err := service.NewConfigSpec().Field(service.NewBatchPolicyField(field)).ParseYAML(string(text), nil)
	if err != nil {
		return service.BatchPolicy{}, err
	}
	return parsed.FieldBatchPolicy(field)
}
