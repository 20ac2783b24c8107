package settings

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// EnumField is a field that takes one of some texts, in any case. Benthos' own says of
// another text that it is wrong, and not which ones are right.
func EnumField(name string, options map[string]string) *service.ConfigField {
	allowed := slices.Sorted(maps.Keys(options))
	quoted := make([]string, len(allowed))
	for i, option := range allowed {
		quoted[i] = fmt.Sprintf("%q", strings.ToLower(option))
	}
	return service.NewStringAnnotatedEnumField(name, options).
		LintRule(Lint(fmt.Sprintf(`root = if ![%s].contains(this.string().lowercase()) { "%s: expected one of %s" }`, strings.Join(quoted, ", "), name, strings.Join(allowed, ", "))))
}

// Enum reads the value of an EnumField in lower case. A config that has not been linted
// may hold any text.
func Enum[T ~string](conf *service.ParsedConfig, name string, options ...T) (T, error) {
	text, err := conf.FieldString(name)
	if err != nil {
		return "", err
	}
	value := T(strings.ToLower(text))
	if !slices.Contains(options, value) {
		names := make([]string, len(options))
		for i, option := range options {
			names[i] = string(option)
		}
		slices.Sort(names)
		return "", fmt.Errorf("%s: expected one of %s", name, strings.Join(names, ", "))
	}
	return value, nil
}
