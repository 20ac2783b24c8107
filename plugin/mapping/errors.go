package mapping

import (
	"github.com/redpanda-data/benthos/v4/public/bloblang"

	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
)

func init() {
	spec := bloblang.NewPluginSpec().
		Category("LivePerson").
		Description("Holds a report against what LivePerson documents, as `liveperson_report` does before it sends one. The result is a list of objects with `path`, `code`, `message` and `fix`, empty when all is well. Members that are null or empty count as not there.").
		Param(bloblang.NewBoolParam("allow_personal_ids").Description("Whether an e-mail address or phone number may be a consumer's id.").Default(false)).
		Example("", `root = if this.liveperson_errors().length() > 0 { throw("no report") }`)
	bloblang.MustRegisterMethodV2("liveperson_errors", spec, register.Method(func(args *bloblang.ParsedParams) (bloblang.Method, error) {
		allow, err := args.GetBool("allow_personal_ids")
		if err != nil {
			return nil, err
		}
		return func(report any) (any, error) {
			found := sde.Check(report, sde.Options{AllowPersonalIDs: allow}).Findings
			list := make([]any, len(found))
			for i, f := range found {
				list[i] = map[string]any{"path": f.Path, "code": f.Code, "message": f.Message, "fix": f.Fix}
			}
			return list, nil
		}, nil
	}))
}
