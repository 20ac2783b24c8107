package mapping

import (
	"slices"

	"github.com/redpanda-data/benthos/v4/public/bloblang"

	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
)

func init() {
	bloblang.MustRegisterAdvancedMethod("liveperson_consent", helperSpec(
		"Reads the consent of an event. Returns an object with true or false for each purpose, and for each category of the consent platform under its own id. Returns null if the event has no consent. A purpose is read from `canonical`, then from the object itself, then from its categories under `categories` (one yes is enough), then from the first of its flags. A purpose that has no value there is absent.").
		Param(bloblang.NewAnyParam("categories").Description("An object of purposes, each with a list of its categories.")).
		Param(bloblang.NewAnyParam("flags").Description("An object of purposes, each with a list of flags that stand for it.")).
		Param(bloblang.NewQueryParam("marketing", true).Description("The categories of the purpose marketing.")).
		Param(bloblang.NewStringParam("in").Description("The path of the consent in the event.")).
		Example("", `root.consent = this.liveperson_consent({"analytics": ["C0002"]}, {"marketing": ["ad_user_data"]}, ["C0004"], "context.consent")`,
			[2]string{`{"context":{"consent":{"categories":{"C0002":true,"C0004":false}}}}`, `{"consent":{"C0002":true,"C0004":false,"analytics":true,"marketing":false}}`}), register.AdvancedMethod(consent))
}

// marketing is the purpose whose categories the setting consent_categories names.
const marketing = "marketing"

// purpose is a purpose of data processing, with the consent platform's ids that stand
// for it.
type purpose struct {
	name              string
	categories, flags []string
}

func consent(args *bloblang.ParsedParams) (bloblang.AdvancedMethod, error) {
	purposes, err := parsePurposes(args)
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
	at := parsePath(path)
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
		answers, err := purposes.read(given, setting)
		if len(answers) == 0 || err != nil {
			return nil, under(at.String(), err)
		}
		return answers, nil
	}, nil
}

type purposes []purpose

func parsePurposes(args *bloblang.ParsedParams) (purposes, error) {
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

// answers are the yes or no to each purpose and category.
type answers map[string]any

// read returns the answers that a consent object gives to purposes and categories.
func (all purposes) read(given map[string]any, marketingCategories any) (map[string]any, error) {
	canonical, err := asObject(given["canonical"])
	if err != nil {
		return nil, under("canonical", err)
	}
	categories, err := asObject(given["categories"])
	if err != nil {
		return nil, under("categories", err)
	}
	found := make(answers, len(given)+len(canonical)+len(categories))
	for id, value := range categories {
		// A category with the name of a purpose is another thing than the purpose.
		if !all.has(id) {
			found.set(id, value)
		}
	}
	for id, value := range given {
		if isScalar(value) || all.has(id) {
			found.set(id, value)
		}
	}
	for id, value := range canonical {
		found.set(id, value)
	}
	for i := range all {
		all[i].infer(found, given, categories, marketingCategories)
	}
	return found, nil
}

// infer sets the answer to a purpose by its categories and its flags, if it has no
// answer yet.
func (p *purpose) infer(found answers, given, categories map[string]any, marketingCategories any) {
	if found[p.name] != nil {
		return
	}
	if p.name == marketing {
		list, _ := marketingCategories.([]any)
		for _, item := range list {
			if id, ok := item.(string); ok {
				found.setUnlessYes(p.name, categories[id])
			}
		}
	} else {
		for _, id := range p.categories {
			found.setUnlessYes(p.name, categories[id])
		}
	}
	for _, flag := range p.flags {
		if found[p.name] == nil {
			found.set(p.name, given[flag])
		}
	}
}

func (all purposes) has(name string) bool {
	return slices.ContainsFunc(all, func(p purpose) bool { return p.name == name })
}

// set sets an answer, unless the value is null or empty text.
func (found answers) set(name string, value any) {
	if value != nil && value != "" {
		found[name], _ = asAnswer(value)
	}
}

// setUnlessYes sets an answer, unless there is a yes.
func (found answers) setUnlessYes(name string, value any) {
	if found[name] != true {
		found.set(name, value)
	}
}

func isScalar(value any) bool {
	switch value.(type) {
	case map[string]any, []any:
		return false
	}
	return true
}
