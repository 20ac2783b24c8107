package sde

import (
	"cmp"
	"slices"
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/internal/contact"
	"github.com/benthos-liveperson/benthos-liveperson/internal/text"
)

// Options of Check.
type Options struct {
	// AllowPersonalIDs accepts an e-mail address or phone number as a consumer's id.
	AllowPersonalIDs bool
}

// Result of Check.
type Result struct {
	// Findings say what is wrong, in the order of their paths. Empty: the report is as
	// LivePerson's pages document it.
	Findings []Finding
	// Empties says that the report has null or empty members. Clean removes them.
	Empties bool
}

// Check checks a report, decoded from JSON, against the schemas. Null and empty members count as
// absent. Members that LivePerson does not document are accepted, as LivePerson asks, unless
// their names look like misspelt ones.
//
// Check does not change the report.
func Check(report any, o Options) Result {
	c := checker{options: o, path: make([]step, 0, usualDepth)}
	if empty := c.check(reportSchema(), report); empty {
		if _, isObject := report.(map[string]any); !isObject {
			c.find(codeType, "expected an object", "write a report, a JSON object")
		} else {
			c.missing(reportSchema(), 0)
		}
	}
	slices.SortFunc(c.findings, func(a, b Finding) int {
		return cmp.Or(comparePaths(a.Path, b.Path), strings.Compare(a.Code, b.Code), strings.Compare(a.Message, b.Message), strings.Compare(a.Fix, b.Fix))
	})
	return Result{Findings: c.findings, Empties: c.empties}
}

// usualDepth is how deep LivePerson's own objects are nested.
const usualDepth = 12

// checker walks a value and its schema once.
type checker struct {
	options  Options
	path     []step
	findings []Finding
	empties  bool
	// aboutPerson says that the attribute is about a person. Findings then show none of its
	// values, not even numbers.
	aboutPerson bool
	// impersonal is the last id that was found to be neither an e-mail address nor a phone number.
	impersonal string
}

// check tells whether the value is null or empty, and records its findings.
func (c *checker) check(s *schema, value any) (empty bool) {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		if v == "" {
			return true
		}
		c.text(s, v)
	case bool:
		c.kind(s, kindBool, value)
	case []any:
		return c.list(s, v)
	case map[string]any:
		return c.object(s, v)
	default:
		c.number(s, value)
	}
	return false
}

// kind tells whether the schema allows a type, and records a finding if not.
func (c *checker) kind(s *schema, k kinds, value any) bool {
	if s.types == 0 || s.types&k != 0 {
		return true
	}
	c.wrongType(s, value)
	return false
}

func (c *checker) list(s *schema, list []any) (empty bool) {
	if len(list) == 0 {
		return !c.isListOfReport(s)
	}
	if !c.kind(s, kindArray, list) {
		return false
	}
	empty = true
	for i, item := range list {
		c.path = append(c.path, step{index: i})
		if c.check(s.itemSchema(), item) {
			c.empties = true
		} else {
			empty = false
		}
		c.path = c.path[:len(c.path)-1]
	}
	return empty && !c.isListOfReport(s)
}

// isListOfReport tells whether the schema is the schema of one of the report's own lists. Such a
// list may be empty.
func (c *checker) isListOfReport(s *schema) bool {
	return len(c.path) == 1 && s.types == kindArray
}

func (c *checker) object(s *schema, object map[string]any) (empty bool) {
	if len(object) == 0 {
		return true
	}
	if !c.kind(s, kindObject, object) {
		return false
	}
	if s.variants != nil {
		if s = c.variant(s, object); s == nil {
			return false
		}
	}
	empty = true
	var there uint64
	for name, value := range object {
		c.path = append(c.path, step{name: name, index: noIndex})
		member := s.properties[name]
		var isEmpty bool
		if member != nil {
			isEmpty = c.check(member.schema, value)
		} else if isEmpty = c.check(anything, value); !isEmpty {
			c.unknownMember(s, name)
		}
		c.path = c.path[:len(c.path)-1]
		if isEmpty {
			c.empties = true
			continue
		}
		empty = false
		if member != nil {
			there |= member.bit
		}
	}
	if !empty {
		c.missing(s, there)
		c.format(s, object)
	}
	return empty
}

// variant returns the schema for the object's type, or nil for an unknown type.
func (c *checker) variant(s *schema, object map[string]any) *schema {
	name, _ := object["type"].(string)
	if found := s.variants[name]; found != nil {
		c.aboutPerson = name == CustomerInfo || name == PersonalInfo
		return found
	}
	c.path = append(c.path, step{name: "type", index: noIndex})
	defer func() { c.path = c.path[:len(c.path)-1] }()
	switch object["type"].(type) {
	case nil:
		c.find(codeRequired, "missing", "add the type, such as \"cart\"")
	case string:
		c.unknownType(name)
	default:
		c.find(codeType, "expected text", "write the type, such as \"cart\"")
	}
	return nil
}

func (c *checker) missing(s *schema, there uint64) {
	absent := s.required &^ there
	if absent == 0 {
		return
	}
	for _, name := range s.names {
		member := s.properties[name]
		if absent&member.bit == 0 {
			continue
		}
		c.path = append(c.path, step{name: name, index: noIndex})
		c.find(codeRequired, "missing", "add it"+member.such())
		c.path = c.path[:len(c.path)-1]
	}
}

func (c *checker) text(s *schema, value string) {
	switch {
	case !c.kind(s, kindText, value):
	case s.enum != nil && !slices.Contains(s.enum, value):
		fix := "write one of " + strings.Join(s.enum, ", ")
		if i := slices.IndexFunc(s.enum, func(name string) bool { return strings.EqualFold(name, value) }); i >= 0 {
			fix = "write " + s.enum[i]
		}
		c.find(codeEnum, "expected one of LivePerson's values", fix)
	case s.pattern != nil && !s.pattern.MatchString(value):
		c.find(codePattern, "expected "+s.expects, "write it like "+s.example)
	case s.format == formatImpersonalID && text.IsPlaceholder(value):
		c.find(codePlaceholder, "a placeholder such as undefined or (not set) is no id: all such consumers would be one", "leave the member out, or send the consumer's id")
	case s.format == formatImpersonalID && !c.options.AllowPersonalIDs && c.isPersonal(value):
		c.find(CodePersonalID, "an e-mail address or phone number is no id", "send an id that can't be guessed, or allow it")
	default:
		if hasControl(value) {
			c.find(codeControl, "has control characters", "take them out")
		}
	}
}

// isPersonal tells whether an id is an e-mail address or a phone number. A report mostly has one id
// twice, as consumerId and as a sub.
func (c *checker) isPersonal(id string) bool {
	if id != c.impersonal {
		if contact.In(id, contact.ID) {
			return true
		}
		c.impersonal = id
	}
	return false
}

// anything is the schema of members that LivePerson does not document.
var anything = newSchema()

func (s *schema) itemSchema() *schema {
	if s.items == nil {
		return anything
	}
	return s.items
}
