package mapping

import (
	"errors"
	"regexp"

	"github.com/redpanda-data/benthos/v4/public/bloblang"

	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
)

// An adapter puts an object with these members in place of an item that failed.
const (
	failedError = "liveperson_error"
	failedBody  = "liveperson_body"
)

func init() {
	spec := helperSpec("Returns the item. If the item fails, returns an object instead: `"+failedError+"` has the error with its path, and `"+failedBody+"` is the body to map again.").
		Param(bloblang.NewStringParam("at").Description("The path of the item in the body. Empty if the item is the whole body.")).
		Param(bloblang.NewQueryParam("body", true).Description("The body to map again after the item is corrected.")).
		Example("", `root = this.batch.map_each(call -> call.liveperson_text(["type"]).liveperson_or_failed("batch", call))`,
			[2]string{`{"batch":[{"type":"page"},{"type":["page"]}]}`, `["page",{"liveperson_body":{"type":["page"]},"liveperson_error":"batch.type: expected text, got array"}]`})
	bloblang.MustRegisterAdvancedMethod("liveperson_or_failed", spec, register.AdvancedMethod(orFailed))
}

func orFailed(args *bloblang.ParsedParams) (bloblang.AdvancedMethod, error) {
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
		return map[string]any{failedError: errorAt(at, err), failedBody: item}, nil
	}, nil
}

// beginsWithMember matches an error that begins with the path of a member.
var beginsWithMember = regexp.MustCompile(`^[A-Za-z0-9_]+(: |\.|\[)`)

// errorAt puts the path of an item before an error about the item.
func errorAt(at string, err error) string {
	text := withoutLines(err).Error()
	switch {
	case at == "":
		return text
	case beginsWithMember.MatchString(text):
		return at + "." + text
	}
	return at + ": " + text
}

// failure returns the body and the error of an item that failed. The error is nil for
// an item that did not fail.
func failure(item any) (body any, err error) {
	members, _ := item.(map[string]any)
	if text, failed := members[failedError].(string); failed {
		return members[failedBody], errors.New(text)
	}
	return nil, nil
}
