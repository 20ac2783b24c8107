package mapping

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/internal/text"
)

// A statement collects what one event says about consent.
type statement struct {
	table     *purposes
	marketing []string // the setting consent_categories, folded

	canonical  answers // for purposes, from the member canonical
	itself     answers // for purposes, from the consent's own members
	categories answers // for categories, by folded id
	flags      answers // for flags, by squashed name
	strings    answers // for purposes, from consent strings of the IAB
	google     googleConsent
	everything *bool // one answer to everything
	listed     bool  // the event has a list of all active categories
	optedOut   bool  // the event has Global Privacy Control

	own answers // for categories and flags, by the names in the event
}

// maxConsentDepth is how deep objects may be nested.
const maxConsentDepth = 4

// read reads the value of a consent.
func (s *statement) read(value any, depth int) error {
	switch v := value.(type) {
	case map[string]any:
		return s.object(v, depth)
	case []any:
		s.list("", v)
	case string:
		return s.text("", v, depth)
	default:
		if yes, known := plainAnswer(value); known {
			s.everything = &yes
		}
	}
	return nil
}

// object reads an object. In objects inside of a consent (depth above 0), it reads only members
// with known names.
func (s *statement) object(object map[string]any, depth int) error {
	if s.preferences(object) {
		return nil
	}
	implied := isImplied(object)
	for name, value := range object {
		if value == nil || value == "" || isNotAsked(value) {
			continue
		}
		if err := s.member(name, value, implied, depth); err != nil {
			return err
		}
	}
	return nil
}

func (s *statement) member(name string, value any, implied bool, depth int) error {
	var buffer [64]byte
	squashed := text.AppendSquashed(buffer[:0], name)
	purpose, isPurpose := s.purposeIn(squashed)
	answer, _ := asAnswer(value)
	yes := answer == true
	switch {
	case privacyControls[string(squashed)]:
		s.signal(string(squashed), value)
		return nil
	case isPurpose:
		if !(implied && yes) {
			s.itself.set(purpose, yes)
		}
		return nil
	case s.table.flags[string(squashed)]:
		if !(implied && yes) {
			s.flags.set(string(squashed), yes)
			s.own.set(name, yes)
		}
		return nil
	case s.isCategory(name) && isScalar(value):
		if !(implied && yes) {
			s.category(name, yes)
		}
		return nil
	case depth == 0 && string(squashed) == "canonical":
		return s.canonicalOf(value)
	case depth == 0 && string(squashed) == "categories":
		return s.categoriesOf(value)
	case depth == 0 && string(squashed) == "consent":
		return s.read(value, depth+1)
	}
	switch v := value.(type) {
	case map[string]any:
		if depth < maxConsentDepth {
			return s.object(v, depth+1)
		}
	case []any:
		s.list(string(squashed), v)
	case string:
		if _, known := plainAnswer(v); !known {
			return s.text(string(squashed), v, depth)
		}
	}
	yes, known := plainAnswer(value)
	switch {
	case !known || depth > 0 || implied && yes || notCategories[string(squashed)] || frameworks[string(squashed)]:
	case wholeAnswers[string(squashed)]:
		s.everything = &yes
	default:
		s.category(name, yes)
	}
	return nil
}

// aroundPurpose matches the words that may stand before or after the name of a purpose, as in
// marketingConsent and marketingAllowed.
var aroundPurpose = regexp.MustCompile(`^(?:consent|allow)|(?:processing)?(?:consent|allowed|granted|accepted|enabled|optin|cookies)$`)

// purposeIn returns the purpose that the squashed name of a member contains.
func (s *statement) purposeIn(squashed []byte) (purpose string, known bool) {
	if purpose, known = s.table.names[string(squashed)]; known {
		return purpose, true
	}
	if s.table.flags[string(squashed)] {
		return "", false
	}
	bare := aroundPurpose.ReplaceAll(squashed, nil)
	if len(bare) == len(squashed) {
		return "", false
	}
	if purpose, known = s.table.names[string(bare)]; known {
		return purpose, true
	}
	for i := range s.table.all {
		if slices.Contains(s.table.all[i].categories, string(bare)) {
			return s.table.all[i].name, true
		}
	}
	return "", false
}

