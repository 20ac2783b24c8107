package sde

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Finding is one thing that is wrong with a report.
type Finding struct {
	// Path is the path of the value, such as engagementAttributes[0].products[2].product.price.
	Path string
	// Code is one of the Codes.
	Code string
	// Message says what was expected. It repeats amounts of money and numbers of things, and
	// never a value that may be personal.
	Message string
	// Fix says what to do about it.
	Fix string
}

func (f Finding) String() string { return f.Path + ": " + f.Message + "; " + f.Fix }

// CodePersonalID is the code of the findings that Options.AllowPersonalIDs turns off.
const CodePersonalID = "personal_id"

const (
	codeRequired      = "required"
	codeType          = "type"
	codeEnum          = "enum"
	codePattern       = "pattern"
	codeRange         = "range"
	codeDate          = "date"
	codeControl       = "control"
	codePlaceholder   = "placeholder_id"
	codeUnknownType   = "unknown_type"
	codeUnknownMember = "unknown_member"
)

// Codes are the codes of findings with their meanings.
var Codes = map[string]string{
	codeRequired:      "a member is missing, or null or empty",
	codeType:          "a value is of another JSON type",
	codeEnum:          "text is none of the values that LivePerson lists",
	codePattern:       "text is not written as LivePerson wants it",
	codeRange:         "a number is too small, too large, or not finite",
	codeDate:          "a day does not exist",
	codeControl:       "text or a name has control characters",
	CodePersonalID:    "an e-mail address or phone number stands as a consumer's id",
	codePlaceholder:   "a placeholder such as undefined stands as a consumer's id",
	codeUnknownType:   "LivePerson has no engagement attribute of this type",
	codeUnknownMember: "a member is not LivePerson's, and looks like a misspelt one that is",
}

// step is a member, or an item of a list, on the way to a value.
type step struct {
	name  string
	index int // noIndex for a member
}

const noIndex = -1

// find records a finding about the present value.
func (c *checker) find(code, message, fix string) {
	c.findings = append(c.findings, Finding{Path: c.here(), Code: code, Message: message, Fix: fix})
}

func (c *checker) here() string {
	if len(c.path) == 0 {
		return "report"
	}
	var path strings.Builder
	for i, s := range c.path {
		if i == maxSteps {
			path.WriteString("…")
			break
		}
		switch {
		case s.index != noIndex:
			path.WriteString("[" + strconv.Itoa(s.index) + "]")
		case i > 0:
			path.WriteString("." + nameOnly(s.name))
		default:
			path.WriteString(nameOnly(s.name))
		}
	}
	return path.String()
}

// maxSteps is the longest path that errors show. It is more than twice as deep as LivePerson's
// own objects.
const maxSteps = 32

// maxName is the longest name of a member that errors show, in bytes.
const maxName = 40

// nameOnly replaces names that do not look like names of members. An object whose names are data
// would otherwise show them in errors.
func nameOnly(name string) string {
	if len(name) > maxName || strings.ContainsFunc(name, func(r rune) bool { return !isNameRune(r) }) {
		return "?"
	}
	return name
}

func isNameRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-' || r == '$'
}

// such returns an example for a fix.
func (s *schema) such() string {
	if s.example == "" || len(s.example) > maxName {
		return ""
	}
	return ", such as " + s.example
}

// comparePaths orders items of a list by their numbers.
func comparePaths(a, b string) int {
	for a != "" && b != "" {
		if n, m := leadingDigits(a), leadingDigits(b); n > 0 && m > 0 {
			if d := cmp.Or(cmp.Compare(n, m), cmp.Compare(a[:n], b[:m])); d != 0 {
				return d
			}
			a, b = a[n:], b[m:]
			continue
		}
		if a[0] != b[0] {
			return cmp.Compare(a[0], b[0])
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}

func leadingDigits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

// maxDescribed is the most findings that Describe returns.
const maxDescribed = 10

// Describe returns findings in one line: the first ten, and the number of the others.
func Describe(findings []Finding) string {
	texts := make([]string, 0, maxDescribed+1)
	for i, finding := range findings {
		if i == maxDescribed {
			texts = append(texts, fmt.Sprintf("and %d more", len(findings)-i))
			break
		}
		texts = append(texts, finding.String())
	}
	return strings.Join(texts, " | ")
}
