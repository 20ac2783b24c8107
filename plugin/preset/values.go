package preset

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redpanda-data/benthos/v4/public/bloblang"
)

// A kind is a way to read a value, by a method of its own and in tables.
type kind struct {
	name, description, example string
	read                       func(value any) (any, error)
}

// kinds are the kinds by their names. Bloblang itself has no reading of the first
// of several members whose errors name the member and keep the value to themselves,
// and one put together from its parts costs ten times as much.
var kinds = byName(
	kind{
		name:        "text",
		description: "Reads text. Numbers become text with all their digits.",
		example:     `root.id = this.liveperson_text(["anonymousId", "anonymous_id"])`,
		read:        asText,
	}, kind{
		name:        "object",
		description: "Reads an object.",
		example:     `root.context = this.liveperson_object(["context"])`,
		read:        asOnlyObject,
	}, kind{
		name:        "number",
		description: "Reads a number, also one written as text with a decimal point.",
		example:     `root.total = this.properties.liveperson_number(["revenue", "total"], "properties")`,
		read:        asNumber,
	}, kind{
		name:        "count",
		description: "Reads a whole number that is not negative. A fraction counts as a whole.",
		example:     `root.numItems = this.properties.liveperson_count(["num_items"], "properties")`,
		read:        asCount,
	}, kind{
		name:        "integer",
		description: "Reads a whole number that is not negative, with all its digits, also one written as text: LivePerson's ids of campaigns and engagements.",
		example:     `root.campaign = this.engagement.liveperson_integer(["campaign_id", "campaignId"], "engagement")`,
		read:        asInteger,
	}, kind{
		name:        "answer",
		description: "Reads a yes or no: `true`, `\"granted\"`, `\"yes\"` and `1`, in any case, are a yes, and all else is a no.",
		example:     `root.consent = this.liveperson_answer(["context.consent.marketing"])`,
		read:        asAnswer,
	}, kind{
		name:        "time",
		description: "Reads a time as ISO 8601, as `2006-01-02 15:04:05` in UTC, or as a Unix time in seconds, milliseconds or microseconds; gives RFC 3339 in UTC. What is no time is passed over.",
		example:     `root.at = this.liveperson_time(["timestamp", "sent_at"])`,
		read:        asTime,
	}, kind{
		name:        "currency",
		description: "Reads the code of a currency; gives it in capitals.",
		example:     `root.currency = this.liveperson_currency(["currency", "products.0.currency"])`,
		read:        asCurrency,
	}, kind{
		name:        "keywords",
		description: "Reads what was searched for: text, a list of texts, or an object that has it as `text`, `term` or `query`; gives a list. What holds no text is passed over.",
		example:     `root.keywords = this.properties.liveperson_keywords(["query", "q"], "properties")`,
		read:        asKeywords,
	}, kind{
		name:        "date",
		description: "Reads a date, or a time as `liveperson_time` does; gives its `day`, `month` and `year` in UTC. What is neither is passed over.",
		example:     `root.registrationDate = this.traits.liveperson_date(["createdAt", "created_at"], "traits")`,
		read:        asDate,
	}, kind{
		name:        "email",
		description: "Reads an e-mail address. What has no `@`, as a hash of one, is passed over.",
		example:     `root.email = this.traits.liveperson_email(["email"], "traits")`,
		read:        asEmail,
	}, kind{
		name:        "phone",
		description: "Reads a phone number, as it is written. What is longer than 32 characters, as a hash of one, is passed over.",
		example:     `root.phone = this.traits.liveperson_phone(["phone"], "traits")`,
		read:        asPhone,
	}, kind{
		name:        "gender",
		description: "Reads a gender: `MALE` and `FEMALE` by whole words or first letters in any case, and `OTHER` for other text.",
		example:     `root.gender = this.traits.liveperson_gender(["gender"], "traits")`,
		read:        asGender,
	}, kind{
		name:        "language",
		description: "Reads a language with its country, as LivePerson writes it: `en-GB`. What is none, and a language alone, is passed over.",
		example:     `root.language = this.context.liveperson_language(["locale"], "context")`,
		read:        asLanguage,
	}, kind{
		name:        "given_name",
		description: "Reads a whole name, and gives what stands before its last blank.",
		example:     `root.firstname = this.traits.liveperson_given_name(["name"], "traits")`,
		read:        asGivenName,
	}, kind{
		name:        "family_name",
		description: "Reads a whole name, and gives what stands after its last blank.",
		example:     `root.lastname = this.traits.liveperson_family_name(["name"], "traits")`,
		read:        asFamilyName,
	},
)

