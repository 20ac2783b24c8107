package settings

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// EnumField is a field that takes one of a few texts, in upper or lower case. Benthos' own enum
// field does not say in its error which texts are valid.
func EnumField(name string, options map[string]string) *service.ConfigField {
	allowed := slices.Sorted(maps.Keys(options))
	quoted := make([]string, len(allowed))
	for i, option := range allowed {
		quoted[i] = fmt.Sprintf("%q", strings.ToLower(option))
	}
	return service.NewStringAnnotatedEnumField(name, options).
		LintRule(Lint(fmt.Sprintf(`root = if ![%s].contains(this.string().lowercase()) { "%s: expected one of %s" }`, strings.Join(quoted, ", "), name, strings.Join(allowed, ", "))))
}

// Enum reads the value of an EnumField in lower case. It returns an error for any other text,
// because a config need not have been linted.
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
