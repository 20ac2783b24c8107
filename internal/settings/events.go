package settings

import (
	"errors"
	"strings"

	"github.com/redpanda-data/benthos/v4/public/bloblang"
	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/events"
)

// FieldEvents is the field of the user's own names of events.
const FieldEvents = "events"

// methodEventsLint is the Bloblang method that checks the field for the linter.
const methodEventsLint = "liveperson_events_lint"

// EventsField is a field of the user's own names of events, each with the kind of its event. Its
// component needs the rule EventsLint.
func EventsField() *service.ConfigField {
	return service.NewStringMapField(FieldEvents).Default(map[string]any{})
}

// EventsLint returns the lint rule of a component with EventsField. preset is a Bloblang expression
// that gives the preset with the kinds of events.
func EventsLint(preset string) string {
	return Lint("root = this." + FieldEvents + ".or({})." + methodEventsLint + "(" + preset + ")")
}

// EventsFromParsed reads an EventsField in the form that Bloblang has. It refuses what EventsLint
// refuses.
func EventsFromParsed(conf *service.ParsedConfig, preset string) (map[string]any, error) {
	names, err := conf.FieldStringMap(FieldEvents)
	if err != nil {
		return nil, err
	}
	own := make(map[string]any, len(names))
	for name, kind := range names {
		own[name] = kind
	}
	if problems := wrongEvents(preset, own); len(problems) > 0 {
		return nil, errors.New(FieldEvents + ": " + strings.Join(problems, "; "))
	}
	return own, nil
}

// wrongEvents returns what is wrong with the names for a preset. The names for anything else are not
// checked.
func wrongEvents(preset string, own map[string]any) []string {
	table := events.Of(strings.ToLower(preset))
	if table == nil {
		return nil
	}
	return table.WrongNames(own)
}

func init() {
	spec := bloblang.NewPluginSpec().Deprecated().
		Description("A part of this project's rules for the linter. Don't call it in your own mappings: it may change.").
		Param(bloblang.NewStringParam("preset").Description("The preset with the kinds of events.")).
		Example("", `root = this.liveperson_events_lint("impressions")`,
			[2]string{`{"Ad Shown":"impDisplay"}`, `[]`})
	bloblang.MustRegisterMethodV2(methodEventsLint, spec, func(args *bloblang.ParsedParams) (bloblang.Method, error) {
		preset, err := args.GetString("preset")
		if err != nil {
			return nil, err
		}
		return bloblang.ObjectMethod(func(own map[string]any) (any, error) {
			found := []any{}
			for _, problem := range wrongEvents(preset, own) {
				found = append(found, FieldEvents+": "+problem)
			}
			return found, nil
		}), nil
	})
}
