package mapping

import (
	"strings"

	"github.com/redpanda-data/benthos/v4/public/bloblang"

	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
)

func init() {
	bloblang.MustRegisterMethodV2("liveperson_without_prefix", helperSpec(
		"Returns an object without the members whose names begin with a prefix. Returns null for null.").
		Param(bloblang.NewStringParam("prefix").Description("The prefix.")).
		Example("", `root.properties = this.liveperson_without_prefix("$")`,
			[2]string{`{"$ip":"192.0.2.1","plan":"gold"}`, `{"properties":{"plan":"gold"}}`}), register.Method(withoutPrefix))
}

func withoutPrefix(args *bloblang.ParsedParams) (bloblang.Method, error) {
	prefix, err := args.GetString("prefix")
	if err != nil {
		return nil, err
	}
	return func(value any) (any, error) {
		object, err := asObject(value)
		if object == nil || err != nil {
			return nil, err
		}
		rest := make(map[string]any, len(object))
		for name, value := range object {
			if !strings.HasPrefix(name, prefix) {
				rest[name] = value
			}
		}
		return rest, nil
	}, nil
}
