package settings

import (
	"fmt"
	"regexp"
	"strings"
)

const purposeBlank = "is empty or has blanks around it, expected a purpose such as marketing"

// purposes are the names of purposes that the presets write. The categories of a consent platform
// may have any other name.
var purposes = []string{"essential", "functional", "analytics", "marketing", "personalization", "advertising"}

// misspelt has a pattern for each purpose. The pattern matches names with one letter
// missing, added, changed, or swapped with the next letter.
var misspelt = func() map[string]string {
	patterns := map[string]string{}
	for _, purpose := range purposes {
		var forms []string
		for i := range len(purpose) + 1 {
			before, behind := purpose[:i], purpose[i:]
			forms = append(forms, before+"[^0-9]"+behind)
			if behind == "" {
				continue
			}
			forms = append(forms, before+"[^0-9]?"+behind[1:])
			if len(behind) > 1 {
				forms = append(forms, before+behind[1:2]+behind[:1]+behind[2:])
			}
		}
		patterns[purpose] = "(?i)^(" + strings.Join(forms, "|") + ")$"
	}
	return patterns
}()

// meantPurpose returns the purpose that a misspelt name probably means, or "" if the name is no
// misspelling.
func meantPurpose(name string) string {
	for _, purpose := range purposes {
		if strings.EqualFold(purpose, name) {
			return ""
		}
	}
	for _, purpose := range purposes {
		if regexp.MustCompile(misspelt[purpose]).MatchString(name) {
			return purpose
		}
	}
	return ""
}

// PurposeLint returns a Bloblang expression. Its value is the error about a purpose, or null.
func PurposeLint(name string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `if %[1]s == "" || %[1]s.trim() != %[1]s { %[2]q } else if [%[3]s].contains(%[1]s.lowercase()) { null }`,
		name, purposeBlank, `"`+strings.Join(purposes, `", "`)+`"`)
	for _, purpose := range purposes {
		fmt.Fprintf(&b, ` else if %s.re_match(%q) { "looks like a misspelt %s" }`, name, misspelt[purpose], purpose)
	}
	return b.String() + " else { null }"
}

// PurposesLint is the lint rule of the list of purposes, or of a platform's own categories, in a
// field. Benthos applies the rule to the list and to each item.
func PurposesLint(field string) string {
	return fmt.Sprintf(`root = if this.type() == "string" { [%s].filter(found -> found != null).map_each(found -> %q + found) }`, PurposeLint("this"), field+": ")
}

// CheckPurposes is the same check as PurposesLint, for a component that starts. at is the path of
// the list.
func CheckPurposes(at string, purposes []string) error {
	for i, purpose := range purposes {
		if strings.TrimSpace(purpose) != purpose || purpose == "" {
			return fmt.Errorf("%s[%d]: %s", at, i, purposeBlank)
		}
		if meant := meantPurpose(purpose); meant != "" {
			return fmt.Errorf("%s[%d]: %q looks like a misspelt %s", at, i, purpose, meant)
		}
	}
	return nil
}
