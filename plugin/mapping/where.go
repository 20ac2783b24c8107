package mapping

import (
	"github.com/redpanda-data/benthos/v4/public/bloblang"

	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
)

func init() {
	bloblang.MustRegisterMethodV2("liveperson_where", bloblang.NewPluginSpec().
		Category("LivePerson").
		Description("Finds where in an object something stands that is read from one place as a whole: gives the first of these places that has one of these members, neither null nor empty text; null if there is none.").
		Param(bloblang.NewAnyParam("places").Description("The members or paths of objects.")).
		Param(bloblang.NewAnyParam("names").Description("The names of their members. With dots, a path.")).
		Example("", `root.at = this.liveperson_where(["session", "context.session"], ["sid", "session_id"])`,
			[2]string{`{"context":{"session":{"sid":"s1"}}}`, `{"at":"context.session"}`}), register.Method(where))
}

func where(args *bloblang.ParsedParams) (bloblang.Method, error) {
	in, err := places(args, "places")
	if err != nil {
		return nil, err
	}
	names, err := places(args, "names")
	if err != nil {
		return nil, err
	}
	return func(value any) (any, error) {
		object, err := asObject(value)
		if err != nil {
			return nil, err
		}
		for i := range in {
			part, err := in[i].find(object)
			if err != nil {
				return nil, err
			}
			inner, err := asObject(part)
			if err != nil {
				return nil, under(in[i].String(), err)
			}
			_, found, err := first(inner, names)
			if err != nil {
				return nil, under(in[i].String(), err)
			}
			if found != nil {
				return in[i].name, nil
			}
		}
		return nil, nil
	}, nil
}