func byName(all ...kind) map[string]kind {
	names := map[string]kind{}
	for _, k := range all {
		names[k.name] = k
	}
	return names
}

func kindNames() []string { return slices.Sorted(maps.Keys(kinds)) }

func init() {
	for _, k := range kinds {
		spec := bloblang.NewPluginSpec().
			Category("LivePerson").
			Description(k.description+" Applied to an object, or to null. The value is that of the first of its members, in the order of names, that is neither null nor empty text; null if there is none. Errors name the member and never repeat its value.").
			Param(bloblang.NewAnyParam("names").Description("The names of the members. With dots, a path.")).
			Param(bloblang.NewStringParam("at").Description("Where the object stands in the event, for errors.").Default("")).
			Example("", k.example)
		bloblang.MustRegisterMethodV2("liveperson_"+k.name, spec, reader(k.read))
	}
}

func init() {
	bloblang.MustRegisterMethodV2("liveperson_has", bloblang.NewPluginSpec().
		Category("LivePerson").
		Description("Whether an object has one of these members, and it is neither null nor empty text.").
		Param(bloblang.NewAnyParam("names").Description("The names of the members. With dots, a path.")).
		Example("", `root.known = this.liveperson_has(["userId", "user_id"])`,
			[2]string{`{"user_id":"u1"}`, `{"known":true}`}).
		Param(bloblang.NewStringParam("at").Description("Where the object stands in the event, for errors.").Default("")), func(args *bloblang.ParsedParams) (bloblang.Method, error) {
		names, err := places(args, "names")
		if err != nil {
			return nil, err
		}
		at, err := args.GetString("at")
		if err != nil {
			return nil, err
		}
		return func(value any) (any, error) {
			object, err := asObject(value)
			if err != nil {
				return nil, under(at, err)
			}
			_, value, err = first(object, names)
			return value != nil, under(at, err)
		}, nil
	})
}

// reader makes a method that reads one member of an object.
func reader(want func(any) (any, error)) bloblang.MethodConstructorV2 {
	return func(args *bloblang.ParsedParams) (bloblang.Method, error) {
		names, err := places(args, "names")
		if err != nil {
			return nil, err
		}
		at, err := args.GetString("at")
		if err != nil {
			return nil, err
		}
		return func(value any) (any, error) {
			object, err := asObject(value)
			if err != nil {
				return nil, under(at, err)
			}
			read, err := readFirst(object, names, want)
			return read, under(at, err)
		}, nil
	}
}

// readFirst reads the first of places that has a value.
func readFirst(object map[string]any, places []place, want func(any) (any, error)) (any, error) {
	for i := range places {
		value, err := places[i].find(object)
		if err != nil {
			return nil, err
		}
		if value == nil || value == "" {
			continue
		}
		read, err := want(value)
		if err != nil {
			return nil, &memberError{places[i].String(), err}
		}
		if read != nil {
			return read, nil
		}
	}
	return nil, nil
}

// places gives the places that an argument names, one or a list. Empty text is none.
func places(args *bloblang.ParsedParams, param string) ([]place, error) {
	value, err := args.Get(param)
	if err != nil {
		return nil, err
	}
	if value == "" {
		return nil, nil
	}
	if name, ok := value.(string); ok {
		value = []any{name}
	}
	names, err := texts(value)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", param, err)
	}
	return placesOf(names), nil
}

func texts(value any) ([]string, error) {
	list, ok := value.([]any)
	if !ok {
		return nil, errors.New("expected a list of text")
	}
	names := make([]string, len(list))
	for i, item := range list {
		if names[i], ok = item.(string); !ok {
			return nil, fmt.Errorf("[%d]: expected text", i)
		}
	}
	return names, nil
}

func asObject(value any) (map[string]any, error) {
	switch v := value.(type) {
	case map[string]any:
		return v, nil
	case nil:
		return nil, nil
	}
	if value == "" {
		return nil, nil
	}
	return nil, fmt.Errorf("expected an object, got %s", typeName(value))
}

func asOnlyObject(value any) (any, error) {
	if object, ok := value.(map[string]any); ok {
		return object, nil
	}
	return nil, fmt.Errorf("expected an object, got %s", typeName(value))
}

