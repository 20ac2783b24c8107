package mapping

import (
	"regexp"
	"strings"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/internal/contact"
	"github.com/benthos-liveperson/benthos-liveperson/internal/events"
	"github.com/benthos-liveperson/benthos-liveperson/internal/text"
)

// The read functions in this file read the traits of a person. They return them in the form of the
// attributes ctmrinfo and personal.

func asDate(value any) (any, error) {
	if text, ok := value.(string); ok {
		if t, err := time.Parse(time.DateOnly, text); err == nil {
			return dateOf(t)
		}
		// Text with fewer digits is a year or a date without hyphens, not a Unix time.
		if len(text) < len("946684800") {
			return nil, nil
		}
	}
	if t, ok := events.Time(value); ok {
		return dateOf(t)
	}
	return nil, nil
}

// dateOf skips years that LivePerson does not accept, such as 0.
func dateOf(t time.Time) (any, error) {
	t = t.UTC()
	if t.Year() < 1 || t.Year() > 9999 {
		return nil, nil
	}
	return map[string]any{"day": int64(t.Day()), "month": int64(t.Month()), "year": int64(t.Year())}, nil
}

func asEmail(value any) (any, error) {
	text, err := asText(value)
	if err != nil || !strings.Contains(text.(string), "@") {
		return nil, err
	}
	return text, nil
}

// longestPhone is the most characters of a phone number, with punctuation and an
// extension. A hash is longer.
const longestPhone = 32

func asPhone(value any) (any, error) {
	text, err := asText(value)
	if err != nil || len(text.(string)) > longestPhone {
		return nil, err
	}
	return text, nil
}

func asGender(value any) (any, error) {
	text, err := asText(value)
	if err != nil {
		return nil, err
	}
	switch strings.ToLower(strings.TrimSpace(text.(string))) {
	case "m", "male":
		return "MALE", nil
	case "f", "female":
		return "FEMALE", nil
	}
	return "OTHER", nil
}

// language matches a language with its country. LivePerson does not accept a language without a
// country.
var language = regexp.MustCompile(`^([A-Za-z]{2})([-_])([A-Za-z]{2})$`)

func asLanguage(value any) (any, error) {
	text, ok := value.(string)
	if !ok {
		return nil, nil
	}
	parts := language.FindStringSubmatch(text)
	if parts == nil {
		return nil, nil
	}
	return strings.ToLower(parts[1]) + parts[2] + strings.ToUpper(parts[3]), nil
}

// asName skips text with an e-mail address or a phone number. LivePerson would show the contact as
// the name, and a processor that removes contacts does not look for them in names.
func asName(value any) (any, error) {
	text, err := asText(value)
	if err != nil || contact.In(text.(string), contact.Text) {
		return nil, err
	}
	return text, nil
}

// salutations are forms of address and academic titles, squashed. Forms call them a title.
var salutations = map[string]bool{}

func init() {
	for _, word := range strings.Fields(`mr mrs ms miss mx mister misses madam sir lord lady dr prof professor doctor rev reverend hon
		herr herrn frau fraulein fräulein fr hr div divers familie firma m mm mme mlle mgr monsieur madame mademoiselle sig signor signora sigra signorina dott dottore dottssa
		sr sra srta señor señora señorita don doña dra dhr mevr mevrouw mw meneer drs ir fru frk frøken fröken rouva neiti herra
		pan pani pán paní slečna úr asszony bay bayan tuan puan encik shri smt kum господин госпожа гн гжа пан пані κύριος κυρία さん 様 先生 女士 小姐 씨 님
		ing dipl mag med phil rer nat jur habil hc phd md msc mba bsc lic eng engr arch avv capt`) {
		salutations[word] = true
	}
}

// asRole skips salutations, also several in a row, such as Prof. Dr.
func asRole(value any) (any, error) {
	role, err := asText(value)
	if err != nil {
		return nil, err
	}
	if text.IsPlaceholder(role.(string)) {
		return nil, nil
	}
	for _, word := range strings.FieldsFunc(role.(string), func(r rune) bool { return r == ' ' || r == '/' || r == ',' }) {
		if !isSalutation(word) {
			return role, nil
		}
	}
	return nil, nil
}

// isSalutation tells whether a word is a salutation, such as Sig.ra, or several salutations joined
// by dots or hyphens, such as Prof.Dr. or Dipl.-Ing.
func isSalutation(word string) bool {
	if squashed := text.Squash(word); squashed == "" || salutations[squashed] {
		return true
	}
	for _, part := range strings.FieldsFunc(word, func(r rune) bool { return r == '.' || r == '-' }) {
		if squashed := text.Squash(part); squashed != "" && !salutations[squashed] {
			return false
		}
	}
	return true
}

func asGivenName(value any) (any, error) {
	given, _, err := splitName(value)
	return given, err
}

func asFamilyName(value any) (any, error) {
	_, family, err := splitName(value)
	return family, err
}

// splitName splits a name at its last space. A single word is a given name.
func splitName(value any) (given, family any, err error) {
	text, err := asName(value)
	if err != nil || text == nil {
		return nil, nil, err
	}
	name := strings.TrimSpace(text.(string))
	if at := strings.LastIndexByte(name, ' '); at > 0 {
		return strings.TrimSpace(name[:at]), name[at+1:], nil
	}
	if name == "" {
		return nil, nil, nil
	}
	return name, nil, nil
}