// wholeAnswers are the squashed names of members whose value answers for everything.
var wholeAnswers = map[string]bool{
	"granted": true, "given": true, "consented": true, "accepted": true, "optin": true, "optedin": true,
	"hasconsent": true, "hasconsented": true, "consentgiven": true, "consentgranted": true, "consentstatus": true, "status": true, "state": true, "all": true,
}

// notCategories are members of a consent whose value looks like an answer, but which are not
// categories.
var notCategories = map[string]bool{"consent": true, "gdpr": true, "gdprapplies": true, "ver": true, "version": true}

func (s *statement) canonicalOf(value any) error {
	object, err := asObject(value)
	for name, value := range object {
		if value == nil || value == "" {
			continue
		}
		answer, _ := asAnswer(value)
		squashed := text.Squash(name)
		if purpose, known := s.table.names[squashed]; known {
			s.canonical.set(purpose, answer == true)
		} else if !s.signal(squashed, value) {
			s.own.set(name, answer == true)
		}
	}
	return under("canonical", err)
}

func (s *statement) categoriesOf(value any) error {
	switch v := value.(type) {
	case []any:
		s.list("", v)
		return nil
	case string:
		if s.isList(v) {
			s.list("", splitList(v))
			return nil
		}
	}
	object, err := asObject(value)
	for id, value := range object {
		if value != nil && value != "" && !isNotAsked(value) && !s.signal(text.Squash(id), value) {
			answer, _ := asAnswer(value)
			s.category(id, answer == true)
		}
	}
	return under("categories", err)
}

// category keeps the answer for a category. A category may have the name of a purpose without being
// that purpose. So such a category is not kept under the event's own name.
func (s *statement) category(id string, yes bool) {
	if s.signal(text.Squash(id), yes) {
		return
	}
	s.categories.set(fold(id), yes)
	if _, isPurpose := s.table.names[text.Squash(id)]; !isPurpose {
		s.own.set(id, yes)
	}
}

func (s *statement) isCategory(id string) bool {
	folded := fold(id)
	return s.table.known[folded] || slices.Contains(s.marketing, folded)
}

// list reads a list of ids of active categories, or of objects with an id and an answer. squashed
// is the name of the list, or empty. A list with a name is read only if it has a known id, or its
// name ends with activegroups.
func (s *statement) list(squashed string, items []any) {
	refused := refusing.MatchString(squashed)
	all := !refused && (squashed == "" || strings.HasSuffix(squashed, "activegroups"))
	if strings.Contains(squashed, "unknown") || !all && !slices.ContainsFunc(items, s.isKnownItem) {
		return
	}
	for _, item := range items {
		switch v := item.(type) {
		case string:
			if strings.TrimSpace(v) != "" {
				s.named(v, !refused)
				s.listed = s.listed || all
			}
		case map[string]any:
			id, answer := answerIn(v)
			if id != "" {
				s.named(id, answer)
			}
		}
	}
}

// refusing matches the squashed name of a list that has the refused ids.
var refusing = regexp.MustCompile(`denied|disabled|refused|rejected|declined|withdrawn|revoked|optout|optedout|inactive`)

// named keeps the answer for an id in a list. The id may be the name of a purpose.
func (s *statement) named(id string, yes bool) {
	if purpose, isPurpose := s.table.names[text.Squash(id)]; isPurpose {
		s.itself.set(purpose, yes)
	} else {
		s.category(strings.TrimSpace(id), yes)
	}
}

func (s *statement) isKnownItem(item any) bool {
	switch v := item.(type) {
	case string:
		_, isPurpose := s.table.names[text.Squash(v)]
		return isPurpose || s.isCategory(v)
	case map[string]any:
		id, _ := answerIn(v)
		return id != ""
	}
	return false
}

var (
	pathsOfID     = parsePaths([]string{"id", "category", "purpose", "name", "templateId", "template_id", "dataProcessor"})
	pathsOfAnswer = parsePaths([]string{"status", "consented", "granted", "consent", "value", "given", "allowed", "enabled"})
)

// answerIn returns the id and the answer of an item. The id is empty if the item lacks one of them.
func answerIn(item map[string]any) (id string, yes bool) {
	name, _ := readFirst(item, pathsOfID, asText)
	answer, _ := readFirst(item, pathsOfAnswer, asAnswer)
	id, _ = name.(string)
	if yes, known := answer.(bool); known {
		return id, yes
	}
	return "", false
}

