package account

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
		LintRule(fmt.Sprintf(`root = if ![%s].contains(this.string().lowercase()) { "%s: expected one of %s" }`, strings.Join(quoted, ", "), name, strings.Join(allowed, ", ")))
}
