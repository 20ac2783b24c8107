// Package storage decides which accepted engagement attributes LivePerson stores. An answer 200 does not mean that an
// attribute was stored.
package storage

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/jsonbody"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/strictyaml"
)

// The name sets. Two attributes have two names each.
const (
	NamesBoth       = "both"
	NamesLivePerson = "liveperson" // cart and searchInfo
	NamesSignal     = "signal"     // cartStatus and searchContent
	NamesNone       = "none"
)

// What happens to an attribute that differs from LivePerson's tables.
const (
	InvalidKeep          = "keep"
	InvalidDropMember    = "drop_member"
	InvalidDropAttribute = "drop_attribute"
)

// DefaultHistoryDelay is the longest delay of Messaging Interactions (Messaging Interactions API, overview).
const DefaultHistoryDelay = time.Minute

// maxDelay is the longest delay, because a conversation is kept for 13 months at most.
const maxDelay = 400 * 24 * time.Hour

// maxText is the longest text of an attribute, in characters (Messaging Interactions API, engagement attributes).
const maxText = 50_000

// Rules say which data the account stores, and when it shows them. The tags doc describe the fields. They are also in the
// OpenAPI document.
type Rules struct {
	Names           string               `yaml:"names" json:"names" enum:"both,liveperson,signal,none" doc:"The names of the cart and of searches that the account stores: cart and searchInfo (liveperson), cartStatus and searchContent (signal), both, or none. It drops the others. Absent: both."`
	Invalid         string               `yaml:"invalid" json:"invalid" enum:"keep,drop_member,drop_attribute" doc:"What happens to an attribute with an unknown type, a wrong member, or a text of more than 50,000 characters. drop_member drops the wrong member alone, unless a member is missing. Absent: keep."`
	Delay           strictyaml.Duration  `yaml:"delay" json:"delay" doc:"How long after the answer a visit shows an attribute, by the clock of the sandbox. Absent: 0s."`
	HistoryDelay    *strictyaml.Duration `yaml:"history_delay" json:"history_delay" doc:"How late Messaging Interactions are, by the clock of the sandbox. Absent: 1m."`
	Unauthenticated *bool                `yaml:"unauthenticated" json:"unauthenticated" doc:"Whether Messaging Interactions have the attributes of consumers who did not log in (unAuthSdes). Absent: true."`
}

// WithDefaults returns the rules with the defaults for absent fields.
func (r Rules) WithDefaults() Rules {
	if r.Names == "" {
		r.Names = NamesBoth
	}
	if r.Invalid == "" {
		r.Invalid = InvalidKeep
	}
	if r.HistoryDelay == nil {
		minute := strictyaml.Duration(DefaultHistoryDelay)
		r.HistoryDelay = &minute
	}
	if r.Unauthenticated == nil {
		yes := true
		r.Unauthenticated = &yes
	}
	return r
}

// Parse reads rules from YAML or JSON. Errors name the member.
func Parse(text []byte) (Rules, error) {
	var read Rules
	if err := strictyaml.Decode(text, &read); err != nil {
		return Rules{}, err
	}
	read = read.WithDefaults()
	return read, read.check()
}

func (r Rules) check() error {
	names := []string{NamesBoth, NamesLivePerson, NamesSignal, NamesNone}
	invalid := []string{InvalidKeep, InvalidDropMember, InvalidDropAttribute}
	switch {
	case !slices.Contains(names, r.Names):
		return fmt.Errorf("names: must be one of %s", strings.Join(names, ", "))
	case !slices.Contains(invalid, r.Invalid):
		return fmt.Errorf("invalid: must be one of %s", strings.Join(invalid, ", "))
	case time.Duration(r.Delay) > maxDelay || time.Duration(*r.HistoryDelay) > maxDelay:
		return fmt.Errorf("delay and history_delay: must be %s at most", maxDelay)
	}
	return nil
}

// Vanish names an attribute that a chaos rule removes after the account has accepted it. If Type is
// empty, nothing is removed.
type Vanish struct {
	// Type is a type of engagement attribute, or All.
	Type string
	// Member is the path of the removed member, such as products.0.product.name. Empty: the whole attribute is
	// removed.
	Member string
}

