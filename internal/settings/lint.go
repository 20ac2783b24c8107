package settings

import (
	"errors"
	"strconv"
	"sync"

	"github.com/redpanda-data/benthos/v4/public/bloblang"
)

// methodLint is the Bloblang method that runs a rule for the linter. It is marked as deprecated
// so that Benthos' lists leave it out: it is of no use in a mapping.
const methodLint = "liveperson_lint"

// Lint returns a rule for LintRule that does the same as the given rule, but is parsed only when it
// is first used.
//
// Benthos parses the rules of all fields whenever a process starts. That took longer than the rest
// of the start, and most processes lint only a few fields.
func Lint(rule string) string {
	return "root = this." + methodLint + "(" + strconv.Quote(rule) + ")"
}

func init() {
	spec := bloblang.NewPluginSpec().Deprecated().
		Description("A part of this project's rules for the linter. Don't call it in your own mappings: it may change.").
		Param(bloblang.NewStringParam("rule").Description("A mapping that returns what is wrong with a value."))
	bloblang.MustRegisterMethodV2(methodLint, spec, func(args *bloblang.ParsedParams) (bloblang.Method, error) {
		rule, err := args.GetString("rule")
		if err != nil {
			return nil, err
		}
		parsed := sync.OnceValues(func() (*bloblang.Executor, error) { return bloblang.Parse(rule) })
		return func(value any) (any, error) {
			mapping, err := parsed()
			if err != nil {
				return nil, err
			}
			var found any
			if err = mapping.Overlay(value, &found); errors.Is(err, bloblang.ErrRootDeleted) {
				return nil, nil
			}
			return found, err
		}, nil
	})
}
