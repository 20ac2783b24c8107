package privacy

import (
	"fmt"
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
)

// Error texts that the lint and the start share.
const (
	keyWithoutCache = "has no effect without consent.cache: name the cache, or remove the key"
	parameterName   = "expected the name of a parameter, such as utm_source, without ? & ; = # and blanks"
	allowNothing    = "is empty, but url_query: allow_list needs names: add one, or set url_query: drop"
	allowUnused     = "has no effect without url_query: allow_list"
)

// attributesLint checks the types and their lists of purposes. Benthos applies the rule to
// the map and to each value.
func attributesLint() string {
	known := append(sde.WriteTypes(), sde.CartStatus, sde.SearchContent)
	names := `["` + strings.Join(known, `", "`) + `"]`
	return fmt.Sprintf(`root = if this.type() == "object" {
  this.keys().filter(name -> !%s.contains(name)).map_each(name -> "LivePerson has no engagement attribute of type " + name)
} else if this.type() != "array" || this.any(purpose -> purpose.type() != "string") { "expected a list of purposes" } else {
  this.map_each(purpose -> %s).filter(found -> found != null)
}`, names, settings.PurposeLint("purpose"))
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
