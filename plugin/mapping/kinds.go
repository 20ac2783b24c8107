package mapping

import (
	"maps"
	"slices"

	"github.com/redpanda-data/benthos/v4/public/bloblang"

	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
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
		bloblang.MustRegisterMethodV2("liveperson_"+k.name, spec, register.Method(reader(k.read)))
	}
}

func init() {
	bloblang.MustRegisterMethodV2("liveperson_has", bloblang.NewPluginSpec().
		Category("LivePerson").
		Description("Whether an object has one of these members, and it is neither null nor empty text.").
		Param(bloblang.NewAnyParam("names").Description("The names of the members. With dots, a path.")).
		Example("", `root.known = this.liveperson_has(["userId", "user_id"])`,
			[2]string{`{"user_id":"u1"}`, `{"known":true}`}).
		Param(bloblang.NewStringParam("at").Description("Where the object stands in the event, for errors.").Default("")), register.Method(func(args *bloblang.ParsedParams) (bloblang.Method, error) {
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
	}))
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
