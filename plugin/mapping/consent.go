package mapping

import (
	"maps"
	"slices"
	"strings"

	"github.com/redpanda-data/benthos/v4/public/bloblang"

	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
	"github.com/benthos-liveperson/benthos-liveperson/internal/text"
)

func init() {
	bloblang.MustRegisterAdvancedMethod("liveperson_consent", helperSpec(
		"Reads the consent of an event from `context.consent` and `context.consentManagement`, or from `consent` if the event has neither. Global Privacy Control, such as `gpc: true`, refuses marketing and advertising, whatever else the event says. Returns an object with true or false for each purpose, and for each category of the consent platform under its own id. Returns null if the event says nothing. The answer for a purpose comes from the first of these that has one: `canonical`, the object itself, the purpose's categories (one yes is enough), its flags in order, a consent string such as one of TCF. A purpose without an answer is absent. In names, upper and lower case make no difference.").
		Param(bloblang.NewAnyParam("categories").Description("An object of purposes, each with a list of its categories.")).
		Param(bloblang.NewAnyParam("flags").Description("An object of purposes, each with a list of flags that stand for it. With `:no` after its name, only a no of the flag counts.")).
		Param(bloblang.NewQueryParam("marketing", true).Description("The categories of the purpose marketing.")).
		Example("", `root.consent = this.liveperson_consent({"analytics": ["C0002"]}, {"marketing": ["ad_user_data"]}, ["C0004"])`,
			[2]string{`{"context":{"consent":{"categories":{"C0002":true,"c0004":false}}}}`, `{"consent":{"C0002":true,"c0004":false,"analytics":true,"marketing":false}}`}), register.AdvancedMethod(consent))
}

// The purposes that the code of this package names. The table of all purposes is in consent.blobl.
const (
	functional      = "functional"
	analytics       = "analytics"
	marketing       = "marketing" // its categories are the setting consent_categories
	personalization = "personalization"
	advertising     = "advertising"
)

// needConsent are the purposes that are refused if the visitor refuses everything. Essential
// processing needs no consent.
var needConsent = []string{functional, analytics, marketing, personalization, advertising}

// noOnly follows the name of a flag. A no of this flag counts, and a yes does not.
const noOnly = ":no"

// purpose is a purpose of data processing, with the categories and flags that mean this purpose.
type purpose struct {
	name              string
	categories, flags []string
}

// purposes is the table of purposes. Its names are in the form in which names are compared.
type purposes struct {
	all   []purpose
	names map[string]string // from the squashed name of a purpose to its name
	flags map[string]bool   // squashed names of flags
	known map[string]bool   // folded ids of categories
}

func consent(args *bloblang.ParsedParams) (bloblang.AdvancedMethod, error) {
	table, err := parsePurposes(args)
	if err != nil {
		return nil, err
	}
	query, err := args.GetQuery("marketing")
	if err != nil {
		return nil, err
	}
	return func(ctx *bloblang.ExecContext, fn *bloblang.ExecFunction) (any, error) {
		value, err := ctx.Exec(fn)
		if err != nil {
			return nil, err
		}
		event, err := asObject(value)
		if err != nil {
			return nil, err
		}
		given, optedOut, err := consentOf(event)
		if err != nil || given == nil && !optedOut {
			return nil, err
		}
		setting, err := ctx.Exec(query)
		if err != nil {
			return nil, err
		}
		said := &statement{table: table, marketing: foldedTexts(setting), optedOut: optedOut}
		if err := said.read(given, 0); err != nil {
			return nil, under("context.consent", err)
		}
		answers := said.answers()
		if len(answers) == 0 {
			return nil, nil
		}
		return answers, nil
	}, nil
}

// consentOf returns the consent of an event. optedOut is true if the context has Global Privacy
// Control beside the consent.
func consentOf(event map[string]any) (given any, optedOut bool, err error) {
	context, err := asObject(event["context"])
	if err != nil {
		return nil, false, under("context", err)
	}
	if given, err = consentForm(context); err != nil {
		return nil, false, under("context", err)
	}
	if given == nil || given == "" {
		given = event["consent"]
	}
	return given, controlOf(context), nil
}

