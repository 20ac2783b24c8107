package mapping

import (
	"github.com/redpanda-data/benthos/v4/public/bloblang"

	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
)

func init() {
	bloblang.MustRegisterMethodV2("liveperson_where", helperSpec(
		"Returns the path of the first inner object that has one of the members. A member that is null or empty text does not count. Returns null if there is no such object.").
		Param(bloblang.NewAnyParam("places").Description("The paths of the inner objects.")).
		Param(bloblang.NewAnyParam("names").Description("The members to look for. A name with dots is a path.")).
		Example("", `root.path = this.liveperson_where(["session", "context.session"], ["sid", "session_id"])`,
			[2]string{`{"context":{"session":{"sid":"s1"}}}`, `{"path":"context.session"}`}), register.Method(objectWith))
}

func objectWith(args *bloblang.ParsedParams) (bloblang.Method, error) {
	objects, err := pathsArg(args, "places")
	if err != nil {
		return nil, err
	}
	members, err := pathsArg(args, "names")
	if err != nil {
		return nil, err
	}
	return func(value any) (any, error) {
		event, err := asObject(value)
		if err != nil {
			return nil, err
		}
		for i := range objects {
			object, err := objects[i].findObject(event)
			if err != nil {
				return nil, err
			}
			_, found, err := firstValue(object, members)
			if err != nil {
				return nil, under(objects[i].String(), err)
			}
			if found != nil {
				return objects[i].name, nil
			}
		}
		return nil, nil
	}, nil
}
