package mapping

import (
	"github.com/redpanda-data/benthos/v4/public/bloblang"

	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
)

// methodSetting is the name of the method by which a mapping reads a setting. In our processor the
// method returns the values of the configuration. If a user runs the mapping without our processor,
// the method reads the metadata.
const methodSetting = "liveperson_setting"

var settingSpec = helperSpec("Returns a setting of a preset. Call it on the metadata liveperson_options, an object of the settings that differ from their defaults.").
	Param(bloblang.NewStringParam("name").Description("The setting's name.")).
	Param(bloblang.NewAnyParam("default").Description("The value if the setting is not set.")).
	Example("", `root.issuer = @liveperson_options.liveperson_setting("issuer", "Datafly")`,
		[2]string{`{}`, `{"issuer":"Datafly"}`})

func init() {
	bloblang.MustRegisterMethodV2(methodSetting, settingSpec, register.Method(func(args *bloblang.ParsedParams) (bloblang.Method, error) {
		name, fallback, err := settingArgs(args)
		if err != nil {
			return nil, err
		}
		return func(settings any) (any, error) {
			given, err := asObject(settings)
			if err != nil {
				return nil, under(metaOptions, err)
			}
			if value := given[name]; value != nil {
				return value, nil
			}
			return fallback, nil
		}, nil
	}))
}

// withSettings returns an environment in which mappings read these settings.
func withSettings(settings map[string]any) (*bloblang.Environment, error) {
	env := bloblang.NewEnvironment()
	own := readers
	if more := ownPlaceholders(settings); len(more) > 0 {
		own = readersWith(more)
		if err := env.RegisterMethodV2("liveperson_id", own["id"].spec(), register.Method(own["id"].method())); err != nil {
			return nil, err
		}
		if err := env.RegisterMethodV2(methodRead, readTableSpec(), register.Method(readTableWith(own))); err != nil {
			return nil, err
		}
		if err := env.RegisterAdvancedMethod(methodVisit, visitSpec(), register.AdvancedMethod(visitWith(own))); err != nil {
			return nil, err
		}
		if err := env.RegisterMethodV2(methodCookies, cookiesSpec(), register.Method(cookiesWith(own))); err != nil {
			return nil, err
		}
	}
	if err := env.RegisterMethodV2(methodAttributes, attributesSpec(), register.Method(attributesWith(own, settings))); err != nil {
		return nil, err
	}
	return env, env.RegisterMethodV2(methodSetting, settingSpec, register.Method(func(args *bloblang.ParsedParams) (bloblang.Method, error) {
		name, value, err := settingArgs(args)
		if err != nil {
			return nil, err
		}
		if given, ok := settings[name]; ok {
			value = given
		}
		return func(any) (any, error) { return value, nil }, nil
	}))
}

// ownPlaceholders returns the user's placeholders for ids.
func ownPlaceholders(settings map[string]any) (more []string) {
	list, _ := settings[lmFieldPlaceholders].([]any)
	for _, item := range list {
		if word, isText := item.(string); isText {
			more = append(more, word)
		}
	}
	return more
}

func settingArgs(args *bloblang.ParsedParams) (name string, fallback any, err error) {
	if name, err = args.GetString("name"); err != nil {
		return "", nil, err
	}
	fallback, err = args.Get("default")
	return name, fallback, err
}
