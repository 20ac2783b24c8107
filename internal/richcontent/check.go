// Package richcontent checks structured content, such as cards and quick replies, by the rules of
// the JSON Schema that LivePerson publishes with its renderer (LivePersonInc/json-pollock 1.7.7),
// and by LivePerson's page about quick replies.
//
// Like that schema, the package refuses unknown members and does not check metadata. Unlike it,
// the package requires a type wherever the schema has one, because an element without a type may
// fit two kinds.
//
// Errors name the place, and never repeat a value.
package richcontent

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// rule checks a value. at is the value's place.
type rule func(at string, value any) error

// Check checks the content of a RichContentEvent.
func Check(at string, content any) error { return rootElement(at, content) }

// CheckQuickReplies checks quick replies.
func CheckQuickReplies(at string, replies any) error { return quickReplies(at, replies) }

// text returns a rule for a text of at most so many characters.
func text(most int) rule {
	return func(at string, value any) error {
		s, is := value.(string)
		switch {
		case !is:
			return fmt.Errorf("%s: expected a text", at)
		case utf8.RuneCountInString(s) > most:
			return fmt.Errorf("%s: has more than %d characters", at, most)
		}
		return nil
	}
}

func oneOf(options ...string) rule {
	return func(at string, value any) error {
		if s, is := value.(string); !is || !slices.Contains(options, s) {
			return fmt.Errorf("%s: expected %s", at, strings.Join(options, ", "))
		}
		return nil
	}
}

func boolean(at string, value any) error {
	if _, is := value.(bool); !is {
		return fmt.Errorf("%s: expected true or false", at)
	}
	return nil
}

func number(at string, value any) error { return between(-math.MaxFloat64, math.MaxFloat64)(at, value) }

func between(least, most float64) rule {
	return func(at string, value any) error {
		n, is := toFloat(value)
		switch {
		case !is:
			return fmt.Errorf("%s: expected a number", at)
		case n < least || n > most:
			return fmt.Errorf("%s: expected a number from %g to %g", at, least, most)
		}
		return nil
	}
}

func integer(at string, value any) error {
	if n, is := toFloat(value); !is || n != math.Trunc(n) {
		return fmt.Errorf("%s: expected a whole number", at)
	}
	return nil
}

func wholeBetween(least, most float64) rule {
	return func(at string, value any) error {
		if err := integer(at, value); err != nil {
			return err
		}
		return between(least, most)(at, value)
	}
}

func toFloat(value any) (float64, bool) {
	switch n := value.(type) {
	case json.Number:
		f, err := n.Float64()
		return f, err == nil
	case float64:
		return n, true
	case int64:
		return float64(n), true
	case int:
		return float64(n), true
	}
	return 0, false
}

// anyList is the rule of metadata, which the schema does not check.
func anyList(at string, value any) error {
	if _, is := value.([]any); !is {
		return fmt.Errorf("%s: expected a list", at)
	}
	return nil
}

func list(least, most int, item rule) rule {
	return func(at string, value any) error {
		items, is := value.([]any)
		switch {
		case !is:
			return fmt.Errorf("%s: expected a list", at)
		case len(items) < least || len(items) > most:
			return fmt.Errorf("%s: expected from %d to %d, but there are %d", at, least, most, len(items))
		}
		for i, value := range items {
			if err := item(fmt.Sprintf("%s[%d]", at, i), value); err != nil {
				return err
			}
		}
		return nil
	}
}

// tuple returns a rule for a list with one item for each rule, of which the last ones may be
// absent.
func tuple(least int, rules ...rule) rule {
	return func(at string, value any) error {
		if err := list(least, len(rules), func(string, any) error { return nil })(at, value); err != nil {
			return err
		}
		for i, item := range value.([]any) {
			if err := rules[i](fmt.Sprintf("%s[%d]", at, i), item); err != nil {
				return err
			}
		}
		return nil
	}
}

// object returns a rule for an object with only these members. The required ones are in a text,
// separated by spaces.
func object(required string, members map[string]rule) rule {
	return func(at string, value any) error {
		m, is := value.(map[string]any)
		if !is {
			return fmt.Errorf("%s: expected an object", at)
		}
		for name := range strings.FieldsSeq(required) {
			if _, has := m[name]; !has {
				return fmt.Errorf("%s.%s: is missing", at, name)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(m)) {
			check, known := members[name]
			if !known {
				return fmt.Errorf("%s: has an unknown member: expected only %s", at, strings.Join(slices.Sorted(maps.Keys(members)), ", "))
			}
			if err := check(at+"."+name, m[name]); err != nil {
				return err
			}
		}
		return nil
	}
}

// byType returns a rule for an object whose member type names its own rule.
func byType(kinds func() map[string]rule) rule {
	return func(at string, value any) error {
		m, is := value.(map[string]any)
		if !is {
			return fmt.Errorf("%s: expected an object", at)
		}
		kind, _ := m["type"].(string)
		check, known := kinds()[kind]
		if !known {
			return fmt.Errorf("%s.type: expected %s", at, strings.Join(slices.Sorted(maps.Keys(kinds())), ", "))
		}
		return check(at, value)
	}
}

// ofType returns a rule for an object of one type.
func ofType(kind, required string, members ...map[string]rule) rule {
	all := map[string]rule{"type": oneOf(kind)}
	for _, some := range members {
		maps.Copy(all, some)
	}
	return object("type "+required, all)
}
