package mapping

import (
	"fmt"
	"maps"
	"slices"

	"github.com/redpanda-data/benthos/v4/public/bloblang"

	"github.com/benthos-liveperson/benthos-liveperson/internal/events"
	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
	"github.com/benthos-liveperson/benthos-liveperson/internal/text"
)

func init() {
	bloblang.MustRegisterMethodV2("liveperson_named", methodSpec(
		"Reads a name from a member of the object, and returns the key of the table's list that has the name. Returns null if no list has the name, or if the member is not text. Case, spaces and punctuation make no difference.").
		Param(bloblang.NewStringParam("member").Description("The member with the name.")).
		Param(bloblang.NewAnyParam("table").Description("An object of keys, each with a list of names. A name may be in one list only.")).
		Example("", `root.step = this.liveperson_named("event", {"order": ["Order Completed", "purchase"]})`,
			[2]string{`{"event":"order_completed"}`, `{"step":"order"}`},
			[2]string{`{"event":"Order Shipped"}`, `{"step":null}`}), register.Method(named))

	bloblang.MustRegisterAdvancedMethod("liveperson_event", helperSpec(
		"Returns the type of an event by its name, from the user's own names or the table of a preset. Returns null if neither knows the name.").
		Param(bloblang.NewStringParam("preset").Description("The preset.")).
		Param(bloblang.NewQueryParam("own", true).Description("The user's own names, each with the type of its event.").Optional()).
		Example("", `root.type = this.liveperson_event("retail", {"Basket Shown": "cart_view"})`,
			[2]string{`{"event":"Purchase"}`, `{"type":"order_completed"}`},
			[2]string{`{"event":"basket_shown"}`, `{"type":"cart_view"}`}), register.AdvancedMethod(eventType))

	bloblang.MustRegisterMethodV2("liveperson_event_meant", helperSpec(
		"Returns the event's name that a misspelt text probably means. Returns null if a preset knows the text itself, or if no known name is similar.").
		Example("", `root.meant = this.event.liveperson_event_meant()`,
			[2]string{`{"event":"Ordr Completed"}`, `{"meant":"Order Completed"}`},
			[2]string{`{"event":"Order Completed"}`, `{"meant":null}`}), register.Method(func(*bloblang.ParsedParams) (bloblang.Method, error) {
		return func(value any) (any, error) {
			name, _ := value.(string)
			if meant := eventMeant(name); meant != "" {
				return meant, nil
			}
			return nil, nil
		}, nil
	}))
}

// eventMeant returns the event's name that a misspelt name probably means. It returns "" if a
// preset knows the name itself, or if no known name is similar.
func eventMeant(name string) string {
	if slices.Contains([]string{"identify", "page", "group"}, name) {
		return ""
	}
	meant := ""
	for _, preset := range slices.Sorted(maps.Keys(presets)) {
		table := events.Of(preset)
		if table.Type(name) != nil {
			return ""
		}
		if meant == "" {
			meant = table.Nearest(name)
		}
	}
	return meant
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

func eventType(args *bloblang.ParsedParams) (bloblang.AdvancedMethod, error) {
	name, err := args.GetString("preset")
	if err != nil {
		return nil, err
	}
	preset := events.Of(name)
	if preset == nil {
		return nil, fmt.Errorf("there is no preset %q", name)
	}
	own, err := args.GetOptionalQuery("own")
	if err != nil {
		return nil, err
	}
	return func(ctx *bloblang.ExecContext, fn *bloblang.ExecFunction) (any, error) {
		value, err := ctx.Exec(fn)
		if err != nil {
			return nil, err
		}
		event, err := asObject(value)
		if err != nil {
			return nil, err
		}
		name, isText := event["event"].(string)
		if !isText {
			return nil, nil
		}
		if own != nil {
			if kind, err := ownType(ctx, own, preset, name); kind != nil || err != nil {
				return kind, under(settings.FieldEvents, err)
			}
		}
		return preset.Type(name), nil
	}, nil
}

func ownType(ctx *bloblang.ExecContext, own *bloblang.ExecFunction, preset *events.Preset, name string) (any, error) {
	given, err := ctx.Exec(own)
	if err != nil {
		return nil, err
	}
	names, err := asObject(given)
	if err != nil {
		return nil, err
	}
	return preset.OwnType(names, name)
}

// lookUp returns a method that calls find with the text of a member. The method returns null if the
// member is not text.
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
