package mapping

import (
	"slices"

	"github.com/redpanda-data/benthos/v4/public/bloblang"

	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
)

func init() {
	bloblang.MustRegisterAdvancedMethod("liveperson_consent", bloblang.NewPluginSpec().
		Category("LivePerson").
		Description("Reads what an event says about consent: an object with a yes or no for each purpose, and for the categories of the consent platform by their own ids; null if it says nothing. A purpose is what `canonical` says of it, else the object itself, else its categories under `categories`, of which one yes is enough, and else the first of its flags. Purposes of which nothing is said are absent.").
		Param(bloblang.NewAnyParam("categories").Description("The purposes, each with a list of its categories.")).
		Param(bloblang.NewAnyParam("flags").Description("Purposes, each with a list of flags beside them that stand for it.")).
		Param(bloblang.NewQueryParam("marketing", true).Description("The categories of the purpose marketing.")).
		Param(bloblang.NewStringParam("in").Description("The path of the object that says it.")).
		Example("", `root.consent = this.liveperson_consent({"analytics": ["C0002"]}, {"marketing": ["ad_user_data"]}, ["C0004"], "context.consent")`,
			[2]string{`{"context":{"consent":{"categories":{"C0002":true,"C0004":false}}}}`, `{"consent":{"C0002":true,"C0004":false,"analytics":true,"marketing":false}}`}), register.AdvancedMethod(consent))
}

// marketing is the purpose whose categories are a setting.
const marketing = "marketing"

type purpose struct {
	name              string
	categories, flags []string
}

func consent(args *bloblang.ParsedParams) (bloblang.AdvancedMethod, error) {
	purposes, err := purposesOf(args)
	if err != nil {
		return nil, err
	}
	query, err := args.GetQuery("marketing")
	if err != nil {
		return nil, err
	}
	path, err := args.GetString("in")
	if err != nil {
		return nil, err
	}
	at := placeOf(path)
	return func(ctx *bloblang.ExecContext, fn *bloblang.ExecFunction) (any, error) {
		event, err := ctx.Exec(fn)
		if err != nil {
			return nil, err
		}
		object, err := asObject(event)
		if err != nil {
			return nil, err
		}
		value, err := at.find(object)
		if value == nil || err != nil {
			return nil, err
		}
		given, err := asObject(value)
		if err != nil {
			return nil, under(at.String(), err)
		}
		setting, err := ctx.Exec(query)
		if err != nil {
			return nil, err
		}
		said, err := purposes.read(given, setting)
		if len(said) == 0 || err != nil {
			return nil, under(at.String(), err)
		}
		return said, nil
	}, nil
}

type purposes []purpose

func purposesOf(args *bloblang.ParsedParams) (purposes, error) {
	var all purposes
	for _, param := range []string{"categories", "flags"} {
		literal, err := args.Get(param)
		if err != nil {
			return nil, err
		}
		lists, err := asObject(literal)
		if err != nil {
			return nil, under(param, err)
		}
		for name, list := range lists {
			ids, err := texts(list)
			if err != nil {
				return nil, under(param+"."+name, err)
			}
			i := slices.IndexFunc(all, func(p purpose) bool { return p.name == name })
			if i < 0 {
				i = len(all)
				all = append(all, purpose{name: name})
			}
			if param == "flags" {
				all[i].flags = ids
			} else {
				all[i].categories = ids
			}
		}
	}
	return all, nil
}

// read gives what is said of purposes and categories.
func (all purposes) read(given map[string]any, marketingCategories any) (map[string]any, error) {
	canonical, err := asObject(given["canonical"])
	if err != nil {
		return nil, under("canonical", err)
	}
	categories, err := asObject(given["categories"])
	if err != nil {
		return nil, under("categories", err)
	}
	said := make(map[string]any, len(given)+len(canonical)+len(categories))
	for id, value := range categories {
		// A category may be called like a purpose and still not be it.
		if !all.has(id) {
			say(said, id, value)
		}
	}
	for id, value := range given {
		if isScalar(value) || all.has(id) {
			say(said, id, value)
		}
	}
	for id, value := range canonical {
		say(said, id, value)
	}
	for i := range all {
		p := &all[i]
		if said[p.name] != nil {
			continue
		}
		if p.name == marketing {
			sayAny(said, p.name, marketingCategories, categories)
		} else {
			for _, id := range p.categories {
				sayOr(said, p.name, categories[id])
			}
		}
		for _, flag := range p.flags {
			if said[p.name] == nil {
				say(said, p.name, given[flag])
			}
		}
	}
	return said, nil
}

func (all purposes) has(name string) bool {
	for i := range all {
		if all[i].name == name {
			return true
		}
	}
	return false
}

// say notes the answer of one, if it is one.
func say(said map[string]any, name string, value any) {
	if value != nil && value != "" {
		said[name], _ = asAnswer(value)
	}
}

// sayOr notes an answer unless there is a yes already.
func sayOr(said map[string]any, name string, value any) {
	if said[name] != true {
		say(said, name, value)
	}
}

func sayAny(said map[string]any, name string, ids any, categories map[string]any) {
	list, _ := ids.([]any)
	for _, id := range list {
		if text, ok := id.(string); ok {
			sayOr(said, name, categories[text])
		}
	}
}

func isScalar(value any) bool {
	switch value.(type) {
	case map[string]any, []any:
		return false
	}
	return true
}
