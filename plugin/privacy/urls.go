package privacy

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// queries is the setting for the parameters of URLs.
type queries string

const (
	queriesKeep      queries = "keep"
	queriesDrop      queries = "drop"
	queriesAllowList queries = "allow_list"
)

// urls changes the URLs of a report. It always removes their user information, which may
// have a password.
type urls struct {
	queries queries
	allowed []string // names of parameters
}

func (u urls) apply(r *report) {
	for name, value := range r.content {
		if name != memberAttributes {
			r.content[name] = u.value(name, value)
		}
	}
	for _, a := range r.attributes {
		u.members(a.members)
	}
}

func (u urls) members(object map[string]any) {
	for name, value := range object {
		object[name] = u.value(name, value)
	}
}

func (u urls) value(name string, value any) any {
	switch v := value.(type) {
	case string:
		return u.text(name, v)
	case []byte:
		return u.text(name, string(v))
	case map[string]any:
		u.members(v)
	case []any:
		for i, item := range v {
			v[i] = u.value(name, item)
		}
	}
	return value
}

// text changes the URLs of a text. The whole text counts as one URL if it begins like one or
// stands in a member for URLs. Otherwise, each word that looks like a URL counts.
func (u urls) text(name, text string) string {
	text = withoutUserInfo(text)
	switch {
	case u.queries == queriesKeep || !strings.ContainsAny(text, "?#;") && !mayHide(text):
		return text
	case isURLMember(name) || beginsLikeURL(strings.TrimSpace(text)):
		return u.url(text)
	}
	var b strings.Builder
	for rest := text; rest != ""; {
		word := rest
		if end := strings.IndexFunc(rest, unicode.IsSpace); end >= 0 {
			word = rest[:end]
		}
		if word == "" { // a space
			end := strings.IndexFunc(rest, func(r rune) bool { return !unicode.IsSpace(r) })
			if end < 0 {
				end = len(rest)
			}
			b.WriteString(rest[:end])
			rest = rest[end:]
			continue
		}
		rest = rest[len(word):]
		if isURLWord(word) {
			word = u.url(word)
		}
		b.WriteString(word)
	}
	return b.String()
}

// isURLMember returns whether a member holds URLs, with or without a scheme.
func isURLMember(name string) bool {
	name = foldName(name)
	return name == foldName(memberEntryPoints) || slices.ContainsFunc([]string{"url", "uri", "href", "link", "referrer", "referer", "location"}, func(end string) bool {
		return strings.HasSuffix(name, end)
	})
}

func beginsLikeURL(text string) bool {
	scheme, _, found := strings.Cut(text, "://")
	return found && scheme != "" && !strings.ContainsFunc(scheme, func(r rune) bool { return !isWordRune(r) && !strings.ContainsRune("+-.", r) })
}

func isURLWord(word string) bool {
	if strings.Contains(word, "://") || strings.HasPrefix(word, "www.") || strings.HasPrefix(word, "/") || mayHide(word) && escapedScheme.MatchString(word) {
		return true
	}
	_, query, found := strings.Cut(word, "?")
	return found && strings.Contains(query, "=")
}

// url removes parameters from a URL's path (;a=1), query and fragment.
func (u urls) url(text string) string {
	rest, fragment, hasFragment := strings.Cut(text, "#")
	path, query, hasQuery := strings.Cut(rest, "?")
	result := u.path(path)
	if kept := u.parameters(query); hasQuery && kept != "" {
		result += "?" + kept
	}
	if kept := u.fragment(fragment); hasFragment && kept != "" {
		result += "#" + kept
	}
	return result
}

// hiddenMark matches the sign that begins parameters in a path. A server or script that
// decodes the URL once more would find such parameters. A question mark always counts. The
// other signs count before a name and an equals sign. Everything behind the sign is removed,
// also under an allow list.
var (
	equals        = anySign('=')
	hiddenMark    = regexp.MustCompile(anySign('?') + `|(?:` + anySign('&') + `|` + hidden(';') + `|` + hidden('#') + `)[^/]*?` + equals)
	hiddenEquals  = regexp.MustCompile(equals)
	escapedScheme = regexp.MustCompile(`(?i)` + anySign(':') + anySign('/') + anySign('/'))
)

