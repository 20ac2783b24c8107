package events

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/internal/text"
)

// Kinds returns the types of the events that the preset reports, and Ignored, in order. Users give
// names of their own to them.
func (p *Preset) Kinds() []string {
	kinds := []string{Ignored}
	for _, event := range p.Events {
		if event.Reports != "" {
			kinds = append(kinds, event.Type)
		}
	}
	slices.Sort(kinds)
	return kinds
}

// OwnType returns the type of an event by a user's own names, each with its kind. It returns nil
// for a name that is not among them, and an error for an unknown kind.
func (p *Preset) OwnType(own map[string]any, name string) (any, error) {
	if len(own) == 0 {
		return nil, nil
	}
	squashed := text.Squash(name)
	for given, kind := range own {
		if text.Squash(given) == squashed {
			return p.kind(given, kind)
		}
	}
	return nil, nil
}

// WrongNames returns what is wrong with a user's own names.
func (p *Preset) WrongNames(own map[string]any) (problems []string) {
	names := map[string]string{} // by squashed name
	for _, name := range slices.Sorted(maps.Keys(own)) {
		squashed := text.Squash(name)
		if squashed == "" {
			problems = append(problems, fmt.Sprintf("%q: expected the name of an event", name))
		}
		if other, twice := names[squashed]; twice {
			problems = append(problems, fmt.Sprintf("%q and %q are one name, because case, spaces and punctuation make no difference: remove one", other, name))
		}
		names[squashed] = name
		if _, err := p.kind(name, own[name]); err != nil {
			problems = append(problems, err.Error())
		}
	}
	return problems
}

// kind returns the kind that a user has written. In kinds, too, case, spaces and punctuation make
// no difference.
func (p *Preset) kind(name string, written any) (any, error) {
	kind, _ := written.(string)
	kinds := p.Kinds()
	for _, known := range kinds {
		if text.Squash(known) == text.Squash(kind) {
			return known, nil
		}
	}
	expected := "expected one of " + strings.Join(kinds, ", ")
	meant, _ := p.Type(kind).(string) // such as purchase, a name of order_completed
	if meant == "" || !slices.Contains(kinds, meant) {
		meant = text.Nearest(kind, kinds)
	}
	if meant != "" {
		expected = fmt.Sprintf("did you mean %s? %s", meant, strings.ToUpper(expected[:1])+expected[1:])
	}
	return nil, fmt.Errorf("%q: %q is not a kind of event: %s", name, kind, expected)
}
