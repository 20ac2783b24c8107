package mapping

import (
	"github.com/redpanda-data/benthos/v4/public/bloblang"

	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
)

func init() {
	spec := methodSpec("Checks a report against LivePerson's documentation, as `liveperson_report` does before it sends a report. Returns a list of objects with `path`, `code`, `message` and `fix`. The list is empty if the report is right. Members that are null or empty count as absent.").
		Param(bloblang.NewBoolParam("allow_personal_ids").Description("Whether a consumer's id may be an e-mail address or a phone number.").Default(false)).
		Example("Fail an event whose report LivePerson would refuse:", `root = if this.liveperson_errors().length() > 0 { throw("not a report") } else { this }`,
			[2]string{`{"consumerId":"a1","engagementAttributes":[]}`, `{"consumerId":"a1","engagementAttributes":[]}`})
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