// anySign returns a pattern for an ASCII sign, as it is or hidden.
func anySign(sign rune) string {
	return `(?:` + regexp.QuoteMeta(string(sign)) + `|` + hidden(sign) + `)`
}

// hidden returns a pattern for an ASCII sign that is escaped at any depth, full-width or
// small.
func hidden(sign rune) string {
	wide := sign + '！' - '!'
	forms := []string{string(wide), fmt.Sprintf(`[%%\\]u(?:00%02x|%04x)`, sign, wide), fmt.Sprintf(`\\x%02x`, sign)}
	for _, encoded := range []string{string(sign), string(wide)} {
		var b strings.Builder
		for _, value := range []byte(encoded) {
			fmt.Fprintf(&b, `%%(?:25)*%02x`, value)
		}
		forms = append(forms, b.String())
	}
	for small := rune('﹐'); small <= '﹫'; small++ {
		if norm.NFKC.String(string(small)) == string(sign) {
			forms = append(forms, string(small))
		}
	}
	return `(?i:` + strings.Join(forms, `|`) + `)`
}

// mayHide is a quick check for the signs that begin a hidden sign. All full-width and small
// signs begin with the same byte.
func mayHide(text string) bool {
	return strings.ContainsAny(text, `&%\`) || strings.IndexByte(text, "？"[0]) >= 0
}

// path removes the parameters of a path, such as ;jsessionid=1.
func (u urls) path(path string) string {
	if mayHide(path) {
		if at := hiddenMark.FindStringIndex(path); at != nil {
			path = path[:at[0]]
		}
	}
	if !strings.Contains(path, ";") {
		return path
	}
	parts := strings.Split(path, "/")
	for i, part := range parts {
		name, parameters, found := strings.Cut(part, ";")
		if !found {
			continue
		}
		if kept := u.parameters(parameters); kept != "" {
			name += ";" + kept
		}
		parts[i] = name
	}
	return strings.Join(parts, "/")
}

// fragment removes the parameters of a fragment. Under an allow list, the rest stays: a
// place in the page, or the path of an application.
func (u urls) fragment(fragment string) string {
	if u.queries == queriesDrop {
		return ""
	}
	path, query, hasQuery := strings.Cut(fragment, "?")
	if !hasQuery && hiddenEquals.MatchString(path) {
		return u.parameters(path)
	}
	if kept := u.parameters(query); kept != "" {
		return u.path(path) + "?" + kept
	}
	return u.path(path)
}

// parameters returns the parameters that are allowed, as they are written.
func (u urls) parameters(query string) string {
	if u.queries == queriesDrop || query == "" {
		return ""
	}
	var kept []string
	for parameter := range strings.FieldsFuncSeq(query, func(r rune) bool { return r == '&' || r == ';' }) {
		name, _, _ := strings.Cut(parameter, "=")
		if decoded, err := url.QueryUnescape(name); err == nil && slices.Contains(u.allowed, decoded) {
			kept = append(kept, parameter)
		}
	}
	return strings.Join(kept, "&")
}

// withoutUserInfo removes user and password before the @ of a URL's host.
func withoutUserInfo(text string) string {
	if !strings.Contains(text, "//") || !strings.Contains(text, "@") {
		return text
	}
	var b strings.Builder
	rest := text
	for {
		at := strings.Index(rest, "//")
		if at < 0 {
			break
		}
		isURL := at == 0 && len(rest) == len(text) || at > 0 && rest[at-1] == ':'
		b.WriteString(rest[:at+2])
		if rest = rest[at+2:]; !isURL {
			continue
		}
		end := strings.IndexFunc(rest, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`/?#\"<>`, r) })
		if end < 0 {
			end = len(rest)
		}
		rest = rest[strings.LastIndexByte(rest[:end], '@')+1:]
	}
	b.WriteString(rest)
	return b.String()
}
