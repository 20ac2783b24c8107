package mapping

import (
	"errors"
	"regexp"

	"github.com/redpanda-data/benthos/v4/public/bloblang"

	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
)

// The members of what an adapter puts in the place of an item that is no event.
const (
	failedError = "liveperson_error"
	failedBody  = "liveperson_body"
)

func init() {
	spec := bloblang.NewPluginSpec().
		Category("LivePerson").
		Description("Puts something in the place of an item that fails: an object with `"+failedError+"`, which says where the item stands and what is wrong with it, and `"+failedBody+"`. What does not fail is left as it is.").
		Param(bloblang.NewStringParam("at").Description("Where the item stands in what it came with. Empty: it came alone.")).
		Param(bloblang.NewQueryParam("body", true).Description("The item, as it can be mapped again once it is mended.")).
		Example("", `root = this.batch.map_each(call -> call.liveperson_text(["type"]).liveperson_or_failed("batch", call))`)
	bloblang.MustRegisterAdvancedMethod("liveperson_or_failed", spec, register.AdvancedMethod(func(args *bloblang.ParsedParams) (bloblang.AdvancedMethod, error) {
		at, err := args.GetString("at")
		if err != nil {
			return nil, err
		}
		body, err := args.GetQuery("body")
		if err != nil {
			return nil, err
		}
		return func(ctx *bloblang.ExecContext, fn *bloblang.ExecFunction) (any, error) {
			value, err := ctx.Exec(fn)
			if err == nil {
				return value, nil
			}
			item, failed := ctx.Exec(body)
			if failed != nil {
				return nil, failed
			}
			return map[string]any{failedError: textAt(at, err), failedBody: item}, nil
		}, nil
	}))
}

// beginsWithMember is how an error begins that names a member of an item.
var beginsWithMember = regexp.MustCompile(`^[A-Za-z0-9_]+(: |\.|\[)`)

func textAt(at string, err error) string {
	text := withoutLines(err).Error()
	switch {
	case at == "":
		return text
	case beginsWithMember.MatchString(text):
		return at + "." + text
	}
	return at + ": " + text
}

// failure tells whether an item of an adapter's list stands for one that failed,
// and gives its body and its error.
func failure(item any) (body any, err error) {
	members, _ := item.(map[string]any)
	if text, failed := members[failedError].(string); failed {
		return members[failedBody], errors.New(text)
	}
	return nil, nil
}
