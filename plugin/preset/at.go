package preset

import (
	"errors"
	"regexp"

	"github.com/redpanda-data/benthos/v4/public/bloblang"
)

func init() {
	// The readers' own argument at is for places that are known when a mapping is
	// parsed. One that is not, such as that of a line, would make each reader work
	// out its arguments anew for each event; here it is done once for all of them.
	spec := bloblang.NewPluginSpec().
		Category("LivePerson").
		Description("Puts in front of the errors of what it is applied to where in the event that stands.").
		Param(bloblang.NewStringParam("path").Description("The path in the event.")).
		Example("", `root.price = this.properties.liveperson_number(["price"]).liveperson_at("properties")`)
	bloblang.MustRegisterAdvancedMethod("liveperson_at", spec, func(args *bloblang.ParsedParams) (bloblang.AdvancedMethod, error) {
		path, err := args.GetString("path")
		if err != nil {
			return nil, err
		}
		return func(ctx *bloblang.ExecContext, fn *bloblang.ExecFunction) (any, error) {
			value, err := ctx.Exec(fn)
			if err != nil {
				return nil, located(path, err)
			}
			return value, nil
		}, nil
	})
}

// member is how an error begins that names a member of what was read.
var member = regexp.MustCompile(`^[A-Za-z0-9_]+(: |\.|\[)`)

// located does not wrap the error: Bloblang would take the innermost one out again.
func located(path string, err error) error {
	text := withoutLines(err).Error()
	if member.MatchString(text) {
		return errors.New(path + "." + text)
	}
	return errors.New(path + ": " + text)
}
