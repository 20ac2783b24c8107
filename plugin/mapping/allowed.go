package mapping

import (
	"maps"

	"github.com/redpanda-data/benthos/v4/public/bloblang"

	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
)

func init() {
	bloblang.MustRegisterMethodV2("liveperson_allowed", helperSpec(
		"Turns a list of the ids that a visitor allowed into an object of answers: true for the ids of the list, and false for those that the platform knows and the list does not have. Items that are not text are skipped.").
		Param(bloblang.NewAnyParam("known").Description("All ids that the platform knows.")).
		Example("", `root.answers = this.allowed.liveperson_allowed(["analytics", "crm"])`,
			[2]string{`{"allowed":["crm"]}`, `{"answers":{"analytics":false,"crm":true}}`}), register.Method(allowed))
}

func allowed(args *bloblang.ParsedParams) (bloblang.Method, error) {
	value, err := args.Get("known")
	if err != nil {
		return nil, err
	}
	known, err := texts(value)
	if err != nil {
		return nil, under("known", err)
	}
	none := make(map[string]any, len(known))
	for _, id := range known {
		none[id] = false
	}
	return func(value any) (any, error) {
		answers := maps.Clone(none)
		list, _ := value.([]any)
		for _, item := range list {
			if id, isText := item.(string); isText && id != "" {
				answers[id] = true
			}
		}
		return answers, nil
	}, nil
}
