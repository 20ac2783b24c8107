package settings

import (
	"errors"
	"fmt"
	"math"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// Benthos applies no lint rule to a number or a switch that it cannot decode. So Count and
// SwitchField are fields of any type, and their rules check the type too. All rules accept a value
// that contains ${, because Benthos does not replace variables when it lints examples in Markdown
// files.

// Unlimited is the Most of a Count without an upper bound.
const Unlimited = math.MaxInt32

// Count is a field that holds a whole number from Least to Most.
type Count struct {
	Name        string
	Least, Most int
}

// Field returns the field, with its lint rule.
func (c Count) Field() *service.ConfigField {
	return service.NewAnyField(c.Name).LintRule(Lint(fmt.Sprintf(`root = if this.type() == "string" && this.re_match("[$][{][^!]") { [] } else if this.type() != "number" || !this.string().re_match("^-?[0-9]+([.]0*)?$") { %q } else if this < %d || this > %d { %q }`,
		c.notWhole(), c.Least, c.Most, c.outOfRange())))
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