// text reads a text: one answer, JSON, a consent string, the pairs of a cookie, or a list of the
// ids of active categories. It ignores any other text.
func (s *statement) text(squashed, value string, depth int) error {
	value = strings.TrimSpace(value)
	if parsed, isJSON := parseJSON(value); isJSON {
		if object, isObject := parsed.(map[string]any); isObject && depth < maxConsentDepth {
			return s.object(object, depth+1)
		}
		if list, isList := parsed.([]any); isList {
			s.list(squashed, list)
		}
		return nil
	}
	if yes, known := plainAnswer(value); known {
		s.everything = &yes
	} else if s.consentString(value) || s.cookie(value) {
		return nil
	} else if s.isList(value) || strings.HasSuffix(squashed, "activegroups") {
		s.list(squashed, splitList(value))
	}
	return nil
}

// isList tells whether a text is a list with a known id.
func (s *statement) isList(value string) bool {
	return slices.ContainsFunc(splitList(value), s.isKnownItem)
}

func splitList(value string) (items []any) {
	for item := range strings.SplitSeq(value, ",") {
		items = append(items, strings.TrimSpace(item))
	}
	return items
}

// pair matches one answer of a cookie of a consent platform, such as C0001:1 or marketing:false.
var pair = regexp.MustCompile(`['"]?([\p{L}\p{N}_.-]+)['"]?:['"]?(true|false|yes|no|1|0)['"]?(?:[,;}&\s]|$)`)

// cookie reads the cookies of OneTrust, Cookiebot and others, which are lists of pairs.
func (s *statement) cookie(value string) bool {
	if plain, err := url.QueryUnescape(value); err == nil {
		value = plain
	}
	s.optedOut = s.optedOut || oneTrustControl.MatchString(value)
	if _, groups, found := strings.Cut("&"+value, "&groups="); found {
		value, _, _ = strings.Cut(groups, "&")
	}
	found := pair.FindAllStringSubmatch(value, -1)
	implied := strings.Contains(value, "method:'implied'") || strings.Contains(value, "stamp:'-1'")
	for _, match := range found {
		answer, _ := asAnswer(match[2])
		if yes := answer == true; !(implied && yes) && !notCategories[text.Squash(match[1])] {
			s.named(match[1], yes)
		}
	}
	return len(found) > 0
}

// isImplied tells whether an object has the defaults that apply until the visitor answers. A yes
// among them is no consent.
func isImplied(object map[string]any) bool {
	method, _ := object["method"].(string)
	kind, _ := object["type"].(string)
	return strings.EqualFold(method, "implied") || strings.EqualFold(kind, "implicit") || object["stamp"] == "-1"
}

// isNotAsked tells whether a value is -1, which OneTrust writes for a category until the visitor
// answers.
func isNotAsked(value any) bool {
	number, err := asFloat(value)
	return err == nil && number == -1
}

// plainAnswer reads a yes or a no. Unlike asAnswer, it returns known = false for any other value.
func plainAnswer(value any) (yes, known bool) {
	answer, _ := asAnswer(value)
	if answer == true || value == false {
		return answer == true, true
	}
	plain, _ := text.Of(value)
	return false, len(plain) <= longestNo && noWords[text.Squash(plain)]
}

// noWords are the squashed texts that mean no.
var noWords = map[string]bool{
	"false": true, "no": true, "0": true, "denied": true, "deny": true, "declined": true, "refused": true, "rejected": true,
	"revoked": true, "withdrawn": true, "optout": true, "optedout": true,
}

// longestNo is longer than every word in noWords.
const longestNo = 16

func isScalar(value any) bool {
	switch value.(type) {
	case map[string]any, []any:
		return false
	}
	return true
}

// parseJSON reads an object or a list that is written as text.
func parseJSON(value string) (parsed any, isJSON bool) {
	if !strings.HasPrefix(value, "{") && !strings.HasPrefix(value, "[") {
		return nil, false
	}
	decoder := json.NewDecoder(strings.NewReader(value))
	decoder.UseNumber()
	err := decoder.Decode(&parsed)
	return parsed, err == nil && !decoder.More()
}