func parsePurposes(args *bloblang.ParsedParams) (*purposes, error) {
	byName := map[string]*purpose{}
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
			if byName[name] == nil {
				byName[name] = &purpose{name: name}
			}
			if param == "flags" {
				byName[name].flags = ids
			} else {
				byName[name].categories = ids
			}
		}
	}
	table := &purposes{names: map[string]string{}, flags: map[string]bool{}, known: map[string]bool{}}
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		p := byName[name]
		table.names[text.Squash(name)] = name
		for i, id := range p.categories {
			p.categories[i] = fold(id)
			table.known[fold(id)] = true
		}
		for i, flag := range p.flags {
			flag, onlyNo := strings.CutSuffix(flag, noOnly)
			p.flags[i] = text.Squash(flag)
			table.flags[p.flags[i]] = true
			if onlyNo {
				p.flags[i] += noOnly
			}
		}
		table.all = append(table.all, *p)
	}
	for squashed := range table.names {
		delete(table.flags, squashed)
	}
	return table, nil
}

// fold returns a category's id in the form in which ids are compared.
func fold(id string) string { return strings.ToLower(strings.TrimSpace(id)) }

func foldedTexts(value any) (folded []string) {
	list, _ := value.([]any)
	for _, item := range list {
		if id, isText := item.(string); isText {
			folded = append(folded, fold(id))
		}
	}
	return folded
}

// answers has a yes or no for each purpose, category or flag. If an event says both, the no counts.
type answers map[string]bool

func (a *answers) set(name string, yes bool) {
	if *a == nil {
		*a = answers{}
	}
	if before, known := (*a)[name]; !known || before {
		(*a)[name] = yes
	}
}

// answers returns the answers for purposes, and those for categories and flags under the event's
// own names.
func (s *statement) answers() map[string]any {
	found := make(map[string]any, len(s.own)+len(s.table.all))
	for name, yes := range s.own {
		found[name] = yes
	}
	for i := range s.table.all {
		p := &s.table.all[i]
		if yes, known := s.about(p); known {
			found[p.name] = yes
		} else if yes, known := s.inferred(p); known {
			found[p.name] = yes
		}
	}
	if s.optedOut {
		s.refuseSale(found)
	}
	return found
}

// about returns the answer for a purpose that the statement gives under the purpose's name or in
// its categories.
func (s *statement) about(p *purpose) (yes, known bool) {
	if yes, known = s.canonical[p.name]; known {
		return yes, true
	}
	if yes, known = s.itself[p.name]; known {
		return yes, true
	}
	categories := p.categories
	if p.name == marketing {
		categories = s.marketing
	}
	for _, id := range categories {
		if answer, given := s.categories[id]; given {
			yes, known = yes || answer, true
		}
	}
	return yes, known
}

// inferred returns the answer for a purpose from its flags, from consent strings, from an answer to
// everything, or from a list of categories.
func (s *statement) inferred(p *purpose) (yes, known bool) {
	for _, flag := range p.flags {
		name, onlyNo := strings.CutSuffix(flag, noOnly)
		yes, known = s.flags[name]
		if i := s.table.index(name); i >= 0 {
			yes, known = s.about(&s.table.all[i])
		}
		if known && !(onlyNo && yes) {
			return yes, true
		}
	}
	if yes, known = s.strings[p.name]; known {
		return yes, true
	}
	if yes, known = s.google.about(p.name); known {
		return yes, true
	}
	if s.everything != nil && slices.Contains(needConsent, p.name) {
		return *s.everything, true
	}
	// A list of the active categories refuses the purposes that it does not name. Few lists have a
	// category for each purpose. So this holds only for the three purposes that all lists have.
	return false, s.listed && (p.name == functional || p.name == analytics || p.name == marketing)
}

// index returns the index of a purpose in the table by its squashed name, or -1.
func (t *purposes) index(squashed string) int {
	name, known := t.names[squashed]
	if !known {
		return -1
	}
	return slices.IndexFunc(t.all, func(p purpose) bool { return p.name == name })
}
