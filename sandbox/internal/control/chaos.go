package control

import (
	"reflect"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/openapi"
)

// ruleList has the chaos rules in force.
type ruleList struct {
	Rules []chaos.RuleState `json:"rules"`
}

// chaosFile describes the body of PUT. chaos.Parse reads it.
type chaosFile struct {
	Preset presetName   `yaml:"preset" doc:"The name of a preset. Its rules come before the others."`
	Rules  []chaos.Rule `yaml:"rules"`
}

type presetName string

// Schema describes the values.
func (presetName) Schema() openapi.Schema { return openapi.Schema{"enum": chaos.PresetNames()} }

func (p *Pages) showRules(*openapi.Call[openapi.None]) (ruleList, error) {
	return ruleList{p.Chaos.Rules(p.Clock.Now())}, nil
}

func (p *Pages) putRules(call *openapi.Call[openapi.None]) (ruleList, error) {
	rules, err := chaos.Parse(call.Body)
	if err != nil {
		return ruleList{}, err
	}
	p.Chaos.Replace(rules, p.Clock.Now())
	return p.showRules(call)
}

func (p *Pages) removeRules(call *openapi.Call[openapi.None]) (ruleList, error) {
	p.Chaos.Replace(nil, p.Clock.Now())
	return p.showRules(call)
}

// faultTable adds the table of faults to the schemas of rules.
var faultTable = map[reflect.Type]func(openapi.Schema){
	reflect.TypeFor[chaos.Rule]():      addFaults,
	reflect.TypeFor[chaos.RuleState](): addFaults,
}

func addFaults(rule openapi.Schema) {
	properties := rule["properties"].(openapi.Schema)
	properties["endpoint"] = openapi.Schema{"enum": chaos.Endpoints(), "description": "all stands for every endpoint."}
	for _, fault := range chaos.FaultKinds() {
		described := openapi.Schema{"type": fault.Type, "description": fault.Effect}
		if fault.Values != nil {
			described["enum"] = fault.Values
		}
		properties[fault.Name] = described
		for _, parameter := range fault.Parameters {
			properties[parameter.Name] = openapi.Schema{"type": parameter.Type, "description": "Goes with " + fault.Name + ": " + parameter.Effect + "."}
		}
	}
}
