package privacy

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
)

// Error texts that the lint and the start share.
const (
	purposeBlank    = "is empty or has blanks around it, expected a purpose such as marketing"
	keyWithoutCache = "has no effect without consent.cache: name the cache, or remove the key"
	parameterName   = "expected the name of a parameter, such as utm_source, without ? & ; = # and blanks"
	allowNothing    = "is empty, but url_query: allow_list needs names: add one, or set url_query: drop"
	allowUnused     = "has no effect without url_query: allow_list"
)

// purposes are the names that the presets write. A consent platform's own categories may
// have any other name.
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

// meantPurpose returns the purpose that a misspelt name probably means, or "".
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

// purposeLint returns a Bloblang expression. Its value is the error about a purpose, or null.
func purposeLint(name string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `if %[1]s == "" || %[1]s.trim() != %[1]s { %[2]q } else if [%[3]s].contains(%[1]s.lowercase()) { null }`,
		name, purposeBlank, `"`+strings.Join(purposes, `", "`)+`"`)
	for _, purpose := range purposes {
		fmt.Fprintf(&b, ` else if %s.re_match(%q) { "looks like a misspelt %s" }`, name, misspelt[purpose], purpose)
	}
	return b.String() + " else { null }"
}

// purposesLint checks the items. Benthos applies the rule to the list and to each item.
func purposesLint() string {
	return `root = if this.type() == "string" { ` + purposeLint("this") + ` }`
}

// attributesLint checks the types and their lists of purposes. Benthos applies the rule to
// the map and to each value.
func attributesLint() string {
	known := append(sde.WriteTypes(), sde.CartStatus, sde.SearchContent)
	names := `["` + strings.Join(known, `", "`) + `"]`
	return fmt.Sprintf(`root = if this.type() == "object" {
  this.keys().filter(name -> !%s.contains(name)).map_each(name -> "LivePerson has no engagement attribute of type " + name)
} else if this.type() != "array" || this.any(purpose -> purpose.type() != "string") { "expected a list of purposes" } else {
  this.map_each(purpose -> %s).filter(found -> found != null)
}`, names, purposeLint("purpose"))
}

const parametersLint = `root = if this.type() == "string" && this.re_match("^$|[?&;=# ]") { "` + parameterName + `" }`

const consentLint = `root = if this.key.or("") != "" && this.cache.or("") == "" { "` + pFieldConsentKey + ": " + keyWithoutCache + `" }`

const settingsLint = `let hashes = if this.sub.or("keep").lowercase() == "hash" { "sub" } else if this.customer_id.or("keep").lowercase() == "hash" { "customer_id" } else { "" }
let is_list = this.url_query.or("keep").lowercase() == "allow_list"
let allowed = this.url_query_allow.or([])
root = [
  if $hashes != "" && !this.exists("salt") { "salt: must be given with " + $hashes + ": hash" } else { null },
  if $is_list && $allowed.length() == 0 { "` + pFieldURLQueryAllow + ": " + allowNothing + `" } else { null },
  if !$is_list && $allowed.length() > 0 { "` + pFieldURLQueryAllow + ": " + allowUnused + `" } else { null }
].filter(found -> found != null)`
