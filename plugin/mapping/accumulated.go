package mapping

import (
	"fmt"
	"maps"

	"github.com/redpanda-data/benthos/v4/public/bloblang"

	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
)

func init() {
	bloblang.MustRegisterMethodV2("liveperson_accumulated", helperSpec(
		"Returns a list in which each object also has the members of all objects before it. If several objects have a member, the last value counts. Values that are objects are merged in the same way.").
		Example("", `root = this.pushes.liveperson_accumulated()`,
			[2]string{`{"pushes":[{"user":{"id":1}},{},{"user":{"plan":"gold"},"page":"/"}]}`, `[{"user":{"id":1}},{"user":{"id":1}},{"user":{"id":1,"plan":"gold"},"page":"/"}]`}), register.Method(accumulated))
}

func accumulated(*bloblang.ParsedParams) (bloblang.Method, error) {
	return func(value any) (any, error) {
		list, ok := value.([]any)
		if !ok {
			return nil, fmt.Errorf("expected an array, got %s", typeName(value))
		}
		var state map[string]any
		result := make([]any, len(list))
		for i, item := range list {
			object, err := asObject(item)
			if err != nil {
				return nil, under(fmt.Sprintf("[%d]", i), err)
			}
			state = together(state, object)
			result[i] = state
		}
		return result, nil
	}, nil
}

// together returns an object with the members of both objects. It changes neither of them, because
// earlier results share them.
func together(earlier, later map[string]any) map[string]any {
	if len(later) == 0 && earlier != nil {
		return earlier
	}
	both := make(map[string]any, len(earlier)+len(later))
	maps.Copy(both, earlier)
	for name, value := range later {
		ours, isObject := both[name].(map[string]any)
		theirs, isObjectToo := value.(map[string]any)
		if isObject && isObjectToo {
			value = together(ours, theirs)
		}
		both[name] = value
	}
	return both
}
