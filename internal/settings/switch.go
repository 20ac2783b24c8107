package settings

import (
	"errors"
	"fmt"
	"strings"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// switches are the texts that mean true and false. They are those of YAML 1.1.
var switches = map[string]bool{"true": true, "yes": true, "on": true, "false": false, "no": false, "off": false}

// SwitchField is a field that is on or off.
func SwitchField(name string) *service.ConfigField {
	return service.NewAnyField(name).LintRule(Lint(fmt.Sprintf(`root = if this.type() != "bool" && !(this.type() == "string" && (this.re_match("[$][{][^!]") || this.lowercase().re_match("^(true|yes|on|false|no|off)$"))) { %q }`, notSwitch(name))))
}

// Switch reads a SwitchField.
func Switch(conf *service.ParsedConfig, name string) (bool, error) {
	value, err := conf.FieldAny(name)
	if err != nil {
		return false, err
	}
	if on, is := value.(bool); is {
		return on, nil
	}
	text, _ := value.(string)
	on, known := switches[strings.ToLower(text)]
	if !known {
		return false, errors.New(notSwitch(name))
	}
	return on, nil
}

func notSwitch(name string) string { return name + ": expected true or false" }
