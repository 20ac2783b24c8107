package mapping

import (
	"github.com/redpanda-data/benthos/v4/public/bloblang"

	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
)

// methodSetting is how a mapping asks for a setting. A mapping that is used by
// itself has them in its metadata; in a processor, which has them from its
// configuration, they are put in when the mapping is parsed.
const methodSetting = "liveperson_setting"

var settingSpec = bloblang.NewPluginSpec().
	Category("LivePerson").
	Description("Gives a setting of a preset. Applied to the settings that differ from their defaults, or to null.").
	Param(bloblang.NewStringParam("name").Description("The setting's name.")).
	Param(bloblang.NewAnyParam("default").Description("Its value where it is not set.")).
	Example("", `root.issuer = @liveperson_options.liveperson_setting("issuer", "Datafly")`,
		[2]string{`{}`, `{"issuer":"Datafly"}`})

func init() {
	bloblang.MustRegisterMethodV2(methodSetting, settingSpec, register.Method(func(args *bloblang.ParsedParams) (bloblang.Method, error) {
		name, fallback, err := setting(args)
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

// withSettings gives an environment in which mappings have these settings.
func withSettings(settings map[string]any) (*bloblang.Environment, error) {
	env := bloblang.NewEnvironment()
	return env, env.RegisterMethodV2(methodSetting, settingSpec, register.Method(func(args *bloblang.ParsedParams) (bloblang.Method, error) {
		name, value, err := setting(args)
		if err != nil {
			return nil, err
		}
		if given, ok := settings[name]; ok {
			value = given
		}
		return func(any) (any, error) { return value, nil }, nil
	}))
}

func setting(args *bloblang.ParsedParams) (name string, fallback any, err error) {
	if name, err = args.GetString("name"); err != nil {
		return "", nil, err
	}
	fallback, err = args.Get("default")
	return name, fallback, err
}
