package mapping

import (
	"fmt"

	"github.com/redpanda-data/benthos/v4/public/bloblang"

	"github.com/benthos-liveperson/benthos-liveperson/internal/events"
	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
	"github.com/benthos-liveperson/benthos-liveperson/internal/text"
)

func init() {
	bloblang.MustRegisterMethodV2("liveperson_named", methodSpec(
		"Looks up the name in a member of an object in a table. Returns the key of the list that has the name. Returns null for a name in no list, and if the member is not text. Case, spaces and punctuation make no difference.").
		Param(bloblang.NewStringParam("member").Description("The member with the name.")).
		Param(bloblang.NewAnyParam("table").Description("An object of keys, each with a list of names. A name may be in one list only.")).
		Example("", `root.step = this.liveperson_named("event", {"order": ["Order Completed", "purchase"]})`,
			[2]string{`{"event":"order_completed"}`, `{"step":"order"}`},
			[2]string{`{"event":"Order Shipped"}`, `{"step":null}`}), register.Method(named))

	bloblang.MustRegisterMethodV2("liveperson_event", helperSpec(
		"Returns the type of an event by its name, from the table of a preset. Returns null if the preset does not know the name.").
		Param(bloblang.NewStringParam("preset").Description("The preset.")).
		Example("", `root.type = this.liveperson_event("retail")`,
			[2]string{`{"event":"Purchase"}`, `{"type":"order_completed"}`}), register.Method(eventType))
}

func named(args *bloblang.ParsedParams) (bloblang.Method, error) {
	member, err := args.GetString("member")
	if err != nil {
		return nil, err
	}
	literal, err := args.Get("table")
	if err != nil {
		return nil, err
	}
	lists, err := asObject(literal)
	if err != nil {
		return nil, err
	}
	keys := map[string]any{}
	for key, list := range lists {
		names, err := texts(list)
		if err != nil {
			return nil, under(key, err)
		}
		for _, name := range names {
			squashed := text.Squash(name)
			if other, ok := keys[squashed]; ok && other != key {
				return nil, fmt.Errorf("%q is in the lists of %s and %s", name, other, key)
			}
			keys[squashed] = key
		}
	}
	return lookUp(member, func(name string) any {
		var buffer [64]byte
		return keys[string(text.AppendSquashed(buffer[:0], name))]
	}), nil
}

func eventType(args *bloblang.ParsedParams) (bloblang.Method, error) {
	name, err := args.GetString("preset")
	if err != nil {
		return nil, err
	}
	preset := events.Of(name)
	if preset == nil {
		return nil, fmt.Errorf("there is no preset %q", name)
	}
	return lookUp("event", preset.Type), nil
}

// lookUp returns a method that calls find with the text of a member. It returns null
// if the member is not text.
func lookUp(member string, find func(name string) any) bloblang.Method {
	return func(value any) (any, error) {
		object, err := asObject(value)
		if err != nil {
			return nil, err
		}
		name, ok := object[member].(string)
		if !ok {
			return nil, nil
		}
		return find(name), nil
	}
}