// All stands for every type.
const All = "all"

// Dropped returns the parts of an attribute that the account drops. path is the attribute's path in
// the body.
func (r Rules) Dropped(path, kind string, attribute map[string]any, vanish Vanish) []journal.Dropped {
	writeName, isReadName := sde.WriteName(kind)
	hasTwoNames := isReadName || kind == sde.Cart || kind == sde.Search
	switch {
	case vanish.Type != "" && (vanish.Type == All || vanish.Type == kind || vanish.Type == writeName):
		if vanish.Member != "" {
			path += "." + bracketed(vanish.Member)
		}
		return []journal.Dropped{{Path: path, Reason: "a chaos rule let it vanish"}}
	case hasTwoNames && (r.Names == NamesNone || r.Names == NamesLivePerson && isReadName || r.Names == NamesSignal && !isReadName):
		return []journal.Dropped{{Path: path, Reason: "the account does not store the name " + kind}}
	case r.Invalid == InvalidKeep:
		return nil
	}
	return r.invalid(path, kind, attribute)
}

// invalid returns the parts that are dropped because LivePerson's tables do not have them.
func (r Rules) invalid(path, kind string, attribute map[string]any) (dropped []journal.Dropped) {
	if !sde.Known(kind) {
		return []journal.Dropped{{Path: path, Reason: "LivePerson documents no such type"}}
	}
	first := jsonbody.Attributes + "[0]"
	checked := map[string]any{jsonbody.Attributes: []any{withWriteName(kind, attribute)}}
	var wrong []journal.Dropped
	for _, f := range sde.Check(checked, sde.Options{AllowPersonalIDs: true}).Findings {
		rest, inside := strings.CutPrefix(f.Path, first)
		if !inside {
			continue
		}
		if f.Code == codeRequired || rest == "" {
			return []journal.Dropped{{Path: path, Reason: strings.TrimPrefix(rest, ".") + ": " + f.Message}}
		}
		wrong = append(wrong, journal.Dropped{Path: path + rest, Reason: f.Message})
	}
	wrong = append(wrong, tooLong(path, attribute)...)
	if r.Invalid == InvalidDropAttribute && len(wrong) > 0 {
		return []journal.Dropped{{Path: path, Reason: strings.TrimPrefix(wrong[0].Path, path+".") + ": " + wrong[0].Reason}}
	}
	return wrong
}

// codeRequired is the code of a finding about a missing member.
const codeRequired = "required"

// withWriteName returns the attribute with the type's name for writing, because package sde knows types by that
// name.
func withWriteName(kind string, attribute map[string]any) map[string]any {
	name, isReadName := sde.WriteName(kind)
	if !isReadName {
		return attribute
	}
	renamed := map[string]any{}
	for member, value := range attribute {
		renamed[member] = value
	}
	renamed["type"] = name
	return renamed
}

// tooLong returns the texts of a value that are too long.
func tooLong(path string, value any) (found []journal.Dropped) {
	switch v := value.(type) {
	case string:
		if utf8.RuneCountInString(v) > maxText {
			return []journal.Dropped{{Path: path, Reason: fmt.Sprintf("the text has more than %d characters", maxText)}}
		}
	case []any:
		for i, item := range v {
			found = append(found, tooLong(path+"["+strconv.Itoa(i)+"]", item)...)
		}
	case map[string]any:
		for _, name := range sortedNames(v) {
			found = append(found, tooLong(path+"."+name, v[name])...)
		}
	}
	return found
}

func sortedNames(object map[string]any) []string {
	names := make([]string, 0, len(object))
	for name := range object {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// bracketed writes products.0.name as products[0].name.
func bracketed(member string) string {
	var path strings.Builder
	for i, step := range strings.Split(member, ".") {
		if _, err := strconv.Atoi(step); err == nil {
			path.WriteString("[" + step + "]")
			continue
		}
		if i > 0 {
			path.WriteString(".")
		}
		path.WriteString(step)
	}
	return path.String()
}
