package settings

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// Benthos applies no lint rule to a number or a switch that it cannot decode. So the
// numbers and switches here are fields of any type, and their rules look at the type too.
// All rules let a value with ${ pass: Benthos does not look variables up in Markdown.

// Unlimited is the largest value of a Count that has no bound of its own.
const Unlimited = math.MaxInt32

// Count is a field that holds a whole number from Least to Most.
type Count struct {
	Name        string
	Least, Most int
}

// Field gives the field, with its lint rule.
func (c Count) Field() *service.ConfigField {
	return service.NewAnyField(c.Name).LintRule(fmt.Sprintf(`root = if this.type() == "string" && this.re_match("[$][{][^!]") { [] } else if this.type() != "number" || !this.string().re_match("^-?[0-9]+([.]0*)?$") { %q } else if this < %d || this > %d { %q }`,
		c.notWhole(), c.Least, c.Most, c.outOfRange()))
}

// FromParsed reads the field.
func (c Count) FromParsed(conf *service.ParsedConfig) (int, error) {
	number, err := conf.FieldFloat(c.Name)
	if err != nil || number != math.Trunc(number) {
		return 0, errors.New(c.notWhole())
	}
	if number < float64(c.Least) || number > float64(c.Most) {
		return 0, errors.New(c.outOfRange())
	}
	return int(number), nil
}

func (c Count) notWhole() string {
	return fmt.Sprintf("%s: expected a whole number without quotes, such as %d", c.Name, max(c.Least, 1))
}

func (c Count) outOfRange() string {
	if c.Most == Unlimited {
		return fmt.Sprintf("%s: must be at least %d, and at most %d", c.Name, c.Least, c.Most)
	}
	return fmt.Sprintf("%s: must be from %d to %d", c.Name, c.Least, c.Most)
}

// switches are the texts that stand for true and false. YAML 1.1 has them all.
var switches = map[string]bool{"true": true, "yes": true, "on": true, "false": false, "no": false, "off": false}

// SwitchField is a field that is on or off.
func SwitchField(name string) *service.ConfigField {
	return service.NewAnyField(name).LintRule(fmt.Sprintf(`root = if this.type() != "bool" && !(this.type() == "string" && (this.re_match("[$][{][^!]") || this.lowercase().re_match("^(true|yes|on|false|no|off)$"))) { %q }`, notSwitch(name)))
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

// DurationPattern is what time.ParseDuration reads, without a sign and without what does
// not fit into a time.Duration.
const DurationPattern = `[+]?(([0-9]{1,6}([.][0-9]*)?|[.][0-9]+)h|([0-9]{1,8}([.][0-9]*)?|[.][0-9]+)m|([0-9]{1,9}([.][0-9]*)?|[.][0-9]+)s|([0-9]{1,12}([.][0-9]*)?|[.][0-9]+)ms|([0-9]{1,15}([.][0-9]*)?|[.][0-9]+)(us|µs|μs)|([0-9]{1,18}([.][0-9]*)?|[.][0-9]+)ns)+`

// DurationField is a field that holds a duration of more than 0s.
func DurationField(name string) *service.ConfigField {
	return service.NewDurationField(name).LintRule(fmt.Sprintf(`root = if this.re_match("[$][{][^!]") { [] } else if !this.re_match("^%s$") { %q } else if !this.re_match("[1-9]") { %q }`,
		DurationPattern, notDuration(name), noTime(name)))
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

func notDuration(name string) string {
	return name + ": expected a duration such as 10s or 1m30s, more than 0s"
}

func noTime(name string) string { return name + ": must be more than 0s" }

// DurationsLint is the lint rule of a field of any type that holds a list of durations,
// which may be 0s. Of a list field the rule would look at each item as well.
func DurationsLint(name string) string {
	return fmt.Sprintf(`root = if this.type() == "string" && this.re_match("[$][{][^!]") { [] } else if this.type() != "array" || this.any(d -> !d.string().re_match("[$][{][^!]") && !d.string().re_match("^%s$")) { %q }`, DurationPattern, name+": expected a list of durations such as [10s, 1m30s]")
}

// ItemsLint is the lint rule of a list of texts that are not empty. Benthos applies it to
// the list and to each item.
func ItemsLint(name string) string {
	return fmt.Sprintf(`root = if this.type() == "string" && this.trim() == "" { %q }`, emptyItem(name))
}

// Items reads a list of texts that are not empty.
func Items(conf *service.ParsedConfig, name string) ([]string, error) {
	items, err := conf.FieldStringList(name)
	if err != nil {
		return nil, err
	}
	for _, item := range items {
		if strings.TrimSpace(item) == "" {
			return nil, errors.New(emptyItem(name))
		}
	}
	return items, nil
}

func emptyItem(name string) string { return name + ": an item is empty: remove it, or give it a value" }
