package mapping

import (
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/redpanda-data/benthos/v4/public/bloblang"

	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
	"github.com/benthos-liveperson/benthos-liveperson/internal/text"
)

// methodAttributes is the name of the method that finds ids among a shop's own attributes of carts
// and orders.
const methodAttributes = "liveperson_attributes"

// defaultVisitorAttributes are the names under which shops and other tools store the visitor's
// id.
var defaultVisitorAttributes = []any{"anonymous_id", "visitor_id", "client_id", "rudderAnonymousId", "ajs_anonymous_id"}

func init() {
	bloblang.MustRegisterMethodV2(methodAttributes, attributesSpec(), register.Method(attributesWith(readers, nil)))
}

func attributesSpec() *bloblang.PluginSpec {
	return helperSpec(
		"Finds ids among a shop's own attributes. Call the method on a list of pairs, such as `[{\"name\": \"visitor_id\", \"value\": \"v1\"}]`, on an object, or on null. The name of a pair may also be its `key` or its `attribute_code`. Case and punctuation make no difference in names. The method skips the placeholders that `liveperson_id` skips, and over values that are not text or numbers. The result has only what was found. It is null if nothing was found.").
		Param(bloblang.NewAnyParam("names").Description("An object. Each member has the names of the attributes that may have its id, in order, or the name of a setting that has them.")).
		Example("", `root = this.note_attributes.liveperson_attributes({"visitor": ["anonymous_id", "visitor_id"], "source": ["utm_source"]})`,
			[2]string{`{"note_attributes":[{"name":"Visitor ID","value":"v1"},{"name":"UTM Source","value":"mail"}]}`, `{"source":"mail","visitor":"v1"}`})
}

// wanted is an id to look for, and the names that it may have.
type wanted struct {
	member string
	names  []string // as text.Squash returns them
}

// rank returns the position of an attribute among the names, or -1 if it is none of them.
func (w *wanted) rank(attribute string) int {
	return slices.Index(w.names, attribute)
}

// attributesWith returns the method with the readers and the settings that it uses.
func attributesWith(readers map[string]reader, settings map[string]any) bloblang.MethodConstructorV2 {
	readID := readers["id"].read
	return func(args *bloblang.ParsedParams) (bloblang.Method, error) {
		literal, err := args.Get("names")
		if err != nil {
			return nil, err
		}
		ids, err := parseWanted(literal, settings)
		if err != nil {
			return nil, fmt.Errorf("names: %w", err)
		}
		letters := firstLettersOf(ids)
		return func(value any) (any, error) {
			found := map[string]any{}
			ranks := map[string]int{}
			eachAttribute(value, &letters, func(name string, value any) {
				id, err := readID(value)
				if err != nil || id == nil || id == "" {
					return
				}
				squashed := text.Squash(name)
				for i := range ids {
					rank, known := ids[i].rank(squashed), ids[i].member
					if before, taken := ranks[known]; rank >= 0 && (!taken || rank < before) {
						ranks[known], found[known] = rank, id
					}
				}
			})
			if len(found) == 0 {
				return nil, nil
			}
			return found, nil
		}, nil
	}
}

func parseWanted(literal any, settings map[string]any) ([]wanted, error) {
	object, ok := literal.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("expected an object, got %s", typeName(literal))
	}
	ids := make([]wanted, 0, len(object))
	for _, member := range slices.Sorted(maps.Keys(object)) {
		list := object[member]
		if setting, isText := list.(string); isText {
			if list = settings[setting]; list == nil && setting == lfFieldVisitorAttributes {
				list = defaultVisitorAttributes
			}
		}
		names, err := texts(list)
		if err != nil {
			return nil, under(member, err)
		}
		w := wanted{member: member}
		for _, name := range names {
			w.names = append(w.names, text.Squash(name))
		}
		ids = append(ids, w)
	}
	return ids, nil
}

// firstLetters has the first letters or digits of the wanted names, in lower case. An object may
// have a hundred members, and the first letter rules most of them out.
type firstLetters [utf8.RuneSelf]bool

func firstLettersOf(ids []wanted) (letters firstLetters) {
	for i := range ids {
		for _, name := range ids[i].names {
			if name != "" && name[0] < utf8.RuneSelf {
				letters[name[0]] = true
			}
		}
	}
	return letters
}

// has tells whether a member may have one of the names.
func (letters *firstLetters) has(member string) bool {
	for i := range len(member) {
		switch letter := member[i]; {
		case letter >= utf8.RuneSelf:
			return true
		case 'A' <= letter && letter <= 'Z':
			return letters[letter-'A'+'a']
		case 'a' <= letter && letter <= 'z' || '0' <= letter && letter <= '9':
			return letters[letter]
		}
	}
	return false
}

// eachAttribute calls do for each attribute of a list of pairs or of an object that may have one of
// the names. The values of an object may also be pairs, because PHP writes a list with gaps as an
// object with numbers as keys.
func eachAttribute(value any, letters *firstLetters, do func(name string, value any)) {
	switch v := value.(type) {
	case map[string]any:
		var names []string
		for name, member := range v {
			if _, isObject := member.(map[string]any); isObject || letters.has(name) {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		for _, name := range names {
			if !doPair(v[name], do) {
				do(name, v[name])
			}
		}
	case []any:
		for _, item := range v {
			doPair(item, do)
		}
	}
}

// doPair calls do if the value is a pair of a name and a value.
func doPair(value any, do func(name string, value any)) bool {
	pair, _ := value.(map[string]any)
	for _, member := range [...]string{"name", "key", "attribute_code"} {
		if name, isText := pair[member].(string); isText {
			do(name, pair["value"])
			return true
		}
	}
	return false
}