func asText(value any) (any, error) {
	switch v := value.(type) {
	case string:
		return value, nil
	case json.Number:
		return v.String(), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	}
	return nil, fmt.Errorf("expected text, got %s", typeName(value))
}

func asCurrency(value any) (any, error) {
	text, err := asText(value)
	if err != nil {
		return nil, err
	}
	if upper := strings.ToUpper(text.(string)); upper != text {
		return upper, nil
	}
	return text, nil
}

func asKeywords(value any) (any, error) {
	var found []any
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			if text, ok := item.(string); ok && text != "" {
				found = append(found, item)
			}
		}
	case map[string]any:
		for _, name := range []string{"text", "term", "query"} {
			if text, ok := v[name].(string); ok && text != "" {
				found = []any{text}
				break
			}
		}
	default:
		if text, err := asText(value); err == nil {
			found = []any{text}
		}
	}
	if found == nil {
		return nil, nil
	}
	return found, nil
}

var (
	// decimal is a number as text: no exponent, no thousands separator.
	decimal = regexp.MustCompile(`^-?([0-9]+\.?[0-9]*|\.[0-9]+)$`)
	// plain is a decimal that JSON writes in the same way.
	plain = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)
)

var (
	errNoNumber = errors.New("expected a number, got text that is none; write it like 12.90, without currency sign, thousands separator or decimal comma")
	errTooLarge = errors.New("the number is too large")
)

// asNumber leaves a number as it is written.
func asNumber(value any) (any, error) {
	if text, ok := value.(string); ok {
		text = strings.TrimSpace(text)
		if !decimal.MatchString(text) {
			return nil, errNoNumber
		}
		if plain.MatchString(text) {
			value = json.Number(text) // with all its digits
		} else {
			return asFloat(json.Number(text))
		}
	}
	if _, err := asFloat(value); err != nil {
		return nil, err
	}
	return value, nil
}

func asCount(value any) (any, error) {
	number, err := asNumber(value)
	if err != nil {
		return nil, err
	}
	count, err := asFloat(number)
	switch {
	case err != nil:
		return nil, err
	case count < 0:
		return nil, errNegative
	case count > math.MaxInt32:
		return nil, errTooLarge
	}
	return int64(math.Ceil(count)), nil
}

func asFloat(number any) (float64, error) {
	switch v := number.(type) {
	case float64:
		return v, nil
	case int64:
		return float64(v), nil
	case json.Number:
		float, err := v.Float64()
		if err != nil {
			return 0, errTooLarge
		}
		return float, nil
	}
	return 0, fmt.Errorf("expected a number, got %s", typeName(number))
}

func asAnswer(value any) (any, error) {
	if yes, ok := value.(bool); ok {
		return yes, nil
	}
	text, err := asText(value)
	if err != nil {
		return false, nil
	}
	switch strings.ToLower(text.(string)) {
	case "true", "granted", "yes", "1":
		return true, nil
	}
	return false, nil
}

// The layouts of times written as text, apart from RFC 3339 itself.
var timeLayouts = []string{
	"2006-01-02T15:04:05Z0700", "2006-01-02T15:04Z07:00", "20060102T150405Z0700",
	"2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04:05 UTC",
}

func asTime(value any) (any, error) {
	if t, ok := timeOf(value); ok {
		return t.UTC().Format("2006-01-02T15:04:05.000Z07:00"), nil
	}
	return nil, nil
}

func timeOf(value any) (time.Time, bool) {
	text, isText := value.(string)
	if isText {
		if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
			return t, true
		}
	}
	if number, err := asNumber(value); err == nil {
		unix, err := asFloat(number)
		if err != nil || math.Abs(unix) >= 1e17 {
			return time.Time{}, false
		}
		return time.UnixMicro(int64(unix * microseconds(unix))), true
	}
	if isText {
		for _, layout := range timeLayouts {
			if t, err := time.Parse(layout, text); err == nil {
				return t, true
			}
		}
	}
	return time.Time{}, false
}

// microseconds tells by its size in which unit a Unix time is: as seconds, all
// three units would lie between the years 1973 and 5138.
func microseconds(unix float64) float64 {
	switch size := math.Abs(unix); {
	case size < 1e11:
		return 1e6
	case size < 1e14:
		return 1e3
	}
	return 1
}

// typeName gives a value's type in Bloblang's words.
func typeName(value any) string {
	switch value.(type) {
	case string:
		return "string"
	case json.Number, int64, float64:
		return "number"
	case bool:
		return "bool"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	}
	return "something else"
}
