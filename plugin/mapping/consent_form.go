package mapping

import (
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/redpanda-data/benthos/v4/public/bloblang"

	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
	"github.com/benthos-liveperson/benthos-liveperson/internal/text"
)

func init() {
	bloblang.MustRegisterMethodV2("liveperson_consent_form", helperSpec(
		"Reads `consent` and `consentManagement` of a context and returns the canonical `consent`. Segment's `categoryPreferences` and RudderStack's `allowedConsentIds` and `deniedConsentIds` become `canonical` and `categories`. Any other consent is returned as it is. Returns null if the context has no consent.").
		Example("", `root.consent = this.context.liveperson_consent_form()`,
			[2]string{`{"context":{"consent":{"categoryPreferences":{"Marketing":true,"C0002":false}}}}`, `{"consent":{"canonical":{"marketing":true},"categories":{"C0002":false,"Marketing":true}}}`}),
		register.Method(func(*bloblang.ParsedParams) (bloblang.Method, error) {
			return func(value any) (any, error) {
				context, err := asObject(value)
				if err != nil {
					return nil, under("context", err)
				}
				form, err := consentForm(context)
				return form, under("context", err)
			}, nil
		}))
}

// canonicalPurposes are the purposes that a category's id may name. Advertising is not one of them.
// It is read as a flag, and counts for marketing if the event has no answer for marketing.
var canonicalPurposes = map[string]bool{"essential": true, functional: true, analytics: true, marketing: true, personalization: true}

// consentForm returns the consent of a context in canonical form.
func consentForm(context map[string]any) (any, error) {
	given := context["consent"]
	if written, isText := given.(string); isText {
		if parsed, isJSON := parseJSON(strings.TrimSpace(written)); isJSON {
			given = parsed
		}
	}
	var f foreignConsent
	var foreign []string
	object, isObject := given.(map[string]any)
	for name, value := range object {
		known, err := f.member(name, value)
		if err != nil {
			return nil, under("consent", err)
		}
		if known {
			foreign = append(foreign, name)
		}
	}
	lists := context["consentManagement"]
	if lists == nil {
		lists = context["consent_management"]
	}
	management, err := asObject(lists)
	if err == nil {
		err = f.lists(management)
	}
	if err != nil {
		return nil, under("consentManagement", err)
	}
	if !f.found && management == nil {
		return given, nil
	}
	rest := map[string]any{}
	maps.Copy(rest, object)
	for _, name := range foreign {
		delete(rest, name)
	}
	if !isObject && isFilled(given) {
		rest["consent"] = given
	}
	return f.beside(rest)
}

func isFilled(value any) bool {
	list, isList := value.([]any)
	return value != nil && value != "" && !(isList && len(list) == 0)
}

// foreignConsent collects the answers of a consent platform to its categories.
type foreignConsent struct {
	found, denied bool    // denied: the visitor refused everything that needs consent
	ids           answers // by the ids as the event has them
}

// member reads a member of a consent. known is true if the member is one of a consent platform's.
func (f *foreignConsent) member(name string, value any) (known bool, err error) {
	var buffer [64]byte
	switch string(text.AppendSquashed(buffer[:0], name)) {
	case "categorypreferences", "categorypreference":
		return true, under(name, f.preferences(value))
	case "allowedconsentids":
		return true, f.list(name, value, true)
	case "deniedconsentids":
		return true, f.list(name, value, false)
	case "consentmanagement":
		management, err := asObject(value)
		if err == nil {
			err = f.lists(management)
		}
		return true, under(name, err)
	}
	return false, nil
}

// preferences reads Segment's object of categories. An empty object refuses everything.
func (f *foreignConsent) preferences(value any) error {
	if value == nil || value == "" {
		return nil
	}
	object, err := asObject(value)
	if err != nil {
		return err
	}
	f.found = true
	f.denied = f.denied || len(object) == 0
	for id, value := range object {
		if value != nil && value != "" && !isNotAsked(value) {
			answer, _ := asAnswer(value)
			f.ids.set(id, answer == true)
		}
	}
	return nil
}

// lists reads RudderStack's lists.
func (f *foreignConsent) lists(management map[string]any) error {
	for name, value := range management {
		if _, err := f.member(name, value); err != nil {
			return err
		}
	}
	return nil
}

// list reads a list of ids. If value is an object, the ids are its keys.
func (f *foreignConsent) list(name string, value any, yes bool) error {
	if written, isText := value.(string); isText {
		if parsed, isJSON := parseJSON(strings.TrimSpace(written)); isJSON {
			value = parsed
		}
	}
	f.found = f.found || isFilled(value)
	switch v := value.(type) {
	case map[string]any:
		for id, value := range v {
			// PHP writes a list with gaps as an object with numbers as keys. Then the ids are the values.
			// Then the ids are the values.
			if _, number := asInteger(id); number == nil {
				id, _ = value.(string)
			} else if isNo(value) && !yes { // not denied, which is not the same as allowed
				continue
			}
			f.ids.set(id, yes && isFilled(value) && !isNo(value))
		}
	case []any:
		ids, err := texts(v)
		if err != nil {
			return under(name, errors.New("expected a list of text"))
		}
		for _, id := range ids {
			f.ids.set(id, yes)
		}
	default:
		if isFilled(value) {
			return under(name, fmt.Errorf("expected an array, got %s", typeName(value)))
		}
	}
	return nil
}

// isNo returns whether the value of an id says that the id is not in the list. Other values are names.
func isNo(value any) bool {
	said, _ := text.Of(value)
	switch strings.ToLower(strings.TrimSpace(said)) {
	case "false", "no", "denied", "0":
		return true
	}
	return value == false
}

// beside returns the canonical form together with the other members of a consent. The other members
// win.
func (f *foreignConsent) beside(rest map[string]any) (map[string]any, error) {
	var named answers
	if f.denied {
		for _, purpose := range needConsent {
			named.set(purpose, false)
		}
	}
	categories := make(map[string]any, len(f.ids))
	for id, yes := range f.ids {
		categories[id] = yes
		if purpose := fold(id); canonicalPurposes[purpose] || purpose == advertising {
			named.set(purpose, yes)
		}
	}
	canonical := map[string]any{}
	for purpose, yes := range named {
		if canonicalPurposes[purpose] {
			canonical[purpose] = yes
		} else if rest[purpose] == nil {
			rest[purpose] = yes
		}
	}
	for name, ours := range map[string]map[string]any{"canonical": canonical, "categories": categories} {
		theirs, err := asObject(rest[name])
		if err != nil {
			return nil, under("consent."+name, err)
		}
		maps.Copy(ours, theirs)
		if name == "canonical" || len(ours) > 0 || !f.denied {
			rest[name] = ours
		}
	}
	return rest, nil
}
